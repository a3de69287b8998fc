// What the tests judge: a message that was signed elsewhere, and transactions to put it in.

import { fromHex } from 'trellis-plugin'

/** "hello world", signed by the private key of 32 sevens. */
export const TOKEN = fromHex('2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c' +
  '64473045022100f828344e614beb358d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb' +
  '3a80d6a488d379c2b50cf269e46d')
/** The key and its check in front of it. */
export const LOCK_LENGTH = 35
export const ANYTHING = Uint8Array.of(0x51)

export function transaction (scripts) {
  const outputs = scripts.map(lockingScript => ({ satoshis: 1, lockingScript }))
  return { txid: new Uint8Array(32).fill(1), version: 1, inputs: [], outputs, lockTime: 0 }
}

export function outpoint (number, outputIndex = 0) {
  return { txid: new Uint8Array(32).fill(number), outputIndex }
}

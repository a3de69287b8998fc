// The basket manager: every message is one token, owned by the key that locks it.

import { create, defineBasketManager, hex } from 'trellis-plugin'
import { readMessage } from './message.js'

/** As `trellis.toml` names it. */
const BASKET = 'my_plugin/messages'

export const basketManager = defineBasketManager({
  // Tokens that are spent leave the basket by themselves.
  operations: ({ transaction, admitted }) => admitted.flatMap(({ outputIndex }) => {
    const { token } = readMessage(transaction.outputs[outputIndex].lockingScript)
    const owner = token && hex(token.lockingPublicKey)
    return token ? [create(outputIndex, { basket: BASKET, asset: 'message', amount: 1, owner })] : []
  })
})

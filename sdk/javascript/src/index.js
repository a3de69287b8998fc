// What every plugin needs. Whatever asks the host stands in modules of its own (`trellis-plugin/state`, `/crypto`, ...), so
// that a component imports what it uses and nothing else.

export { bigEndian, compare, concat, equal, fromBigEndian, fromHex, fromUtf8, hex, utf8 } from './bytes.js'
export { outpointFromBytes, outpointFromText, outpointText, outpointToBytes } from './outpoint.js'
export { Refusal, refuse } from './refusal.js'
export {
  admit, consume, create, defineBasketManager, defineLookupService, definePlugin, defineTopicManager, defineTopicRelevance,
  freeform, move, outputList
} from './roles.js'
export { operations } from './script/operations.js'
export { readOpReturn } from './script/op-return.js'
export { readOrdinal } from './script/ordinal.js'
export { readP2pkh } from './script/p2pkh.js'
export { readPushDrop } from './script/push-drop.js'

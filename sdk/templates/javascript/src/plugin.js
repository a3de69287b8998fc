// The component: what it says about itself, and its roles. A role is exported under the name of its interface.

import { definePlugin } from 'trellis-plugin'
import { DOCUMENTATION } from './documentation.js'

// role topic-manager
export { topicManager } from './topic.js'
// end role
// role topic-relevance
export { topicRelevance } from './relevance.js'
// end role
// role lookup-service
export { lookupService } from './lookup.js'
// end role
// role basket-manager
export { basketManager } from './basket.js'
// end role

export const plugin = definePlugin({
  describe: () => ({ name: 'My Plugin', shortDescription: 'Signed messages to the world.', version: '0.1.0' }),
  documentation: () => DOCUMENTATION
})

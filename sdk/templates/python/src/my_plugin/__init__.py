"""The component: what it says about itself, and its roles. A role is a class under the name of its interface."""

import trellis_plugin
from trellis_plugin import Description

# role basket-manager
from .basket import BasketManager
# end role
from .documentation import DOCUMENTATION
# role lookup-service
from .lookup import LookupService
# end role
# role topic-relevance
from .relevance import TopicRelevance
# end role
# role topic-manager
from .topic import TopicManager
# end role


class Plugin(trellis_plugin.Plugin):
    def describe(self) -> Description:
        return Description("My Plugin", "Signed messages to the world.", version="0.1.0")

    def documentation(self) -> str:
        return DOCUMENTATION

"""Which transactions concern the topic, for submitters that name none: those with an output in the form of a message."""

import trellis_plugin
from trellis_plugin import Transaction

from .message import NoMessage, read_message


class TopicRelevance(trellis_plugin.TopicRelevance):
    def is_relevant(self, topic: str, transaction: Transaction) -> bool:
        return any(is_message(output.locking_script) for output in transaction.outputs)


def is_message(locking_script: bytes) -> bool:
    try:
        read_message(locking_script)
    except NoMessage:
        return False
    return True

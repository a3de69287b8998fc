"""What a message is."""

from trellis_plugin import PushDrop, read_push_drop

#: Fewer bytes are no message.
TEXT_LEAST = 2


class NoMessage(Exception):
    """Why a locking script is no message."""


def read_message(locking_script: bytes) -> PushDrop:
    """The message in a locking script: a token whose first field is the text.

    The signature is not checked here: that costs most, and who reads what the topic has admitted need not do it again.
    """
    token = read_push_drop(locking_script)
    if token is None or token.lock_position != "before":
        raise NoMessage("not a PushDrop token with the lock before the data")
    if len(token.fields) != 2:
        raise NoMessage("a message has two fields, the text and a signature over it")
    if len(token.fields[0]) < TEXT_LEAST:
        raise NoMessage("the text is shorter than 2 bytes")
    return token

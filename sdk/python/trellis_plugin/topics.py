"""What other topics of the host hold. Read-only, and only what the operator granted with `reads` of the topic or service; a
lookup service reads the topics it indexes without a grant. Anything else is a fault whose text says what to configure."""

from collections.abc import Iterator
from typing import Protocol

from .host import interface
from .records import Outpoint
from .rows import ALL, Range, Row, pages

_topics = interface("topics")


class HeldOutput(Protocol):
    """`spent`: kept for the topic's history."""

    satoshis: int
    locking_script: bytes
    spent: bool


def output(topic: str, outpoint: Outpoint) -> HeldOutput | None:
    """An output a topic holds; None where it never entered, or was spent and not retained."""
    return _topics.output(topic, outpoint)


def state_get(topic: str, key: bytes) -> bytes | None:
    """The value under a key in a topic's rows."""
    return _topics.state_get(topic, key)


def state_scan(topic: str, range: Range = ALL, *, reverse: bool = False, page_size: int = 128) -> Iterator[Row]:
    """The rows of a topic in a range."""
    return pages(lambda *arguments: _topics.state_scan(topic, *arguments), range, reverse, page_size)

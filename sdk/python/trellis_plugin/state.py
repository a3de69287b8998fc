"""The plugin's own key-value rows, one namespace for each configured topic or service.

Rows are part of the submission: committed, reverted and read at one moment with everything else. In `lookup` they are read-only.
Keys have 1 to 128 bytes, values at most 6,144; more is a fault. Rows sort by the bytes of their keys, so put what you want to
search by first, and numbers big-endian (`number.to_bytes(8)`).
"""

from collections.abc import Iterator

from .host import interface
from .rows import ALL, Range, Row, pages

_state = interface("state")


def get(key: bytes) -> bytes | None:
    """The value under a key."""
    return _state.get(key)


def put(key: bytes, value: bytes) -> None:
    """Writes a row, over the one that was there."""
    _state.set(key, value)


def remove(key: bytes) -> None:
    """Removes a row; nothing happens where there is none."""
    _state.remove(key)


def scan(range: Range = ALL, *, reverse: bool = False, page_size: int = 128) -> Iterator[Row]:
    """The rows of a range, fetched page by page as they are asked for; with `reverse` from its end downwards.

    Fetched rows count against the call's budget whether or not they are looked at: who knows how many he wants says so.
    """
    return pages(_state.scan, range, reverse, page_size)

"""Ranges of rows and how they are walked, for the plugin's own rows and for those of other topics."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

#: The most the host hands out at a time.
_PAGE_SIZE_MOST = 1000


class Row(Protocol):
    key: bytes
    value: bytes


@dataclass(frozen=True)
class Range:
    """Keys from `start` on, up to `end` without it; `None` for all to the last."""

    start: bytes = b""
    end: bytes | None = None


#: Every row.
ALL = Range()


def prefix(start: bytes) -> Range:
    """The keys that begin with these bytes."""
    head = start.rstrip(b"\xff")
    # The next key that does not begin so: one more in the last byte that has room for it.
    return Range(start, head[:-1] + bytes([head[-1] + 1]) if head else None)


def pages(fetch: Callable, range: Range, reverse: bool, page_size: int) -> Iterator[Row]:
    """Every row of a range once, in its order."""
    start, end = range.start, range.end
    limit = min(max(page_size, 1), _PAGE_SIZE_MOST)
    while True:
        page = fetch(start, end, limit, reverse)
        yield from page.entries
        if not page.more or not page.entries:
            return
        # The rest of the range begins behind the last key of the page.
        last = page.entries[-1].key
        if reverse:
            end = last
        else:
            start = last + b"\0"

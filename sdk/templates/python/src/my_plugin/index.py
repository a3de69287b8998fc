"""The rows the lookup service keeps, designed backwards from the questions.

    o <outpoint 36>                    -> <admitted at 8> <digest 32> (<length 1> <topic>)...   who holds the output
    t <admitted at 8> <outpoint 36>                                                            every message by time
    m <digest of the message 32> <admitted at 8> <outpoint 36>                                 equal messages by time

Rows sort by the bytes of their keys. "Newest first" is therefore a scan of `t` from its end, "this message" a scan of `m` behind
its digest, and a stretch of time is a stretch of either. A spend names nothing but the outpoint, so `o` remembers what the other
two keys were made of.

An output that two topics hold is listed once, from the first admission until the last topic gave it up.
"""

from dataclasses import dataclass, field
from itertools import islice

from trellis_plugin import Outpoint, outpoint_from_bytes, outpoint_to_bytes, state
from trellis_plugin.crypto import sha256
from trellis_plugin.rows import Range, prefix

HOLDER, TIME, MESSAGE = b"o", b"t", b"m"
TIME_LENGTH = 8
DIGEST_LENGTH = 32


@dataclass
class Search:
    """What to look for: times in microseconds, from the first on, up to the second without it."""

    message: str | None = None
    start: int = 0
    end: int | None = None
    newest_first: bool = True
    skip: int = 0
    limit: int = 50


@dataclass
class Listing:
    """A message in the index: when it was admitted, the digest of its text, and the topics that hold its output."""

    admitted_at: bytes
    digest: bytes
    topics: list[bytes] = field(default_factory=list)

    def to_value(self) -> bytes:
        return self.admitted_at + self.digest + b"".join(bytes([len(topic)]) + topic for topic in self.topics)

    @classmethod
    def from_value(cls, value: bytes) -> "Listing":
        digest_end = TIME_LENGTH + DIGEST_LENGTH
        listing = cls(value[:TIME_LENGTH], value[TIME_LENGTH:digest_end])
        rest = value[digest_end:]
        while rest:
            listing.topics.append(rest[1 : 1 + rest[0]])
            rest = rest[1 + rest[0] :]
        return listing

    def keys(self, outpoint: Outpoint) -> list[bytes]:
        """The two rows that make the message findable."""
        place = self.admitted_at + outpoint_to_bytes(outpoint)
        return [TIME + place, MESSAGE + self.digest + place]


def _listed(outpoint: Outpoint) -> Listing | None:
    value = state.get(HOLDER + outpoint_to_bytes(outpoint))
    return None if value is None else Listing.from_value(value)


def insert(topic: str, outpoint: Outpoint, message: bytes, admitted_at: int) -> None:
    """Notes that a topic holds the message."""
    listing = _listed(outpoint) or Listing(admitted_at.to_bytes(TIME_LENGTH, "big"), sha256(message))
    if topic.encode() not in listing.topics:
        listing.topics.append(topic.encode())
    for key in listing.keys(outpoint):
        state.put(key, b"")
    state.put(HOLDER + outpoint_to_bytes(outpoint), listing.to_value())


def remove(topic: str, outpoint: Outpoint) -> None:
    """Notes that a topic no longer holds the output; nothing happens if it never did."""
    listing = _listed(outpoint)
    if listing is None:
        return
    listing.topics = [holder for holder in listing.topics if holder != topic.encode()]
    holders = HOLDER + outpoint_to_bytes(outpoint)
    if listing.topics:
        state.put(holders, listing.to_value())
        return
    for key in [holders, *listing.keys(outpoint)]:
        state.remove(key)


def find(search: Search) -> list[Outpoint]:
    """The messages a search finds, in its order."""
    head = TIME if search.message is None else MESSAGE + sha256(search.message.encode())
    start = head + search.start.to_bytes(TIME_LENGTH, "big")
    end = prefix(head).end if search.end is None else head + search.end.to_bytes(TIME_LENGTH, "big")
    last = search.skip + search.limit
    rows = state.scan(Range(start, end), reverse=search.newest_first, page_size=last)
    return [outpoint_from_bytes(row.key[len(head) + TIME_LENGTH :]) for row in islice(rows, search.skip, last)]

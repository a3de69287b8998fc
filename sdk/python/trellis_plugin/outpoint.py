"""Outpoints as text and as keys of rows."""

import re

from .records import Outpoint
from .refusal import Refusal

_FORM = re.compile(r"([0-9a-fA-F]{64})\.([0-9]{1,10})")
_INDEX_MOST = 0xFFFF_FFFF
_LENGTH = 36


def outpoint_text(outpoint: Outpoint) -> str:
    """`<txid>.<output index>`."""
    return f"{outpoint.txid.hex()}.{outpoint.output_index}"


def outpoint_from_text(text: str) -> Outpoint:
    """The reverse of `outpoint_text`; what is none is refused."""
    found = _FORM.fullmatch(text)
    if not found or int(found[2]) > _INDEX_MOST:
        raise Refusal('an outpoint is "<transaction id>.<output index>"')
    return Outpoint(bytes.fromhex(found[1]), int(found[2]))


def outpoint_to_bytes(outpoint: Outpoint) -> bytes:
    """36 bytes for a key: the txid and the index, big-endian so that outputs of one transaction sort."""
    return outpoint.txid + outpoint.output_index.to_bytes(4, "big")


def outpoint_from_bytes(data: bytes) -> Outpoint | None:
    """The reverse of `outpoint_to_bytes`."""
    return Outpoint(data[:32], int.from_bytes(data[32:], "big")) if len(data) == _LENGTH else None

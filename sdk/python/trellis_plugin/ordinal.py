"""1Sat ordinals: a file in an envelope that no execution reaches, before or behind the script that locks the output.

    OP_FALSE OP_IF "ord" (<key> <value>)... OP_0 <content>... OP_ENDIF

The key 1 stands before the content type.
"""

from dataclasses import dataclass

from .script import OP_0, OP_ENDIF, OP_IF, Operation, operations, pushed

_MARK = b"ord"
_CONTENT_TYPE = b"\x01"


@dataclass
class Ordinal:
    """What is inscribed, and the script without its envelope."""

    content_type: str | None
    content: bytes
    locking_script: bytes


def read_ordinal(script: bytes) -> Ordinal | None:
    """The first ordinal in a locking script; None where there is none."""
    found = operations(script) or []
    for at, (first, second, third) in enumerate(zip(found, found[1:], found[2:])):
        if first.code == OP_0 and second.code == OP_IF and third.data == _MARK:
            read = _envelope(found[at + 3 :])
            return read and Ordinal(read[0], read[1], script[: first.at] + script[read[2] :])
    return None


def _envelope(found: list[Operation]) -> tuple[str | None, bytes, int] | None:
    """Keys with their values up to OP_0, then content up to OP_ENDIF: content type, content, and where the envelope ends."""
    content_type = None
    at = 0
    while at < len(found) and found[at].code != OP_0:
        pair = [pushed(operation) for operation in found[at : at + 2]]
        if len(pair) < 2 or None in pair:
            return None
        if pair[0] == _CONTENT_TYPE:
            content_type = _text(pair[1])
        at += 2
    content = b""
    for operation in found[at + 1 :]:
        if operation.code == OP_ENDIF:
            return content_type, content, operation.next
        # Not `pushed`: here an empty push is part of nothing.
        if operation.data is None and operation.code != OP_0:
            return None
        content += operation.data or b""
    return None


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None

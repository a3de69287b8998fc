"""Scripts as a sequence of operations. Reads foreign bytes: a push that runs past the end is an end, never an exception."""

from typing import NamedTuple

OP_0 = 0x00
OP_PUSHDATA1 = 0x4C
OP_PUSHDATA2 = 0x4D
OP_PUSHDATA4 = 0x4E
OP_1NEGATE = 0x4F
OP_1 = 0x51
OP_16 = 0x60
OP_IF = 0x63
OP_ENDIF = 0x68
OP_RETURN = 0x6A
OP_2DROP = 0x6D
OP_DROP = 0x75
OP_CHECKSIG = 0xAC

#: Bytes of the length that follow these operations.
_LENGTH_BYTES = {OP_PUSHDATA1: 1, OP_PUSHDATA2: 2, OP_PUSHDATA4: 4}


class Operation(NamedTuple):
    """An operation, what it pushes (None where it carries no bytes), where it begins and where the next one does."""

    code: int
    data: bytes | None
    at: int
    next: int


def operation_at(script: bytes, at: int) -> Operation | None:
    """The operation at a place; None at the end and where a push runs past it."""
    if at >= len(script):
        return None
    code = script[at]
    if code == OP_0 or code > OP_PUSHDATA4:
        return Operation(code, None, at, at + 1)
    length_bytes = _LENGTH_BYTES.get(code, 0)
    start = at + 1 + length_bytes
    if start > len(script):
        return None
    length = int.from_bytes(script[at + 1 : start], "little") if length_bytes else code
    end = start + length
    return Operation(code, script[start:end], at, end) if end <= len(script) else None


def operations(script: bytes) -> list[Operation] | None:
    """Every operation of a script; None where a push runs past its end."""
    found = []
    at = 0
    while at < len(script):
        operation = operation_at(script, at)
        if operation is None:
            return None
        found.append(operation)
        at = operation.next
    return found


def pushed(operation: Operation) -> bytes | None:
    """The bytes an operation pushes, small numbers as `@bsv/sdk` reads them back (OP_0 is the byte 0, OP_1NEGATE the byte 0x81,
    OP_1 to OP_16 the bytes 1 to 16); None where it pushes nothing."""
    if operation.data is not None:
        return operation.data
    if operation.code == OP_0:
        return b"\0"
    if operation.code == OP_1NEGATE:
        return b"\x81"
    return bytes([operation.code - OP_1 + 1]) if OP_1 <= operation.code <= OP_16 else None

"""PushDrop tokens: data fields in a locking script, dropped again, and a key that locks the output.

    lock before:  <key> OP_CHECKSIG <field> ... <field> OP_2DROP ... OP_DROP
    lock after:   <field> ... <field> OP_2DROP ... OP_DROP <key> OP_CHECKSIG

A script is a token only if it has exactly this form, so whatever is read is indeed locked by its key.
"""

from dataclasses import dataclass

from .script import OP_2DROP, OP_CHECKSIG, OP_DROP, operation_at, pushed


@dataclass
class PushDrop:
    """A token. `lock_position` is "before" or "after"; one made with a signature has it as its last field."""

    locking_public_key: bytes
    fields: list[bytes]
    lock_position: str


def read_push_drop(script: bytes) -> PushDrop | None:
    """The token in a locking script; None where it is none."""
    return _lock_before(script) or _lock_after(script)


def _lock_before(script: bytes) -> PushDrop | None:
    lock = _lock_at(script, 0)
    dropped = lock and _dropped_fields_at(script, lock[1])
    return _token(lock[0], dropped[0], "before") if dropped and dropped[1] == len(script) else None


def _lock_after(script: bytes) -> PushDrop | None:
    dropped = _dropped_fields_at(script, 0)
    lock = dropped and _lock_at(script, dropped[1])
    return _token(lock[0], dropped[0], "after") if lock and lock[1] == len(script) else None


def _token(key: bytes, fields: list[bytes], lock_position: str) -> PushDrop | None:
    # That the key is on the curve is not checked; one that is not verifies no signature.
    has_form = (len(key) == 33 and key[0] in (2, 3)) or (len(key) == 65 and key[0] == 4)
    return PushDrop(key, fields, lock_position) if has_form else None


def _lock_at(script: bytes, at: int) -> tuple[bytes, int] | None:
    """A key and its check, and where they end."""
    key = operation_at(script, at)
    if key is None or key.data is None:
        return None
    check = operation_at(script, key.next)
    return (key.data, check.next) if check and check.code == OP_CHECKSIG else None


def _dropped_fields_at(script: bytes, at: int) -> tuple[list[bytes], int] | None:
    """Fields and as many drops, and where they end."""
    fields = []
    operation = operation_at(script, at)
    while operation and (field := pushed(operation)) is not None:
        fields.append(field)
        operation = operation_at(script, operation.next)
    dropped = 0
    end = at
    while dropped < len(fields):
        if operation is None or operation.code not in (OP_DROP, OP_2DROP):
            return None
        dropped += 1 if operation.code == OP_DROP else 2
        end = operation.next
        operation = operation_at(script, end)
    return (fields, end) if dropped == len(fields) and dropped > 0 else None

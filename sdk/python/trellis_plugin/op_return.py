"""Data that nobody can spend: OP_FALSE OP_RETURN <field> ... <field>, or the older form without OP_FALSE."""

from .script import OP_0, OP_RETURN, operations, pushed


def read_op_return(script: bytes) -> list[bytes] | None:
    """The fields behind OP_RETURN, none where nothing follows; None where the script does not begin so, or is no sequence of
    pushes from there on."""
    start = 1 if script[:1] == bytes([OP_0]) else 0
    if script[start : start + 1] != bytes([OP_RETURN]):
        return None
    fields = operations(script[start + 1 :])
    if fields is None:
        return None
    fields = [pushed(operation) for operation in fields]
    return None if None in fields else fields

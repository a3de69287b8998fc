"""What lies behind a transaction. For lookup services only: a topic manager that asks is a fault."""

from .host import interface

_ancestry = interface("ancestry")


def transaction(txid: bytes) -> bytes | None:
    """The raw bytes of a transaction this host holds."""
    return _ancestry.transaction(txid)


def atomic_beef(txid: bytes) -> bytes | None:
    """The transaction with everything that proves it, as Atomic BEEF (BRC-95)."""
    return _ancestry.atomic_beef(txid)

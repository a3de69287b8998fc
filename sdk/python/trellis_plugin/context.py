"""The transaction a call is about."""

from .host import interface

_context = interface("context")


def raw_transaction() -> bytes:
    """Its raw bytes. A fault in calls that are about none: describe, documentation, lookup, output_evicted."""
    return _context.raw_transaction()

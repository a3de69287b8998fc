"""Who stands behind the submission a topic manager judges: evidence that came with it and that the host checked. For
`identify_admissible_outputs` only.

A certificate has the fields of the interface (wit/deps/bsv-overlay/imports.wit): `certificate_type`, `serial_number`, `subject`,
`certifier`, `revocation`, `revealed`, `vouched_by`.
"""

from .host import interface

_identity = interface("identity")


def signers() -> list[bytes]:
    """The keys, 33 bytes each, that signed this transaction for this topic (BRC-3). The first is the submitter."""
    return _identity.signers()


def certificates() -> list:
    """The certificates that came with the submission, each about one of the signers."""
    return _identity.certificates()

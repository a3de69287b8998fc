"""Hashes, signatures and keys, computed by the host at native speed.

Public keys have 33 bytes compressed (65 uncompressed are accepted), digests 32, signatures are DER. A malformed key or signature
verifies as False; nothing here raises over foreign bytes.
"""

from .host import interface
from .push_drop import PushDrop

_crypto = interface("crypto")


def sha256(data: bytes) -> bytes:
    return _crypto.sha256(data)


def hash256(data: bytes) -> bytes:
    """SHA-256 twice."""
    return _crypto.hash256(data)


def ripemd160(data: bytes) -> bytes:
    return _crypto.ripemd160(data)


def hash160(data: bytes) -> bytes:
    """RIPEMD-160 of SHA-256."""
    return _crypto.hash160(data)


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    return _crypto.hmac_sha256(key, data)


def verify_ecdsa(digest: bytes, signature: bytes, public_key: bytes) -> bool:
    """ECDSA over secp256k1: whether the key signed this digest. Hash the data first."""
    return _crypto.verify_ecdsa(digest, signature, public_key)


def derive_public_key(public_key: bytes, invoice_number: str) -> bytes | None:
    """BRC-42: the child of a key for an invoice number (BRC-43), derived by the counterparty `anyone`."""
    return _crypto.derive_public_key(public_key, invoice_number)


def verify_signature(data: bytes, signature: bytes, signer: bytes, invoice_number: str) -> bool:
    """BRC-3: whether the signer signed SHA-256 of the data for counterparty `anyone` under that invoice number."""
    return _crypto.verify_signature(data, signature, signer, invoice_number)


def is_signed(token: PushDrop) -> bool:
    """Whether the last field is a signature of the locking key over all fields before it, run together."""
    if len(token.fields) < 2:
        return False
    return verify_ecdsa(sha256(b"".join(token.fields[:-1])), token.fields[-1], token.locking_public_key)

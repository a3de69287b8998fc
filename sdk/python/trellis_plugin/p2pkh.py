"""P2PKH: OP_DUP OP_HASH160 <hash of a public key> OP_EQUALVERIFY OP_CHECKSIG."""

_HEAD = bytes.fromhex("76a914")
_TAIL = bytes.fromhex("88ac")
_LENGTH = 25


def read_p2pkh(script: bytes) -> bytes | None:
    """HASH160 of the key that a P2PKH script pays to, 20 bytes; None where it is none."""
    fits = len(script) == _LENGTH and script.startswith(_HEAD) and script.endswith(_TAIL)
    return script[len(_HEAD) : -len(_TAIL)] if fits else None

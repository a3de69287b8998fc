"""What the tests judge: a message that was signed elsewhere, and transactions to put it in."""

from trellis_plugin import Outpoint, Output, Transaction

#: "hello world", signed by the private key of 32 sevens.
TOKEN = bytes.fromhex(
    "2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c64473045022100f828344e614beb35"
    "8d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb3a80d6a488d379c2b50cf269e46d"
)
#: The key and its check in front of it.
LOCK = TOKEN[:35]
ANYTHING = b"\x51"


def transaction(*scripts: bytes) -> Transaction:
    return Transaction(b"\1" * 32, 1, [], [Output(1, script) for script in scripts], 0)


def outpoint(number: int) -> Outpoint:
    return Outpoint(bytes([number]) * 32, 0)

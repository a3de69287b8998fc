"""A stand-in for the host, for a plugin's own tests. Not in components.

Outside a component the host's functions answer from memory: rows in `state`, what was configured, real cryptography. It knows no
limits, no grants and no read-only lookups; those are the host's, and only the host judges a component.
"""

import enum
import hashlib
import hmac
from dataclasses import dataclass, field
from types import SimpleNamespace

from . import curve
from .outpoint import outpoint_text


class Level(enum.Enum):
    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


@dataclass
class _Rows:
    rows: dict = field(default_factory=dict)

    def get(self, key):
        return self.rows.get(bytes(key))

    def set(self, key, value):
        self.rows[bytes(key)] = bytes(value)

    def remove(self, key):
        self.rows.pop(bytes(key), None)

    def scan(self, start, end, limit, reverse):
        keys = sorted((key for key in self.rows if key >= start and (end is None or key < end)), reverse=reverse)
        entries = [SimpleNamespace(key=key, value=self.rows[key]) for key in keys[:limit]]
        return SimpleNamespace(entries=entries, more=len(keys) > limit)


@dataclass
class _Topic:
    outputs: dict = field(default_factory=dict)
    state: _Rows = field(default_factory=_Rows)


@dataclass
class _Host:
    raw_transaction: bytes = b""
    ancestors: dict = field(default_factory=dict)
    config: dict = field(default_factory=dict)
    state: _Rows = field(default_factory=_Rows)
    topics: dict = field(default_factory=dict)
    signers: list = field(default_factory=list)
    certificates: list = field(default_factory=list)
    log: list = field(default_factory=list)

    def topic(self, name):
        return self.topics.setdefault(name, _Topic())


_host = _Host()


def reset() -> None:
    """Forgets everything. Call it before every test."""
    global _host
    _host = _Host()


def set_config(key: str, value: str) -> None:
    """What `configured` answers."""
    _host.config[key] = value


def set_raw_transaction(raw: bytes) -> None:
    """What `raw_transaction` answers."""
    _host.raw_transaction = raw


def add_ancestor(txid: bytes, raw: bytes, atomic_beef: bytes) -> None:
    """What `ancestry` answers for a txid."""
    _host.ancestors[txid] = (raw, atomic_beef)


def add_topic_output(topic: str, outpoint, satoshis: int = 1, locking_script: bytes = b"", spent: bool = False) -> None:
    """What `topics.output` answers for an output of a topic."""
    held = SimpleNamespace(satoshis=satoshis, locking_script=locking_script, spent=spent)
    _host.topic(topic).outputs[outpoint_text(outpoint)] = held


def set_topic_state(topic: str, key: bytes, value: bytes) -> None:
    """A row of another topic."""
    _host.topic(topic).state.set(key, value)


def set_signers(keys: list[bytes]) -> None:
    """Who signed the submission."""
    _host.signers = keys


def add_certificate(certificate) -> None:
    """A certificate that came with the submission, believed as it stands."""
    _host.certificates.append(certificate)


def logged() -> list[tuple[Level, str]]:
    """What was logged so far, oldest first."""
    return list(_host.log)


def state_rows() -> int:
    """How many rows `state` holds."""
    return len(_host.state.rows)


def _sha256(data):
    return hashlib.sha256(data).digest()


def _ripemd160(data):
    return hashlib.new("ripemd160", data).digest()


def _verify_signature(data, signature, signer, invoice_number):
    child = curve.derive_for_anyone(signer, invoice_number)
    return child is not None and curve.verify(_sha256(data), signature, child)


_INTERFACES = {
    "ancestry": {
        "transaction": lambda txid: _host.ancestors.get(txid, (None, None))[0],
        "atomic_beef": lambda txid: _host.ancestors.get(txid, (None, None))[1],
    },
    "config": {"get": lambda key: _host.config.get(key)},
    "context": {"raw_transaction": lambda: _host.raw_transaction},
    "crypto": {
        "sha256": _sha256,
        "hash256": lambda data: _sha256(_sha256(data)),
        "ripemd160": _ripemd160,
        "hash160": lambda data: _ripemd160(_sha256(data)),
        "hmac_sha256": lambda key, data: hmac.digest(key, data, "sha256"),
        "verify_ecdsa": curve.verify,
        "derive_public_key": curve.derive_for_anyone,
        "verify_signature": _verify_signature,
    },
    "identity": {"signers": lambda: _host.signers, "certificates": lambda: _host.certificates},
    "log": {"Level": Level, "write": lambda level, message: _host.log.append((level, message))},
    "state": {
        "get": lambda key: _host.state.get(key),
        "set": lambda key, value: _host.state.set(key, value),
        "remove": lambda key: _host.state.remove(key),
        "scan": lambda *arguments: _host.state.scan(*arguments),
    },
    "topics": {
        "output": lambda topic, outpoint: _host.topic(topic).outputs.get(outpoint_text(outpoint)),
        "state_get": lambda topic, key: _host.topic(topic).state.get(key),
        "state_scan": lambda topic, *arguments: _host.topic(topic).state.scan(*arguments),
    },
}


def interface(name: str) -> SimpleNamespace:
    """The functions of an interface."""
    return SimpleNamespace(**_INTERFACES[name])

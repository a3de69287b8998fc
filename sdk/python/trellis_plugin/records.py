"""What calls carry and what they answer. Inside a component the host hands over objects of its own with the same fields."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outpoint:
    """One output of one transaction. The txid is 32 bytes in display order: in hexadecimal it is the id that people read."""

    txid: bytes
    output_index: int


@dataclass
class Output:
    satoshis: int
    locking_script: bytes


@dataclass
class Input:
    source: Outpoint
    #: None only where a proven transaction spends something this host has never seen.
    source_output: Output | None
    unlocking_script: bytes
    sequence: int


@dataclass
class Transaction:
    txid: bytes
    version: int
    inputs: list[Input]
    outputs: list[Output]
    lock_time: int


@dataclass
class Description:
    """What a component says about itself: a name of at most 64 characters, one sentence of at most 256."""

    name: str
    short_description: str
    version: str | None = None
    icon_url: str | None = None
    information_url: str | None = None


@dataclass
class Submission:
    """What a topic manager judges. `previous_coins` are the inputs that spend outputs of this topic."""

    topic: str
    transaction: Transaction
    previous_coins: list[int]
    off_chain_values: bytes | None = None


@dataclass
class AdmittanceInstructions:
    """The outputs that enter the topic, and those of `previous_coins` that stay in its history."""

    outputs_to_admit: list[int] = field(default_factory=list)
    coins_to_retain: list[int] = field(default_factory=list)


@dataclass
class AdmittedOutput:
    """`admitted_at`: microseconds since 1970, strictly increasing from submission to submission."""

    topic: str
    outpoint: Outpoint
    satoshis: int
    locking_script: bytes
    admitted_at: int
    off_chain_values: bytes | None = None


@dataclass
class SpentOutput:
    """`retained`: whether the topic manager keeps the output for the topic's history.

    `off_chain_values`: what the submitter of the spending transaction sent along.
    """

    topic: str
    outpoint: Outpoint
    satoshis: int = 0
    locking_script: bytes = b""
    spending_txid: bytes = bytes(32)
    input_index: int = 0
    unlocking_script: bytes = b""
    sequence: int = 0xFFFFFFFF
    off_chain_values: bytes | None = None
    retained: bool = False
    spent_at: int = 0


@dataclass
class Question:
    """The query is JSON text."""

    service: str
    query: str


@dataclass
class FoundOutput:
    """`history_depth`: how many generations of ancestors the answer carries along (BRC-64)."""

    outpoint: Outpoint
    history_depth: int = 0
    context: bytes | None = None


@dataclass
class OutputList:
    """An answer of outputs of the service's topics, in order; the host adds the BEEF. Outpoints do as well."""

    outputs: list[FoundOutput | Outpoint]


@dataclass
class Freeform:
    """An answer of any JSON text."""

    json: str


@dataclass
class Token:
    """What an output is in a basket. Amounts of one asset are summed; the owner is a key in hexadecimal, or a name."""

    basket: str
    asset: str
    amount: int
    owner: str | None = None
    tags: list[str] = field(default_factory=list)
    data: bytes = b""


@dataclass
class AdmittedToTopic:
    topic: str
    output_index: int


@dataclass
class HeldToken:
    input_index: int
    token: Token


@dataclass
class Organising:
    """What a basket manager is asked: outputs that entered its topics just now, and its tokens that are spent."""

    transaction: Transaction
    admitted: list[AdmittedToTopic]
    held: list[HeldToken]
    off_chain_values: bytes | None = None


@dataclass
class Create:
    """An output enters a basket."""

    output_index: int
    token: Token


@dataclass
class Move:
    """A token leaves its basket and an output takes its place, in the same basket or another one."""

    input_index: int
    from_basket: str
    output_index: int
    token: Token


@dataclass
class Consume:
    """A token leaves its basket; what is held and named by no operation does so too."""

    input_index: int
    from_basket: str

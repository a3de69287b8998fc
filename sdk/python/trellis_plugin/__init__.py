"""Write BSV overlay plugins in Python: roles, host functions, script readers.

What asks the host stands in modules of their own (`trellis_plugin.state`, `.crypto`, ...), so that a component imports what it
uses and nothing else.
"""

from .op_return import read_op_return
from .ordinal import Ordinal, read_ordinal
from .outpoint import outpoint_from_bytes, outpoint_from_text, outpoint_text, outpoint_to_bytes
from .p2pkh import read_p2pkh
from .push_drop import PushDrop, read_push_drop
from .records import (
    AdmittanceInstructions,
    AdmittedOutput,
    AdmittedToTopic,
    Consume,
    Create,
    Description,
    FoundOutput,
    Freeform,
    HeldToken,
    Input,
    Move,
    Organising,
    Outpoint,
    Output,
    OutputList,
    Question,
    SpentOutput,
    Submission,
    Token,
    Transaction,
)
from .refusal import Refusal
from .roles import BasketManager, LookupService, Plugin, TopicManager, TopicRelevance

__all__ = [name for name in dir() if not name.startswith("_")]

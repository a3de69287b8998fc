"""The roles a component can have. A role is a class of this name in the module that is made a component; derive it from here.

What its methods raise is told apart here: a `Refusal` is the plugin's considered "no", anything else is a mistake in it, which
the host is told of before the component stops.
"""

import functools
from abc import ABC, abstractmethod

from . import boundary, log
from .records import (
    AdmittanceInstructions,
    AdmittedOutput,
    Consume,
    Create,
    Description,
    Freeform,
    Move,
    Organising,
    Outpoint,
    OutputList,
    Question,
    SpentOutput,
    Submission,
    Transaction,
)
from .refusal import Refusal


class _Role(ABC):
    """Whatever a class below declares is guarded in those derived from it."""

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        if cls.__module__ == __name__:
            return
        calls = {name for base in cls.__mro__ if base.__module__ == __name__ for name in vars(base) if not name.startswith("_")}
        for name in calls:
            setattr(cls, name, _guarded(getattr(cls, name)))


def _guarded(call):
    @functools.wraps(call)
    def guarded(*given):
        try:
            return boundary.answer(call(*given))
        except Refusal as refusal:
            raise boundary.refusal(refusal) from None
        except Exception as mistake:
            log.error(boundary.in_words(mistake))
            raise

    return guarded


class Plugin(_Role):
    """What every component says about itself."""

    @abstractmethod
    def describe(self) -> Description: ...

    @abstractmethod
    def documentation(self) -> str:
        """Markdown of at most 64 KiB."""


class TopicManager(_Role):
    """Decides which outputs enter a topic (BRC-22)."""

    @abstractmethod
    def identify_admissible_outputs(self, submission: Submission) -> AdmittanceInstructions: ...


class TopicRelevance(_Role):
    """Says which transactions concern a topic, for submitters that name none."""

    @abstractmethod
    def is_relevant(self, topic: str, transaction: Transaction) -> bool: ...


class LookupService(_Role):
    """Answers questions about the outputs of its topics (BRC-24)."""

    @abstractmethod
    def output_admitted(self, output: AdmittedOutput) -> None: ...

    def output_spent(self, output: SpentOutput) -> None:
        """Does nothing unless overridden; who answers with unspent outputs takes it out of the index here."""

    def output_no_longer_retained(self, topic: str, outpoint: Outpoint) -> None:
        """A spent output left the topic's history. Does nothing unless overridden."""

    @abstractmethod
    def output_evicted(self, topic: str, outpoint: Outpoint) -> None:
        """An operator took the output out for lawful reasons: forget everything about it."""

    @abstractmethod
    def lookup(self, question: Question) -> OutputList | Freeform: ...


class BasketManager(_Role):
    """Says which basket each admitted output belongs to, and what it is there."""

    @abstractmethod
    def operations(self, organising: Organising) -> list[Create | Move | Consume]: ...

"""The lookup service: keeps the index and answers from it."""

import trellis_plugin
from trellis_plugin import AdmittedOutput, Outpoint, OutputList, Question, SpentOutput, log, outpoint_text

from . import index
from .message import NoMessage, read_message
from .query import parse


class LookupService(trellis_plugin.LookupService):
    def output_admitted(self, output: AdmittedOutput) -> None:
        try:
            text = read_message(output.locking_script).fields[0]
        except NoMessage as reason:
            # Some other topic's output: not findable here, and no reason to fail the submission it came with.
            log.debug(f"{outpoint_text(output.outpoint)} is not listed: {reason}")
            return
        index.insert(output.topic, output.outpoint, text, output.admitted_at)

    def output_spent(self, output: SpentOutput) -> None:
        index.remove(output.topic, output.outpoint)

    def output_evicted(self, topic: str, outpoint: Outpoint) -> None:
        index.remove(topic, outpoint)

    def lookup(self, question: Question) -> OutputList:
        return OutputList(index.find(parse(question.query)))

"""The topic manager: which outputs are messages.

An output that is no message is skipped, not refused: change and payments travel in the same transaction. Only where nothing is
left to say yes to does the refusal explain, output by output, what was wrong.
"""

import trellis_plugin
from trellis_plugin import AdmittanceInstructions, Refusal, Submission
from trellis_plugin.crypto import is_signed

from .message import NoMessage, read_message

#: A refusal explains so many outputs and counts the others.
EXPLAINED_MOST = 8


class TopicManager(trellis_plugin.TopicManager):
    def identify_admissible_outputs(self, submission: Submission) -> AdmittanceInstructions:
        admitted, reasons = [], []
        for index, output in enumerate(submission.transaction.outputs):
            try:
                judge(output.locking_script)
                admitted.append(index)
            except NoMessage as reason:
                reasons.append(f"output {index}: {reason}")
        # A transaction that only spends messages is welcome: it takes them out of the topic.
        if not admitted and not submission.previous_coins:
            raise Refusal(explain(reasons))
        return AdmittanceInstructions(admitted)


def judge(locking_script: bytes) -> None:
    """Raises where the script is no message."""
    if not is_signed(read_message(locking_script)):
        raise NoMessage("the signature over the text is not by the key that locks the token")


def explain(reasons: list[str]) -> str:
    parts = ["no output is a message", *reasons[:EXPLAINED_MOST]]
    if len(reasons) > EXPLAINED_MOST:
        parts.append(f"and {len(reasons) - EXPLAINED_MOST} more")
    return "; ".join(parts)

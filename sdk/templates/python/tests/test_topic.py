import unittest

from my_plugin.topic import TopicManager
from trellis_plugin import AdmittanceInstructions, Refusal, Submission

from .tokens import ANYTHING, LOCK, TOKEN, transaction


def judge(*scripts: bytes, previous_coins: tuple[int, ...] = ()) -> AdmittanceInstructions:
    submission = Submission("tm_my_plugin", transaction(*scripts), list(previous_coins))
    return TopicManager().identify_admissible_outputs(submission)


class Verdicts(unittest.TestCase):
    def refusal(self, *scripts: bytes) -> str:
        with self.assertRaises(Refusal) as raised:
            judge(*scripts)
        return raised.exception.text

    def test_messages_are_admitted_and_everything_else_is_skipped(self):
        self.assertEqual(judge(ANYTHING, TOKEN, b"", TOKEN), AdmittanceInstructions([1, 3]))

    def test_spending_messages_without_a_new_one_takes_them_out(self):
        self.assertEqual(judge(ANYTHING, previous_coins=(0,)), AdmittanceInstructions())

    def test_a_refusal_says_what_is_wrong_with_each_output(self):
        one_byte = LOCK + b"\x01h\x01s\x6d"
        three_fields = LOCK + b"\x02hi\x02hi\x01s\x6d\x75"
        other_text = TOKEN[:37] + bytes([TOKEN[37] ^ 1]) + TOKEN[38:]
        lock_after = b"\x02hi\x01s\x6d" + LOCK
        self.assertEqual(
            self.refusal(ANYTHING, one_byte, three_fields, other_text, lock_after),
            "no output is a message; "
            "output 0: not a PushDrop token with the lock before the data; "
            "output 1: the text is shorter than 2 bytes; "
            "output 2: a message has two fields, the text and a signature over it; "
            "output 3: the signature over the text is not by the key that locks the token; "
            "output 4: not a PushDrop token with the lock before the data",
        )

    def test_a_refusal_stays_short_however_many_outputs_there_are(self):
        self.assertTrue(self.refusal(*[ANYTHING] * 1000).endswith("; and 992 more"))
        self.assertNotIn("more", self.refusal(*[ANYTHING] * 8))

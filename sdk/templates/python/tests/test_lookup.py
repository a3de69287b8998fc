import json
import unittest

from my_plugin import index
from my_plugin.lookup import LookupService
from trellis_plugin import AdmittedOutput, Outpoint, Question, SpentOutput, stand_in

from .tokens import ANYTHING, TOKEN, outpoint

SECOND = 1_000_000
TOPIC = "tm_my_plugin"


def five_messages() -> None:
    """Message "a" at seconds 1, 3, 5 and "b" at seconds 2, 4."""
    for n in range(1, 6):
        index.insert(TOPIC, outpoint(n), b"a" if n % 2 else b"b", n * SECOND)


def ask(query) -> list[Outpoint]:
    return LookupService().lookup(Question("ls_my_plugin", json.dumps(query))).outputs


def spend(topic: str, spent: Outpoint) -> None:
    LookupService().output_spent(SpentOutput(topic, spent))


def points(*numbers: int) -> list[Outpoint]:
    return [outpoint(number) for number in numbers]


class Lookups(unittest.TestCase):
    def setUp(self):
        stand_in.reset()

    def test_everything_is_found_newest_first(self):
        five_messages()
        for query in ({"findAll": True}, "findAll", {}):
            self.assertEqual(ask(query), points(5, 4, 3, 2, 1))
        self.assertEqual(ask({"sortOrder": "asc"}), points(1, 2, 3, 4, 5))

    def test_pages_follow_on_one_another(self):
        five_messages()
        self.assertEqual(ask({"limit": 2}), points(5, 4))
        self.assertEqual(ask({"limit": 2, "skip": 2}), points(3, 2))
        self.assertEqual(ask({"limit": 2, "skip": 4}), points(1))
        self.assertEqual(ask({"skip": 5}), [])

    def test_a_message_is_found_by_its_exact_text(self):
        five_messages()
        self.assertEqual(ask({"message": "a"}), points(5, 3, 1))
        self.assertEqual(ask({"message": "A"}), [])
        self.assertEqual(ask({"message": "a", "limit": 1, "skip": 1, "sortOrder": "asc"}), points(3))

    def test_both_ends_of_a_stretch_of_time_belong_to_it(self):
        five_messages()
        self.assertEqual(ask({"startDate": 2000, "endDate": 4000}), points(4, 3, 2))
        self.assertEqual(ask({"startDate": "1970-01-01T00:00:02Z", "endDate": "1970-01-01T00:00:04Z"}), points(4, 3, 2))
        self.assertEqual(ask({"message": "a", "startDate": 2000, "endDate": 4000}), points(3))
        self.assertEqual(ask({"startDate": 4001}), points(5))
        self.assertEqual(ask({"startDate": 4000, "endDate": 2000}), [])

    def test_a_spent_or_evicted_message_leaves_no_row_behind(self):
        five_messages()
        for n in (1, 2, 3):
            spend(TOPIC, outpoint(n))
        self.assertEqual(ask({}), points(5, 4))
        for n in (4, 5):
            LookupService().output_evicted(TOPIC, outpoint(n))
        spend(TOPIC, outpoint(7))
        self.assertEqual(stand_in.state_rows(), 0)

    def test_a_message_two_topics_hold_is_listed_once_until_the_last_gives_it_up(self):
        index.insert("tm_one", outpoint(1), b"hi", SECOND)
        index.insert("tm_two", outpoint(1), b"hi", 2 * SECOND)
        self.assertEqual(ask({}), points(1))
        spend("tm_one", outpoint(1))
        self.assertEqual(ask({"message": "hi"}), points(1))
        spend("tm_two", outpoint(1))
        self.assertEqual(stand_in.state_rows(), 0)

    def test_an_output_that_is_no_message_is_left_out_of_the_index(self):
        LookupService().output_admitted(AdmittedOutput(TOPIC, outpoint(1), 1, ANYTHING, SECOND))
        self.assertEqual(stand_in.state_rows(), 0)
        LookupService().output_admitted(AdmittedOutput(TOPIC, outpoint(1), 1, TOKEN, SECOND))
        self.assertEqual(ask({"message": "hello world"}), points(1))

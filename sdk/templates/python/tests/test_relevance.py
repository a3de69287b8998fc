import unittest

from my_plugin.relevance import TopicRelevance

from .tokens import ANYTHING, TOKEN, transaction


class Relevance(unittest.TestCase):
    def test_a_transaction_with_a_message_concerns_the_topic(self):
        self.assertTrue(TopicRelevance().is_relevant("tm_my_plugin", transaction(ANYTHING, TOKEN)))
        self.assertFalse(TopicRelevance().is_relevant("tm_my_plugin", transaction(ANYTHING)))

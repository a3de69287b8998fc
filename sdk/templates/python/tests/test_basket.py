import unittest

from my_plugin.basket import BASKET, BasketManager
from trellis_plugin import AdmittedToTopic, Create, Organising, Token

from .tokens import ANYTHING, LOCK, TOKEN, transaction


class Baskets(unittest.TestCase):
    def test_every_message_is_one_token_of_the_key_that_locks_it(self):
        admitted = [AdmittedToTopic("tm_my_plugin", index) for index in range(2)]
        operations = BasketManager().operations(Organising(transaction(ANYTHING, TOKEN), admitted, []))
        self.assertEqual(operations, [Create(1, Token(BASKET, "message", 1, LOCK[1:-1].hex()))])

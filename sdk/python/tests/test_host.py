import unittest

import trellis_plugin
from trellis_plugin import Outpoint, Refusal, outpoint_from_bytes, outpoint_from_text, outpoint_text, outpoint_to_bytes
from trellis_plugin import log, stand_in, state, topics
from trellis_plugin.config import configured
from trellis_plugin.crypto import derive_public_key, hash160, verify_ecdsa, verify_signature
from trellis_plugin.rows import ALL, prefix


class Rows(unittest.TestCase):
    def setUp(self):
        stand_in.reset()

    def test_a_scan_sees_every_row_of_its_range_once_whatever_the_page_size(self):
        keys = [bytes([97 + n % 3, n]) for n in range(41)]
        for key in keys:
            state.put(key, b"value")
        wanted = sorted(key for key in keys if key.startswith(b"b"))
        for size in (0, 1, 2, 13, 14, 15, 100, 5000):
            self.assertEqual([row.key for row in state.scan(prefix(b"b"), page_size=size)], wanted)
            self.assertEqual([row.key for row in state.scan(prefix(b"b"), reverse=True, page_size=size)], wanted[::-1])
        self.assertEqual(len(list(state.scan(ALL))), 41)
        state.remove(keys[0])
        self.assertIsNone(state.get(keys[0]))

    def test_a_prefix_ends_before_the_next_key_that_does_not_begin_with_it(self):
        self.assertEqual(prefix(b"\1\2").end, b"\1\3")
        self.assertEqual(prefix(b"\1\xff\xff").end, b"\2")
        self.assertIsNone(prefix(b"\xff\xff").end)
        self.assertEqual(prefix(b""), ALL)

    def test_a_plugin_reads_what_the_stand_in_was_told(self):
        stand_in.set_config("key", "value")
        stand_in.set_topic_state("tm_other", b"a", b"b")
        stand_in.add_topic_output("tm_other", Outpoint(b"\1" * 32, 1), satoshis=5)
        self.assertEqual((configured("key"), configured("other")), ("value", None))
        self.assertEqual(topics.output("tm_other", Outpoint(b"\1" * 32, 1)).satoshis, 5)
        self.assertIsNone(topics.output("tm_third", Outpoint(b"\1" * 32, 1)))
        self.assertEqual([row.value for row in topics.state_scan("tm_other")], [b"b"])


class Identifiers(unittest.TestCase):
    def test_an_outpoint_survives_text_and_bytes_and_what_is_none_is_refused(self):
        text = "ab" * 32 + ".7"
        self.assertEqual(outpoint_text(outpoint_from_text(text)), text)
        self.assertEqual(outpoint_text(outpoint_from_bytes(outpoint_to_bytes(outpoint_from_text(text)))), text)
        self.assertIsNone(outpoint_from_bytes(b"\0" * 35))
        for bad in ("", "ab.1", "ab" * 32 + ".4294967296", "ab" * 32 + ".-1", "ab" * 32 + "."):
            with self.assertRaises(Refusal):
                outpoint_from_text(bad)


class Keys(unittest.TestCase):
    #: The key of the private key 1, which is everybody's.
    KEY = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")

    def test_keys_are_hashed_and_derived_as_everywhere(self):
        self.assertEqual(hash160(self.KEY).hex(), "751e76e8199196d454941c45d1b3a323f1433bd6")
        child = derive_public_key(self.KEY, "2-plugin tests-1")
        self.assertEqual(len(child), 33)
        self.assertNotEqual(child, self.KEY)
        self.assertIsNone(derive_public_key(b"\5" + self.KEY[1:], "2-plugin tests-1"))

    def test_foreign_bytes_verify_as_nothing(self):
        for signature in (b"", b"\x30", b"\x30\x06\2\1\0\2\1\0", b"\x30\x06\2\1\1\2\1\1"):
            self.assertFalse(verify_ecdsa(b"\1" * 32, signature, self.KEY))
            self.assertFalse(verify_signature(b"data", signature, self.KEY, "2-plugin tests-1"))
        self.assertFalse(verify_ecdsa(b"\1" * 32, b"\x30\x06\2\1\1\2\1\1", b"no key"))


class Roles(unittest.TestCase):
    def test_refusals_reach_a_test_as_they_are_and_mistakes_are_logged_as_well(self):
        class Relevance(trellis_plugin.TopicRelevance):
            def is_relevant(self, topic, transaction):
                if topic == "tm_no":
                    raise Refusal("no")
                return missing  # noqa: F821

        stand_in.reset()
        with self.assertRaises(Refusal):
            Relevance().is_relevant("tm_no", None)
        self.assertEqual(stand_in.logged(), [])
        with self.assertRaises(NameError):
            Relevance().is_relevant("tm_yes", None)
        [(level, message)] = stand_in.logged()
        self.assertEqual(level, stand_in.Level.ERROR)
        self.assertIn("NameError: name 'missing' is not defined", message)
        log.info("more")
        self.assertEqual(len(stand_in.logged()), 2)

    def test_a_role_whose_calls_are_missing_is_none(self):
        class Half(trellis_plugin.LookupService):
            def lookup(self, question): ...

        with self.assertRaises(TypeError):
            Half()

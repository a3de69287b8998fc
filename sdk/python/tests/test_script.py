import unittest

from trellis_plugin import read_op_return, read_ordinal, read_p2pkh, read_push_drop
from trellis_plugin.crypto import is_signed

KEY = b"\2" + b"\7" * 32
LOCK = b"\x21" + KEY + b"\xac"
P2PKH = bytes.fromhex("76a914") + b"\5" * 20 + bytes.fromhex("88ac")
#: "hello world", signed by the private key of 32 sevens.
TOKEN = bytes.fromhex(
    "2102989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6fac0b68656c6c6f20776f726c64473045022100f828344e614beb35"
    "8d1e3be9db05116a0236a9c6af79eec104d0bb8e63c23f1c022073c5ec4f12e8cbc26737919f5546dbe66b07eb3a80d6a488d379c2b50cf269e46d"
)


def push(field: bytes) -> bytes:
    """As the minimal encoding of `@bsv/sdk` has it."""
    if field in (b"", b"\0"):
        return b"\0"
    if field == b"\x81":
        return b"\x4f"
    if len(field) == 1 and field[0] <= 16:
        return bytes([0x50 + field[0]])
    size = len(field)
    for most, code, length in ((75, b"", 1), (0xFF, b"\x4c", 1), (0xFFFF, b"\x4d", 2), (0xFFFF_FFFF, b"\x4e", 4)):
        if size <= most:
            return code + size.to_bytes(length, "little") + field
    raise ValueError(size)


def body(*fields: bytes) -> bytes:
    return b"".join(map(push, fields)) + b"\x6d" * (len(fields) // 2) + b"\x75" * (len(fields) % 2)


class PushDropTokens(unittest.TestCase):
    def test_every_size_of_field_is_read_from_both_lock_positions(self):
        for count in range(1, 6):
            for size in (1, 2, 75, 76, 255, 256, 65_535, 65_536, 70_000):
                fields = [b"\7" * size] * count
                for position, script in (("before", LOCK + body(*fields)), ("after", body(*fields) + LOCK)):
                    token = read_push_drop(script)
                    self.assertEqual((token.lock_position, token.locking_public_key, token.fields), (position, KEY, fields))

    def test_small_numbers_are_read_as_their_bytes(self):
        fields = [bytes([byte]) for byte in range(256)]
        self.assertEqual(read_push_drop(LOCK + body(*fields)).fields, fields)

    def test_a_script_of_another_form_is_no_token(self):
        good = body(b"one", b"two")
        self.assertIsNotNone(read_push_drop(LOCK + good))
        self.assertIsNotNone(read_push_drop(b"\x41\4" + b"\1" * 64 + b"\xac" + good))
        for script in (
            *(b"", LOCK, good, LOCK + good + LOCK, LOCK + b"\x75", LOCK + good + b"\x75", LOCK + good + b"\x51"),
            *(LOCK + push(b"one") + push(b"two") + b"\x75", LOCK + push(b"one") + b"\x76" + push(b"two") + b"\x6d"),
            *(push(KEY) + b"\xad" + good, push(KEY[1:]) + b"\xac" + good, push(b"\5" * 33) + b"\xac" + good, LOCK + b"\x50\x75"),
        ):
            self.assertIsNone(read_push_drop(script), script.hex())

    def test_scripts_cut_anywhere_are_read_without_an_exception(self):
        whole = LOCK + body(b"one", b"\1", b"\7" * 300)
        for length in range(len(whole)):
            self.assertIsNone(read_push_drop(whole[:length]))
        for text in ("4c", "4d01", "4e010203", "4effffffff", "4b"):
            self.assertIsNone(read_push_drop(bytes.fromhex(text)))

    def test_only_what_the_locking_key_signed_is_signed(self):
        token = read_push_drop(TOKEN)
        self.assertTrue(is_signed(token))
        token.fields[0] = b"hello worlds"
        self.assertFalse(is_signed(token))
        token.fields = token.fields[:1]
        self.assertFalse(is_signed(token))


class OtherScripts(unittest.TestCase):
    def test_p2pkh_is_read_as_the_hash_of_its_key(self):
        self.assertEqual(read_p2pkh(P2PKH), b"\5" * 20)
        for script in (b"", P2PKH[1:], P2PKH + b"\x51"):
            self.assertIsNone(read_p2pkh(script))

    def test_fields_behind_op_return_are_read_with_op_false_in_front_and_without(self):
        for head in (b"\x6a", b"\0\x6a"):
            self.assertEqual(read_op_return(head + push(b"hi") + push(b"\1")), [b"hi", b"\1"])
            self.assertEqual(read_op_return(head), [])
        for script in (b"", P2PKH, b"\x6a\5hi", b"\x6a\x76"):
            self.assertIsNone(read_op_return(script))

    def test_an_ordinal_is_read_with_its_content_type_and_the_script_that_locks_it(self):
        envelope = b"\0\x63" + push(b"ord") + push(b"\1") + push(b"text/plain") + b"\0" + push(b"hello") + push(b"!!") + b"\x68"
        for script in (envelope + P2PKH, P2PKH + envelope):
            ordinal = read_ordinal(script)
            self.assertEqual((ordinal.content_type, ordinal.content, ordinal.locking_script), ("text/plain", b"hello!!", P2PKH))
        for script in (b"", P2PKH, envelope[:-1]):
            self.assertIsNone(read_ordinal(script))

import json
import unittest

from my_plugin.date import parse_date
from my_plugin.index import Search
from my_plugin.query import parse
from trellis_plugin import Refusal


class Queries(unittest.TestCase):
    def test_every_way_to_ask_for_everything_is_understood(self):
        for text in ('"findAll"', '{"findAll": true}', "{}", '{"message": ""}', '{"message": null, "limit": null}'):
            self.assertEqual(parse(text), Search(), text)

    def test_every_field_is_understood(self):
        query = {"message": "hi", "limit": 3, "skip": 4, "startDate": 5, "endDate": "1970-01-01T00:00:01Z", "sortOrder": "asc"}
        self.assertEqual(parse(json.dumps(query)), Search("hi", 5000, 1_001_000, False, 4, 3))

    def test_dates_before_1970_mean_its_beginning_and_far_ones_the_end_of_all_time(self):
        search = parse('{"startDate": -1, "endDate": "1960-01-01"}')
        self.assertEqual((search.start, search.end), (0, 1000))
        self.assertEqual(parse('{"endDate": 9000000000000000000}').end, 2**64 - 1)

    def test_anything_else_is_refused_with_what_is_accepted(self):
        for text, names in (
            ("", "a query is"),
            ("null", "a query is"),
            ("[]", "a query is"),
            ('"everything"', "a query is"),
            ('{"message": "\\ud800"}', "a query is"),
            ('{"messages": 1}', 'the field "messages" means nothing here'),
            ('{"message": 1}', '"message" is the exact text'),
            ('{"findAll": false}', '"findAll" is true'),
            ('{"findAll": 1}', '"findAll" is true'),
            ('{"limit": 0}', '"limit" is a whole number from 1 to 1000'),
            ('{"limit": 1.5}', '"limit" is a whole number'),
            ('{"limit": true}', '"limit" is a whole number'),
            ('{"skip": -1}', '"skip" is a whole number from 0 to 10000'),
            ('{"skip": 18446744073709551616}', '"skip" is a whole number'),
            ('{"sortOrder": "up"}', '"sortOrder" is "desc"'),
            ('{"startDate": "yesterday"}', '"startDate" is a date'),
            ('{"endDate": true}', '"endDate" is a date'),
        ):
            with self.assertRaises(Refusal, msg=text) as raised:
                parse(text)
            self.assertIn(names, raised.exception.text)


class Dates(unittest.TestCase):
    def test_dates_agree_with_the_unix_clock_fractions_and_offsets_included(self):
        for text, milliseconds in (
            ("1970-01-01", 0),
            ("1969-12-31", -86_400_000),
            ("2000-02-29", 951_782_400_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("0001-01-01", -62_135_596_800_000),
            ("0000-12-31", -62_135_683_200_000),
            ("1970-01-01T00:00:01.1239Z", 1123),
            ("1970-01-01T01:00+01:00", 0),
            ("1969-12-31T18:30-05:30", 0),
        ):
            self.assertEqual(parse_date(text), milliseconds, text)

    def test_what_is_no_date_is_none(self):
        for text in (
            *("", "2026", "2026-1-1", "2026-13-01", "2026-02-29", "2026-01-31T24:00", "2026-01-31T12:00:00.", "2026-01-31Z"),
            *("2026-01-31 12:00", "2026-01-31T12:00z", "2026-01-31T12:00Z ", "2026-01-31\n", "２026-01-31"),
        ):
            self.assertIsNone(parse_date(text), text)

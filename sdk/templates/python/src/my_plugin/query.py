"""The questions clients may ask. A wrong one is told what would be right."""

import json

from trellis_plugin import Refusal

from .date import parse_date
from .index import Search

#: What a client wants to see when it does not say how many.
LIMIT = 50
#: The most outputs of one answer.
LIMIT_MOST = 1000
#: Skipped rows are read all the same, and a call's reads are bounded.
SKIP_MOST = 10_000
#: Dates are in milliseconds; the index is in microseconds.
MILLISECOND = 1000
#: The last moment that 8 bytes hold.
MOMENT_MOST = 2**64 - 1
#: What a date may be, as a number: 64 bits with a sign.
NUMBER_MOST = 2**63 - 1

FORMS = (
    'a query is {"findAll": true}, {"message": "<exact text>"} or the text "findAll"; an object also takes "limit", "skip", '
    '"startDate", "endDate" and "sortOrder"'
)
FIELDS = {"message", "findAll", "limit", "skip", "startDate", "endDate", "sortOrder"}


def parse(text: str) -> Search:
    """Understands a query, or says what would be understood."""
    fields = _fields(text)
    for name in sorted(fields.keys() - FIELDS):
        raise Refusal(f"the field {json.dumps(name)} means nothing here; {FORMS}")

    message = fields.get("message")
    if message is not None and not isinstance(message, str):
        raise Refusal('"message" is the exact text of the messages wanted')
    # An empty search box asks for everything.
    message = message or None
    find_all = fields.get("findAll")
    if not (find_all is None or find_all is True or find_all is False and message is not None):
        raise Refusal('"findAll" is true, or left out where "message" says what is wanted')
    order = fields.get("sortOrder")
    if order not in (None, "desc", "asc"):
        raise Refusal('"sortOrder" is "desc" (newest first) or "asc"')
    start, end = _moment(fields, "startDate"), _moment(fields, "endDate")
    return Search(
        message,
        start=min((start or 0) * MILLISECOND, MOMENT_MOST),
        # The last millisecond belongs to it, down to its last microsecond.
        end=None if end is None else min((end + 1) * MILLISECOND, MOMENT_MOST),
        newest_first=order != "asc",
        skip=_whole_number(fields, "skip", 0, 0, SKIP_MOST),
        limit=_whole_number(fields, "limit", LIMIT, 1, LIMIT_MOST),
    )


def _fields(text: str) -> dict:
    try:
        query = json.loads(text)
        # Half of a surrogate pair is no text.
        json.dumps(query, ensure_ascii=False).encode()
    except ValueError:
        raise Refusal(FORMS) from None
    if query == "findAll":
        return {}
    if not isinstance(query, dict):
        raise Refusal(FORMS)
    return query


def _is_whole(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _moment(fields: dict, name: str) -> int | None:
    """A moment in milliseconds since 1970; everything before is the same to an index that has nothing from then."""
    value = fields.get(name)
    if value is None:
        return None
    milliseconds = parse_date(value) if isinstance(value, str) else value
    if not _is_whole(milliseconds) or abs(milliseconds) > NUMBER_MOST:
        raise Refusal(f'"{name}" is a date in ISO 8601 ("2026-01-31", "2026-01-31T12:00:00Z") or milliseconds since 1970')
    return max(milliseconds, 0)


def _whole_number(fields: dict, name: str, otherwise: int, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None:
        return otherwise
    if not _is_whole(value) or not least <= value <= most:
        raise Refusal(f'"{name}" is a whole number from {least} to {most}')
    return value

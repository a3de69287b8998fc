"""Dates without a clock: the forms of ISO 8601 that programs write, as milliseconds since 1970 in UTC."""

import re
from datetime import date

FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))?)?"
)
#: Years after which the calendar repeats itself, and their days.
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097
EPOCH = date(1970, 1, 1).toordinal()


def parse_date(text: str) -> int | None:
    """`2026-01-31`, `2026-01-31T12:00`, with seconds and fractions, then `Z`, an offset such as `+01:00`, or nothing for UTC."""
    found = FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hours, minutes, seconds = (int(found[group] or 0) for group in range(1, 7))
    offset_hours, offset_minutes = int(found[9] or 0), int(found[10] or 0)
    if hours > 23 or minutes > 59 or seconds > 59 or offset_hours > 23 or offset_minutes > 59:
        return None
    try:
        # Python has no year 0.
        days = date(year, month, day).toordinal() if year else date(CYCLE_YEARS, month, day).toordinal() - CYCLE_DAYS
    except ValueError:
        return None
    # What is finer than a millisecond is dropped.
    milliseconds = int((found[7] or "")[:3].ljust(3, "0"))
    offset = (offset_hours * 60 + offset_minutes) * (-1 if found[8] == "-" else 1)
    total_minutes = ((days - EPOCH) * 24 + hours) * 60 + minutes - offset
    return (total_minutes * 60 + seconds) * 1000 + milliseconds

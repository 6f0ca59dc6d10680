"""What can be left out of a sentence wherever it stands, and the rest says the same."""

import re

from pipeline.evidence import FUNCTION_WORDS
from pipeline.quantities import MONTHS

_BRACKET = r"\((?!not|but|except|only|if)[^()]*\)"
_AGE = r"(?<=, )\d{1,3}(?=,)"
_HOUR = r"(?:at )?(?:about |around )?\d{1,2}[:.]\d\d(?: ?[ap]m| [A-Z]{3})?"
_WEEKDAY = r"(?:on )?(?:late |early |last )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIME_OF_DAY = "(?: morning| afternoon| evening| night)?"
_DATE = rf"on (?:\d{{1,2}} (?:{MONTHS})|(?:{MONTHS}) \d{{1,2}})"
_LATELY = "last week|last month|earlier this week|earlier this month|yesterday|today|tonight"
_ASIDES = re.compile(
    rf"(?:[\s,]*(?:{_BRACKET}|{_AGE}|also|{_HOUR}|{_WEEKDAY}{_TIME_OF_DAY}|{_DATE}|{_LATELY})(?!\w))+[\s,.]*"
)


def is_aside(before: str, left_out: str) -> bool:
    """Whether what was left out behind a word is brackets, ages, "also", or when in these days something was.

    >>> [is_aside("paid", text) for text in (" (£277m) ", " on Friday, ", " at 19:30 BST on Friday.", " by Friday ")]
    [True, True, True, False]
    >>> is_aside("Lee", ", 41, also "), is_aside("Sheffield", " Wednesday "), is_aside("not", " ")
    (True, False, False)
    """
    return _ASIDES.fullmatch(left_out) is not None and not goes_on(before, left_out)


def goes_on(name: str, left_out: str) -> bool:
    """Whether what was left out behind a word goes on with a name that the word begins.

    >>> goes_on("Sheffield", " Wednesday won"), goes_on("The", " Menie locals")
    (True, False)
    """
    return name[0].isupper() and name.casefold() not in FUNCTION_WORDS and re.match(r"\s[A-Z]", left_out) is not None

"""Numbers in a text, compared by what they say: 47 and forty-seven, £2m and 2 million pounds, 5% and five per cent."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

_CURRENCY_SIGNS = "£$€¥"
_CURRENCY_WORDS = {"pound": "£", "sterling": "£", "dollar": "$", "euro": "€", "yen": "¥"}
_SCALES = {
    "hundred": 1e2, "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6,
    "bn": 1e9, "billion": 1e9, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_UNITS += "seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_CARDINALS = {word: number for number, word in enumerate(_UNITS)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_ORDINAL_VALUES = {word: number for number, word in enumerate(_ORDINALS, start=1)}

_ENDINGS = {None: "", "s": "s"}  # 1990s is not 1990; every other ending is an ordinal's
_DIGITS = r"\d[\d,.]*\d|\d"
_WORDS = "|".join(sorted([*_CARDINALS, *_ORDINALS], key=len, reverse=True))
_WORD = rf"(?:(?:{'|'.join(_TENS)})[- ])?(?:{_WORDS})"
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<currency>[{_CURRENCY_SIGNS}])? ?"
    rf"(?:(?P<digits>(?>{_DIGITS}))(?P<ending>st|nd|rd|th|s)?|\b(?P<word>{_WORD}|an?(?= (?:{_SCALE})\b))\b)"
    rf"(?P<scales>(?:[ -]?(?:{_SCALE})\b)*)(?:(?<=hundred) and (?P<rest>{_WORD})\b)?"
    rf"(?P<percent> ?%|[ -]per ?cent\b)?(?:[ -](?:US )?(?P<unit>(?-i:{'|'.join(_CURRENCY_WORDS)}))s?\b)?",
    re.IGNORECASE | re.ASCII,
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH_BEFORE = re.compile(rf"(?:{MONTHS})\s*$", re.IGNORECASE)
_MONTH_AFTER = re.compile(rf" (?:of )?(?:{MONTHS})\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|–|to|and|or)\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is written, what it comes to, and its unit where the text gives one."""

    span: str
    value: str  # in one notation: "47", "1200000", "24.7.2005"; ordinals end in "th", decades in "s"
    unit: str = ""  # a currency sign, "%", or nothing
    unscaled: str = ""  # the value without its scale, where that may be a unit: 100m are millions or metres


class Quantities:
    """The numbers of an article."""

    def __init__(self, article: str) -> None:
        self._units: dict[str, set[str]] = defaultdict(set)
        for quantity in quantities(article):
            self._units[quantity.value].add(quantity.unit)
            if quantity.unscaled:
                self._units[quantity.unscaled].add("")

    def carry(self, quantity: Quantity) -> bool:
        """Whether the article has this number: the same value, and its unit if it has one.

        >>> article = Quantities("Sales rose from 2 to 2.5% of £3,000 on 5 May; two hundred and fifty ran 100 metres.")
        >>> [article.carry(one) for one in quantities("2.5 per cent, 2%, 3,000 pounds, May 5th, 250, 100m")]
        [True, True, True, True, True, True]
        >>> [article.carry(one) for one in quantities("$3,000, 5%, 200, 5th")]
        [False, False, False, False]
        """
        units = self._units.get(quantity.value, set()) | self._units.get(quantity.unscaled, set())
        return quantity.unit in units or (bool(units) and not quantity.unit)


def quantities(text: str) -> Iterator[Quantity]:
    """Each number of a text, in digits or words; `one` counts only with a unit or scale, since it is mostly a pronoun.

    >>> [(quantity.value, quantity.unit) for quantity in quantities("$2.5m, 3 million euros, twenty-one, the 5th, 9%")]
    [('2500000', '$'), ('3000000', '€'), ('21', ''), ('5th', ''), ('9', '%')]
    >>> [quantity.value for quantity in quantities("a million, two hundred thousand, two hundred and fifty, 1990s")]
    ['1000000', '200000', '250', '1990s']
    """
    matches = list(_NUMBER.finditer(text))
    for match, following in zip_longest(matches, matches[1:]):
        unit, scale = _unit(match), _scale(match["scales"])
        word = (match["word"] or "").casefold().replace(" ", "-")
        if word == "one" and not unit and scale == 1:
            continue
        if following and not unit and _RANGE.fullmatch(text, match.end(), following.start()):
            unit = _unit(following)  # 5 to 10%
        value = _value(match, word, scale)
        if _MONTH_BEFORE.search(text, max(0, match.start() - 12), match.start()) or _MONTH_AFTER.match(
            text, match.end()
        ):
            value = value.removesuffix("th")  # May 5th
        letter = match["scales"].strip(" -").casefold() in ("m", "k")
        unscaled = _of_digits(match["digits"], 1) if letter and not unit and match["digits"] else ""
        yield Quantity(match.group().strip(), value, unit, unscaled)


def _unit(match: "re.Match[str]") -> str:
    return "%" if match["percent"] else match["currency"] or _CURRENCY_WORDS.get((match["unit"] or "").casefold(), "")


def _scale(scales: str) -> float:
    product = 1.0
    for scale in re.findall(_SCALE, scales, re.IGNORECASE):
        product *= _SCALES[scale.casefold()]
    return product


def _value(match: "re.Match[str]", word: str, scale: float) -> str:
    if not word:
        return _of_digits(match["digits"], scale) + _ENDINGS.get(match["ending"], "th")
    value = "1" if word in ("a", "an") else _of_word(word)
    if scale == 1:
        return value
    rest = float(_of_word(match["rest"].casefold().replace(" ", "-")).removesuffix("th")) if match["rest"] else 0.0
    return f"{float(value.removesuffix('th')) * scale + rest:.12g}"


def _of_digits(digits: str, scale: float) -> str:
    """A number in digits in one notation; dates and versions stay as they are.

    >>> _of_digits("2,500", 1), _of_digits("47.0", 1), _of_digits("1.2", 1e6), _of_digits("24.7.2005", 1)
    ('2500', '47', '1200000', '24.7.2005')
    """
    plain = re.sub(r",(?=\d{3})", "", digits).rstrip(".,")
    if plain.count(".") > 1 or "," in plain:
        return plain
    return f"{float(plain) * scale:.12g}"


def _of_word(word: str) -> str:
    """The value of a number word, as `_of_digits` would write it.

    >>> _of_word("forty-seven"), _of_word("thirty"), _of_word("twenty-first")
    ('47', '30', '21th')
    """
    tens, _, rest = word.rpartition("-")
    base = _CARDINALS.get(tens, 0)
    if rest in _ORDINAL_VALUES:
        return f"{base + _ORDINAL_VALUES[rest]}th"
    return str(base + _CARDINALS[rest])

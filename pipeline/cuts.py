"""What may be left out of a sentence so that the rest stays true (docs/log.md: how often each kind of cut did harm)."""

import re
from dataclasses import dataclass
from itertools import islice, pairwise

from pipeline.evidence import FUNCTION_WORDS, MOST_WORDS, Sentence, stem
from pipeline.figures import NEGATIONS, OPENERS, is_weighty, stems_of
from pipeline.names import WORD
from pipeline.quantities import MONTHS, quantities

# Joining words that may be left out at the start: any, or only before a comma ("So far this year" is another matter).
_JOINING = frozenset("but and".split())
_JOINING_BEFORE_COMMA = frozenset("however also meanwhile so yet then now".split())
# Words whose loss leaves a claim without its claimant.
_CLAIMING = (
    "say tell show claim report believe accord announce reveal add call describe state argue warn insist admit explain "
    "think thought estimate suggest find hear rule conclude allege understand understood fear predict forecast write "
    "learn recall complain agree view opinion confirm"
)
# Words that bound what the rest says, or take it back.
_TURNING = (
    "if unless until except provided but although though despite only exclude adjust subject pending allegedly "
    "apparently appear repeal quash overturn clear acquit suspend scrap reverse reduce aged rather instead oppose "
    "theory principle paper average"
)
# Words that make of a thing another one: attempted murder is no murder.
_ALTERING = (
    "attempted late assistant caretaker interim opposition ousted deposed outgoing replica fake hoax toy mock bogus "
    "draft disputed unconfirmed provisional estranged retired convicted styled junior youth reserve indoor doubles "
    "singles mixed amateur passive core net gross operating underlying virtual apparent"
)
_ALTERING_START = re.compile("(?:anti|non|ex|self|pre|post|under|so)-")
# What a sentence may open with whose main part comes behind a stop.
_SUBORDINATING = frozenset("when while after before until since because although though if unless as once".split())
# A part that opens with one of these says something of what stands before it.
_HANGING = frozenset("a an the who whom whose which where".split())
_DETERMINERS = frozenset("a an the its his her their our my your this that these those".split())
# Words that belong to a verb or a number, and never describe a noun; and such as look like adverbs and are none.
_PARTICLES = frozenset("nor down away back".split())
_NO_ADVERBS = frozenset("family deadly daily weekly monthly yearly elderly friendly costly".split())
# What introduces a name and can be missed behind "in" or "by": the town of Harrow, her son Luke.
_INTRODUCTION = re.compile(r" (?:the|its|his|her|their|a|an) (?:[a-z-]+ ){1,3}")
_PLURALS = frozenset("men women children people feet teeth mice".split())
# Of these the describing words say which: pregnant women.
_PEOPLE = frozenset(
    "men women people children patients workers adults drivers smokers voters students pupils babies families "
    "users".split()
)
# What can be missed wherever it stands.
_BRACKET = r"(?<=\s)\((?!not|but|except|only|if)[^()]*\)"
_AGE = r"(?<=, )\d{1,3}(?=,)"
_HOUR = r"(?:at (?:about |around )?)?(?:\d{1,2}:\d\d(?: [A-Z]{3})?|\d{1,2}(?:[:.]\d\d)? ?[ap]m)"
_WEEKDAY = r"(?:on )?(?:late |early |last )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIME_OF_DAY = "(?: morning| afternoon| evening| night)?"
_DATE = rf"on (?:\d{{1,2}} (?:{MONTHS})|(?:{MONTHS}) \d{{1,2}})"
_LATELY = "last week|last month|earlier this week|earlier this month|yesterday|today|tonight"
_WHEN = rf"(?:{_HOUR}|{_WEEKDAY}{_TIME_OF_DAY}|{_DATE}|{_LATELY})(?!\w)"
_ASIDES = re.compile(rf"(?:[\s,]*(?:{_BRACKET}|{_AGE}|also(?!\w)|{_WHEN}))+[\s,.]*")
_PART_END = re.compile(r"[,;()–—]|--|(?<=\s)-")
_CAPITALISED_BEFORE = re.compile(r"(?<![\w.-])[A-Z][\w.-]* $")
# Between these a time is one of two.
_PAIRING = frozenset("and or to until by from since between".split())


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence of an article, and where its words and parts stand."""

    sentence: Sentence
    spans: tuple[tuple[int, int], ...]  # of each word, in characters
    part_ends: frozenset[int]  # the words behind which a part of it ends: before a comma, a bracket or a dash

    @classmethod
    def of(cls, text: str) -> "Source":
        """The sentence that a text is."""
        matches = list(islice(WORD.finditer(text), MOST_WORDS))
        ends = (at for at, (one, two) in enumerate(pairwise(matches)) if _PART_END.search(text, one.end(), two.start()))
        return cls(Sentence.of(text), tuple(match.span() for match in matches), frozenset(ends))

    def word(self, at: int) -> str:
        """A word as it is written; none behind the last."""
        return self.sentence.text[slice(*self.spans[at])] if at < len(self.spans) else ""

    def between(self, one: int, two: int) -> str:
        """What stands behind a word and before another; all the rest if that is none."""
        end = self.spans[two][0] if two < len(self.spans) else None
        return self.sentence.text[self.spans[one][1] : end]


def joining_words(source: Source) -> int:
    """How many words at the start of a sentence only join it to the one before."""
    words, stops = source.sentence.words, source.sentence.stops
    count = 0
    while count < len(words) - 1 and (
        (words[count] in _JOINING and words[count + 1] != "for")
        or (words[count] in _JOINING_BEFORE_COMMA and count in stops)
    ):
        count += 1
    return count


def may_go(source: Source, start: int, end: int) -> bool:
    """Whether words in the middle of a sentence may be left out: an aside, a part of it, or what describes a noun."""
    before, left_out, after = source.word(start - 1), source.between(start - 1, end), source.word(end)
    if _turns(source.sentence, start, end):
        return False
    if is_aside(before, left_out, after):
        return True
    if _is_numbers(source.sentence, start, end) or is_of_a_name(before, left_out, after):
        return False
    if {start - 1, end - 1} <= source.part_ends:
        is_short_name = end - start <= 2 and all(
            source.word(at)[0].isupper() for at in range(start, end)
        )  # Paris, Texas
        return source.sentence.words[end] not in _HANGING and not is_short_name
    return _describes(source, start, end) or _introduces(source, start, end)


def may_end(source: Source, start: int) -> bool:
    """Whether a sentence may end before a word: at a stop, behind which comes one part only, not the main one."""
    words, last = source.sentence.words, len(source.sentence.words)
    if _turns(source.sentence, start, last):
        return False
    if is_aside(source.word(start - 1), source.between(start - 1, last), ""):
        return True
    one_part = start - 1 in source.part_ends and not source.sentence.stops & set(range(start, last - 1))
    opening = words[joining_words(source)]
    if not one_part or opening in _SUBORDINATING:
        return False
    if opening in OPENERS and min(source.part_ends) == start - 1:  # the main part is yet to come
        return False
    goes_on = is_inflected(words[start]) and not words[start].endswith("ing")
    lists = words[start] not in OPENERS and not {"and", "or"}.isdisjoint(words[start:])
    return not (goes_on or lists)


def is_aside(before: str, left_out: str, after: str) -> bool:
    """Whether what was left out between two words is brackets, ages, "also", or a day or hour of these days.

    >>> [is_aside("paid", text, "in") for text in (" (£3m) ", " on Friday, ", " at 19:30 BST ", " by Friday ")]
    [True, True, True, False]
    >>> is_aside("Lee", ", 41, also ", "won"), is_aside("the", " Sunday ", "Times"), is_aside("on", " Friday ", "or")
    (True, False, False)
    """
    if not _ASIDES.fullmatch(left_out):
        return False
    if not re.search(rf"{_WHEN}|{_AGE}", left_out):
        return True
    is_alone = {before.casefold(), after.casefold()}.isdisjoint(_PAIRING)
    is_of_numbers = before[0].isdigit() or after[:1].isdigit()
    return is_alone and not (is_of_numbers or is_of_a_name(before, left_out, after))


def is_of_a_name(before: str, left_out: str, after: str) -> bool:
    """Whether what was left out between two words is part of a name with one of them, or owns what follows.

    >>> is_of_a_name("Sheffield", " Wednesday ", "won"), is_of_a_name("a", " Parliamentary ", "Labour")
    (True, True)
    >>> is_of_a_name("The", " Dunmore ", "locals"), is_of_a_name("a", " tycoon ", "Dow")
    (False, False)
    >>> is_of_a_name("a", " boy's ", "hat")
    True
    """
    if before[0].isupper() and before.casefold() not in FUNCTION_WORDS and re.match(r" [A-Z]", left_out):
        return True
    if after[:1].isupper() and _CAPITALISED_BEFORE.search(left_out):
        return True
    return re.search(r"\w['’]s? $", left_out) is not None


def _describes(source: Source, start: int, end: int) -> bool:
    """Whether words describe a noun behind them, "the tall harbour master", and are not what makes it what it is."""
    inside, after = source.sentence.words[start:end], source.sentence.words[end]
    loose = not source.sentence.stops & set(range(start - 1, end)) and inside[0] not in OPENERS
    noun = after not in FUNCTION_WORDS | OPENERS and not is_inflected(after) and not any(quantities(after))
    return (
        loose
        and noun
        and not any(_is_bound(source.word(at)) for at in range(start, end))
        and not _changes_noun(source, start, end)
        and not _says_which(source, start, end)
    )


def _changes_noun(source: Source, start: int, end: int) -> bool:
    """Whether words make of a noun behind them another thing, or are a name, a rank or a number, or behind such."""
    alters = any(
        stem(word) in stems_of(_ALTERING) or _ALTERING_START.match(word) for word in source.sentence.words[start:end]
    )
    is_name = end - start > 1 and source.word(end - 1)[0].isupper()
    return alters or is_name or is_weighty(source.sentence, start - 1, end)


def _says_which(source: Source, start: int, end: int) -> bool:
    """Whether words say which of many are meant, "on pregnant women": without an article, owner or name beside them."""
    words = source.sentence.words
    nearest = range(max(0, start - 2), start)
    determined = any(words[at] in _DETERMINERS or re.search(r"['’]s?$", source.word(at)) for at in nearest)
    is_title = source.word(end)[0].isupper() and source.word(end - 1)[0].islower()
    if determined or is_title:
        return False
    return words[start - 1] in OPENERS or words[end] in _PEOPLE or any(map(is_inflected, words[start:end]))


def _introduces(source: Source, start: int, end: int) -> bool:
    """Whether words introduce a name behind them, and a preposition stands before them that can do without."""
    words = source.sentence.words
    inside = words[start + 1 : end - (words[end - 1] == "of")]
    return (
        words[start - 1] in OPENERS
        and source.word(end)[0].isupper()
        and _INTRODUCTION.fullmatch(source.between(start - 1, end)) is not None
        and bool(inside)
        and OPENERS.isdisjoint(inside)
        and not is_weighty(source.sentence, start, end)
    )


def _is_bound(word: str) -> bool:
    """Whether a word belongs to what stands around it: an article, a preposition, an adverb."""
    if word in ("US", "UK"):
        return False
    bare = word.casefold()
    return bare in FUNCTION_WORDS | _PARTICLES or (bare.endswith("ly") and bare not in _NO_ADVERBS)


def is_inflected(word: str) -> bool:
    """Whether a word is a form of another one, and no plural or small word: gave, died, but not agents.

    >>> [is_inflected(word) for word in ("gave", "died", "agents", "people", "an", "ahmed")]
    [True, True, False, False, False, False]
    """
    import simplemma

    if not word or word.endswith("s") or word in FUNCTION_WORDS | _PLURALS:
        return False
    return simplemma.lemmatize(word, lang="en").casefold() != word


def _turns(source: Sentence, start: int, end: int) -> bool:
    """Whether words turn what the rest says, bound it or tell whose claim it is."""
    turning = stems_of(f"{_TURNING} {_CLAIMING} {NEGATIONS}")
    negated = any(word.endswith("n't") for word in source.words[start:end])
    return negated or not turning.isdisjoint(source.stems[start:end])


def _is_numbers(source: Sentence, start: int, end: int) -> bool:
    """Whether words are a score or a list of numbers and no more."""
    return not any(any(map(str.isalpha, word)) and word != "and" for word in source.words[start:end])

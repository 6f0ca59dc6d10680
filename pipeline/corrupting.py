"""False sentences made from true ones, each wrong in one known way: what the grounding model learns from."""

import random
import re
from collections.abc import Callable, Iterator, Sequence

from pipeline.names import Names, names, plain
from pipeline.quantities import Quantities, quantities
from pipeline.sentences import split_sentences

_OPPOSITES = [
    "rise fall", "rises falls", "rose fell", "risen fallen", "up down", "higher lower", "more fewer", "more less",
    "increase decrease", "increased decreased", "gain loss", "gained lost", "win lose", "won lost", "wins loses",
    "first last", "best worst", "largest smallest", "biggest smallest", "above below", "over under", "before after",
    "accept reject", "accepted rejected", "backed opposed", "support oppose", "agreed refused", "allow ban",
    "confirmed denied", "buy sell", "bought sold", "open close", "opened closed", "start end", "started ended",
    "young old", "new old", "early late", "good bad", "strong weak", "stronger weaker", "better worse", "most least",
    "increase cut", "boost hit", "hope fear", "praised criticised", "joined left", "beat lost to", "past future",
]  # fmt: skip
OPPOSITES = {one: two for pair in _OPPOSITES for one, two in (pair.split(" ", 1), pair.split(" ", 1)[::-1])}
_AUXILIARIES = "is are was were has have had will would could should may can must".split()
_HEDGES = re.compile(
    r"\b(?:may|might|could|is expected to|are expected to|is likely to|are likely to|plans? to|hopes? to|"
    r"is set to|are set to|is due to|has proposed to|wants? to|aims? to|allegedly|reportedly|almost|nearly)\b ?"
)
_JOINTS = re.compile(r",? (?:after|and|but|as|because|while|although|who|which|when|with|despite|following) |, ")

Corruption = Callable[[str, str, str, random.Random], str | None]


def another_name(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """One name of the sentence becomes another one of the same article.

    >>> another_name("Mr Blair met Mr Brown.", "Mr Blair met Mr Brown. Mr Hague left.", "", random.Random(0))
    'Mr Blair met Mr Hague.'
    """
    return _replace_name(sentence, _names_of(article), rng)


def foreign_name(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """One name of the sentence becomes one that only another article has."""
    known = Names(article)
    return _replace_name(sentence, [name for name in _names_of(other) if known.lacking([name])], rng)


def _names_of(article: str) -> list[str]:
    return sorted({name for sentence in split_sentences(article) for name in names(sentence)})


def _replace_name(sentence: str, choices: Sequence[str], rng: random.Random) -> str | None:
    inside = sorted(set(names(sentence)))
    held = {plain(name) for name in inside}
    choices = [name for name in choices if plain(name) not in held]
    if not inside or not choices:
        return None
    old, new = rng.choice(inside), rng.choice(choices)
    return re.sub(rf"\b{re.escape(old)}\b", lambda _: new, sentence, count=1)


def swapped_names(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """Two names of the sentence change places: who did what to whom.

    >>> swapped_names("Arsenal beat Chelsea.", "", "", random.Random(0))
    'Chelsea beat Arsenal.'
    """
    spans = [match for match in re.finditer(r"[A-Z][\w'’.-]*(?: [A-Z][\w'’-]*)*", sentence) if len(match.group()) > 2]
    if len(spans) < 2:
        return None
    one, two = sorted(rng.sample(spans, 2), key=lambda match: match.start())
    if plain(one.group()) == plain(two.group()):
        return None
    end = "." if two.group().endswith(".") else ""
    parts = sentence[: one.start()], sentence[one.end() : two.start()], sentence[two.end() :]
    return f"{parts[0]}{two.group().rstrip('.')}{parts[1]}{one.group().rstrip('.')}{end}{parts[2]}"


def another_number(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """A number of the sentence becomes another one of the same article, with the same unit where there is one."""
    inside = list(quantities(sentence))
    if not inside:
        return None
    old = rng.choice(inside)
    choices = sorted({q.span for q in quantities(article) if q.unit == old.unit and q.value != old.value})
    return sentence.replace(old.span, rng.choice(choices), 1) if choices else None


def foreign_number(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """A number of the sentence becomes one that the article lacks."""
    inside = [q.span for q in quantities(sentence) if q.span[-1].isdigit()]
    if not inside:
        return None
    old = rng.choice(inside)
    at = rng.choice([position for position, char in enumerate(old) if char.isdigit()])
    made = sentence.replace(old, old[:at] + rng.choice([d for d in "123456789" if d != old[at]]) + old[at + 1 :], 1)
    known = Quantities(article)
    return made if any(not known.carry(quantity) for quantity in quantities(made)) else None


def negated(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """The sentence says that it is not so, or that it is.

    >>> negated("The bank will raise rates.", "", "", random.Random(0))
    'The bank will not raise rates.'
    """
    if re.search(r"\bnot ", sentence):
        return re.sub(r"\bnot ", "", sentence, count=1)
    found = list(re.finditer(rf"\b(?:{'|'.join(_AUXILIARIES)})\b", sentence))
    if not found:
        return None
    at = rng.choice(found).end()
    return f"{sentence[:at]} not{sentence[at:]}"


def turned(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """A word of direction, rank or decision becomes its opposite."""
    found = [match for match in re.finditer(r"\b[a-z]+\b", sentence) if match.group() in OPPOSITES]
    if not found:
        return None
    match = rng.choice(found)
    return sentence[: match.start()] + OPPOSITES[match.group()] + sentence[match.end() :]


def asserted(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """A plan, possibility or claim is told as a fact."""
    found = list(_HEDGES.finditer(sentence))
    if not found:
        return None
    match = rng.choice(found)
    return sentence[: match.start()] + ("will " if match.group().endswith(" to ") else "") + sentence[match.end() :]


def joined(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """The beginning of the sentence goes on as another sentence of the article does."""
    return _join(sentence, split_sentences(article), rng)


def joined_foreign(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """The beginning of the sentence goes on as a sentence of another article does."""
    return _join(sentence, split_sentences(other), rng)


def _join(sentence: str, others: Sequence[str], rng: random.Random) -> str | None:
    heads = [match for match in _JOINTS.finditer(sentence) if match.start() > 15]
    if not heads:
        return None
    head = rng.choice(heads)
    tails = [
        text[match.start() :]
        for text in others
        for match in _JOINTS.finditer(text)
        if 15 < len(text) - match.end() < 120 and text[match.end() :] not in sentence
    ]
    return sentence[: head.start()] + rng.choice(tails) if tails else None


def foreign(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """A sentence of another article."""
    choices = split_sentences(other)
    return rng.choice(choices) if choices else None


def another_word(sentence: str, article: str, other: str, rng: random.Random) -> str | None:
    """A long word of the sentence becomes one of the same ending from elsewhere in the article."""
    inside = list(re.finditer(r"\b[a-z]{5,}\b", sentence))
    if not inside:
        return None
    match = rng.choice(inside)
    ending = match.group()[-2:]
    choices = sorted({w for w in re.findall(r"\b[a-z]{5,}\b", article) if w.endswith(ending) and w not in sentence})
    return sentence[: match.start()] + rng.choice(choices) + sentence[match.end() :] if choices else None


# The kinds that bring in what the article does not have; the others turn round what it has.
FOREIGN = ("foreign", "foreign_name", "foreign_number", "joined_foreign")
CORRUPTIONS: dict[str, Corruption] = {
    kind.__name__: kind
    for kind in (
        another_name, foreign_name, swapped_names, another_number, foreign_number, negated, turned, asserted, joined,
        joined_foreign, foreign, another_word,
    )
}  # fmt: skip


def corruptions(sentence: str, article: str, other: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Every (kind, false sentence) that can be made of a true sentence; `other` is another article."""
    for kind, corrupt in CORRUPTIONS.items():
        made = corrupt(sentence, article, other, rng)
        if made and made != sentence:
            yield kind, made

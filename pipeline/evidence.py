"""An article, laid out so that sentences about it can be compared with it quickly."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any

from pipeline.names import WORD, Names, name_runs, plain, words
from pipeline.quantities import Quantities, quantities
from pipeline.sentences import split_sentences

# Words that carry grammar, not facts.
FUNCTION_WORDS = frozenset(
    "a an the of to in on at for from by with and or but as is are was were be been being am has have had having do "
    "does did doing its it his he him her she it's they them their theirs this that these those who whom which what "
    "when where there then than so also i we you our us your my me one some any such other each both into onto over "
    "about up out off s t if while whether during between per via very just only more most much many".split()
)
_QUOTATION = re.compile(r"[\"“]([^\"”“]+)[\"”]|(?<!\w)['‘]([^'’‘]*[^\s'’‘])['’](?!\w)")
# So that time and memory are bounded: of a longer sentence the first words are compared, of a longer article the first
# characters are laid out, some thirty thousand words.
MOST_WORDS = 200
MOST_CHARACTERS = 200_000


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """What the forms of a word have in common, from its lemma on: sank, sinks, sinking.

    >>> [stem(word) for word in ("sank", "announcement", "announces", "children's")]
    ['sink', 'announc', 'announc', 'child']
    """
    import simplemma

    bare = plain(word)
    return str(_stemmer().stemWord(simplemma.lemmatize(bare, lang="en").casefold())) if bare else ""


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    from snowballstemmer import stemmer

    return stemmer("english")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as its words, their stems, and the stems that carry content, each in order."""

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    content: tuple[str, ...]
    stops: frozenset[int]  # the words behind which something else than a space stands, and the last one

    @classmethod
    def of(cls, text: str) -> "Sentence":
        """The sentence that a text is.

        >>> sentence = Sentence.of("The ferry, it said, sank.")
        >>> sentence.content, sorted(sentence.stops)
        (('ferri', 'say', 'sink'), [1, 3, 4])
        """
        matches = list(islice(WORD.finditer(text), MOST_WORDS))
        found = tuple(plain(match.group()) for match in matches)
        stems = tuple(map(stem, found))
        content = tuple(s for word, s in zip(found, stems, strict=True) if word not in FUNCTION_WORDS and len(s) > 1)
        stops = {at for at, (one, two) in enumerate(pairwise(matches)) if text[one.end() : two.start()].strip()}
        return cls(text, found, stems, content, frozenset([*stops, len(found) - 1]))


class Evidence:
    """What an article says, by sentence, by word, by name and by number."""

    def __init__(self, article: str, common: frozenset[str] = frozenset()) -> None:
        """`common` are words that are no names though they may be written large."""
        article = article[:MOST_CHARACTERS]
        self.text = " ".join(article.split())
        self.sentences = [Sentence.of(text) for text in split_sentences(article)]
        self.common = common
        self._names = Names(article, common)
        self._quantities = Quantities(article)
        self._quotable = f" {' '.join(word for sentence in self.sentences for word in sentence.words)} "
        self._stem_sets = [frozenset(sentence.stems) for sentence in self.sentences]
        self.stems = frozenset(s for sentence in self.sentences for s in sentence.stems)
        self.pairs = frozenset(pair for sentence in self.sentences for pair in pairwise(sentence.words))
        self.triples = frozenset(triple for sentence in self.sentences for triple in triples(sentence.words))
        # Where each stem stands: sentence, and its places in there
        self.places: dict[str, dict[int, list[int]]] = {}
        for number, sentence in enumerate(self.sentences):
            for position, s in enumerate(sentence.stems):
                self.places.setdefault(s, {}).setdefault(number, []).append(position)

    def unsupported_names(self, sentence: str) -> list[str]:
        """The names in a sentence that the article does not carry."""
        opening = words(sentence[:200])[:1]
        return [
            name
            for number, run in enumerate(name_runs(sentence, self.common))
            for name in self._names.lacking(run, opens=number == 0 and run[:1] == opening)
        ]

    def unsupported_numbers(self, sentence: str) -> list[str]:
        """The numbers in a sentence that the article does not carry."""
        return [number.span for number in quantities(sentence) if not self._quantities.carry(number)]

    def unsupported_quotations(self, sentence: str) -> list[str]:
        """What a sentence puts in quotation marks though the article has no such words in a row."""
        quoted = (match[1] or match[2] for match in _QUOTATION.finditer(sentence))
        return [text for text in quoted if f" {' '.join(map(plain, words(text)))} " not in self._quotable]

    def unsupported(self, sentence: str) -> tuple[str, ...]:
        """The names, numbers and quotations in a sentence that the article does not carry, in order, each once.

        >>> evidence = Evidence("Mr Blair, 51, spoke of a \\"new start\\".")
        >>> evidence.unsupported('Tony Blair, 52, spoke of "a new start" and a "fresh start".')
        ('Tony', '52', 'fresh start')
        """
        found = self.unsupported_names(sentence) + self.unsupported_numbers(sentence)
        return tuple(sorted(dict.fromkeys(found + self.unsupported_quotations(sentence)), key=sentence.find))

    def support(self, sentence: Sentence) -> list[int]:
        """The numbers of the one or two sentences of the article that together hold most of a sentence's content.

        The first holds most by itself; the second adds most of what it lacks.
        """
        wanted = frozenset(sentence.content)
        if not wanted or not self.sentences:
            return []
        held = [len(wanted & stems) for stems in self._stem_sets]
        first = max(range(len(held)), key=lambda number: (held[number], -number))
        if not held[first]:
            return []
        rest = wanted - self._stem_sets[first]
        added = [len(rest & stems) for stems in self._stem_sets]
        second = max(range(len(added)), key=lambda number: (added[number], -abs(number - first), -number))
        return [first, second] if added[second] else [first]

    def source(self, text: str, title: int = 0) -> int | None:
        """The number of the sentence that a sentence was made from, behind those of the title: it holds more of its
        content than any other does, and half of it at least; None if there is no such sentence."""
        wanted = frozenset(Sentence.of(text).content)
        held = {number: len(wanted & self._stem_sets[number]) for number in range(title, len(self.sentences))}
        best = max(held, key=lambda number: (held[number], -number), default=None)
        return best if best is not None and wanted and 2 * held[best] >= len(wanted) else None


def triples(items: Sequence[str]) -> list[tuple[str, str, str]]:
    """Every run of three.

    >>> triples("abcd")
    [('a', 'b', 'c'), ('b', 'c', 'd')]
    """
    return list(zip(items, items[1:], items[2:], strict=False))

"""The extractive summary: the article's own best sentences, in its order; and what makes a sentence one of the best."""

import math
from collections import Counter
from collections.abc import Sequence

from pipeline.evidence import Sentence
from pipeline.leaning import LEAST_WORDS, stands
from pipeline.names import words
from pipeline.records import Article
from pipeline.sentences import is_whole, split_sentences

# News puts first what matters: sentences further down are not looked at, so that time is bounded.
MOST_SENTENCES = 60
# How much standing first counts beside resembling the whole and the title, and what it costs to say again what is
# said. See docs/log.md.
FIRST, TITLE, REPEATED = 1.0, 0.5, 0.5


class Salience:
    """How much of what an article is about some sentences tell."""

    def __init__(self, article: Sequence[Sentence]) -> None:
        self._counts = Counter(stem for sentence in article for stem in sentence.content)
        self._length = math.sqrt(sum(count**2 for count in self._counts.values()))

    def of(self, sentences: Sequence[Sentence]) -> float:
        """The cosine between the content of the sentences and that of the article, 0-1.

        >>> sentence = Sentence.of("Fares rise.")
        >>> round(Salience([sentence, sentence]).of([sentence]), 2)
        1.0
        """
        counts = Counter(stem for sentence in sentences for stem in sentence.content)
        length = math.sqrt(sum(count**2 for count in counts.values())) * self._length
        return sum(count * self._counts[stem] for stem, count in counts.items()) / length if length else 0.0


def extract(article: Article, sentences: int, most_words: int) -> str | None:
    """The best whole sentences of an article, in its order, as many as asked for and fit; None if it has none.

    Best is what stands first, resembles the whole article and its title, and repeats nothing. A sentence that leans on
    the one before it comes only with that one.

    >>> extract(Article("Ferry fares", "Ferry fares will rise. So will tempers. It rained.", "en"), 1, 60)
    'Ferry fares will rise.'
    """
    texts = split_sentences(article.text[: 2000 * MOST_SENTENCES], article.language or "en")[:MOST_SENTENCES]
    found = [Sentence.of(text) for text in texts]
    whole, title = Salience(found), Sentence.of(article.title or "").content
    worth = [
        whole.of([sentence]) + TITLE * _share(title, frozenset(sentence.content)) + FIRST / (1 + number)
        for number, sentence in enumerate(found)
    ]
    is_known = article.language in (None, "en")  # what leans is told by English words
    chosen: list[int] = []
    while len(chosen) < sentences:
        left = most_words - sum(len(texts[number].split()) for number in chosen)
        fitting = [
            number
            for number, text in enumerate(texts)
            if number not in chosen and len(text.split()) <= left and is_whole(text)
        ]
        standing = [number for number in fitting if not is_known or _stands(texts, found, number, chosen)]
        if not chosen:
            standing = standing or fitting
        if not standing:
            break
        said = frozenset(stem for number in chosen for stem in found[number].content)
        chosen.append(max(standing, key=lambda number: worth[number] - REPEATED * _share(found[number].content, said)))
    return " ".join(texts[number] for number in sorted(chosen)) or None


def _stands(texts: Sequence[str], found: Sequence[Sentence], number: int, chosen: Sequence[int]) -> bool:
    before = frozenset(stem for other in chosen if other < number for stem in found[other].content)
    opens = not number and len(words(texts[number])) >= LEAST_WORDS  # a date, or a part of a split sentence, does not
    return stands(texts[number], opens or number - 1 in chosen, before)


def _share(stems: Sequence[str], among: frozenset[str]) -> float:
    wanted = frozenset(stems)
    return len(wanted & among) / len(wanted) if wanted else 0.0

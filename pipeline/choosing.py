"""Of several drafts of a summary the one to ship, cut down to what the article supports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.evidence import Sentence
from pipeline.extracting import Salience
from pipeline.grounding import Grounder, SentenceGrounding
from pipeline.leaning import stands
from pipeline.mending import mended
from pipeline.records import Article
from pipeline.sentences import is_closed, split_sentences
from pipeline.summary_settings import SummariseSettings

# A sentence with this share of its content in an earlier one says it again, as does one that holds this of an earlier.
REPEATED_SHARE = 0.7
HELD_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Choice:
    """What is left of a draft once it has been checked, and what was cut from it."""

    kept: tuple[SentenceGrounding, ...]
    mended: int  # sentences into which words of the article were put back
    lacking: tuple[str, ...]  # names, numbers and quotations of cut sentences that the article lacks
    doubtful: int  # sentences cut since the article hardly supports them
    leaning: int  # sentences cut since they cannot stand where they are
    restored: int  # sentences of the article that stand in for cut ones
    copied: bool  # whether each sentence stands in the article as it is

    @property
    def settles(self) -> bool:
        """Whether it is a summary in other words than the article's, so that no further draft is needed."""
        return bool(self.kept) and not self.copied

    @property
    def text(self) -> str:
        """The summary."""
        return " ".join(sentence.text for sentence in self.kept)


class Checker:
    """Drafts of one article, each checked once."""

    def __init__(self, article: Article, settings: SummariseSettings) -> None:
        self.settings = settings
        self.grounder = Grounder(article.whole)
        self.title_sentences = len(split_sentences(article.title or ""))
        self.salience = Salience(self.grounder.evidence.sentences)
        self._checked: dict[str, Choice] = {}

    def check(self, draft: str) -> Choice:
        """What is left of a draft."""
        if draft not in self._checked:
            self._checked[draft] = cut_down(self.grounder, draft, self.settings, self.title_sentences)
        return self._checked[draft]

    def best(self, drafts: Iterable[str]) -> Choice:
        """Of the checked drafts the one that tells most of the article, copies last; the first of equals."""
        return max((self.check(draft) for draft in dict.fromkeys(drafts)), key=self._worth)

    def _worth(self, choice: Choice) -> tuple[bool, float]:
        return not choice.copied, self.salience.of([Sentence.of(sentence.text) for sentence in choice.kept])


def cut_down(grounder: Grounder, draft: str, settings: SummariseSettings, title: int = 0) -> Choice:
    """A draft, mended, without what may not be said: sentences that

    1. are not whole, say again what an earlier one says, or are beyond the number or words asked for;
    2. hold a name, number or quotation that the article lacks;
    3. are supported less than `least_support`;
    4. open a quotation without its end, ask, or lean on a sentence that does not stand before them.

    `title` is the number of sentences in the article's title, behind which nothing has been said yet to lean on.
    For those of 2 to 4 the sentence of the article that they were made from stands in, if it can stand there.
    """
    evidence = grounder.evidence
    kept: list[SentenceGrounding] = []
    lacking: list[str] = []
    mends = doubtful = leaning = restored = 0
    last: int | None = title - 1  # the number of the article's sentence that the last one kept was made from
    for written in whole_sentences(draft, settings):
        number = evidence.source(written, title) if settings.style == "brief" else None
        original = "" if number is None else evidence.sentences[number].text
        text = mended(written, original) if original else written
        sentence = grounder.sentence(text)
        supported = not sentence.unsupported and sentence.score >= settings.least_support
        follows = number is not None and last is not None and number == last + 1
        if supported and _may_be_said(kept, text, follows, settings):
            kept.append(sentence)
            mends += text != written
            last = number
            continue
        if not supported:
            lacking += sentence.unsupported
            doubtful += not sentence.unsupported
        elif _stands(kept, text, follows, settings):
            continue  # it says again what is said, or is too long
        else:
            leaning += 1
        if original and _may_be_said(kept, original, follows, settings):
            kept.append(grounder.sentence(original))
            restored += 1
            last = number
    copied = all(sentence.text in evidence.text for sentence in kept)
    return Choice(tuple(kept), mends, tuple(lacking), doubtful, leaning, restored, copied)


def _may_be_said(kept: Sequence[SentenceGrounding], text: str, follows: bool, settings: SummariseSettings) -> bool:
    return _stands(kept, text, follows, settings) and fits(kept, text, settings)


def _stands(kept: Sequence[SentenceGrounding], text: str, follows: bool, settings: SummariseSettings) -> bool:
    said = frozenset(stem for sentence in kept for stem in Sentence.of(sentence.text).content)
    return settings.style == "headline" or stands(text, follows, said)


def whole_sentences(draft: str, settings: SummariseSettings) -> list[str]:
    """The sentences of a draft that end as such; a headline is one line, and has no full stop."""
    if settings.style == "headline":
        return [line.rstrip(".") for line in draft.split("\n")[:1] if line.strip()]
    return [text for text in split_sentences(draft, settings.language) if is_closed(text)][: settings.sentences]


def fits(kept: Sequence[SentenceGrounding], text: str, settings: SummariseSettings) -> bool:
    """Whether a sentence is new beside those kept, and within the words asked for."""
    said = [frozenset(Sentence.of(sentence.text).content) for sentence in kept]
    content = frozenset(Sentence.of(text).content)
    repeats = any(len(content & other) >= min(REPEATED_SHARE * len(content), HELD_SHARE * len(other)) for other in said)
    words = sum(len(sentence.text.split()) for sentence in kept) + len(text.split())
    return not repeats and words <= settings.most_words

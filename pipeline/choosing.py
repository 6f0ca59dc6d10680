"""Of several drafts of a summary the one to ship, cut down to what the article supports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.evidence import Sentence
from pipeline.extracting import Salience, leans
from pipeline.grounding import Grounder, SentenceGrounding
from pipeline.mending import mended
from pipeline.records import Article
from pipeline.sentences import is_closed, is_whole, split_sentences
from pipeline.summary_settings import SummariseSettings

# A sentence with this share of its content in an earlier one says it again.
REPEATED_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Choice:
    """What is left of a draft once it has been checked, and what was cut from it."""

    kept: tuple[SentenceGrounding, ...]
    mended: int  # sentences into which words of the article were put back
    lacking: tuple[str, ...]  # names, numbers and quotations of cut sentences that the article lacks
    doubtful: int  # sentences cut since the article hardly supports them
    leaning: int  # sentences cut since they lean on one that was cut
    restored: int  # sentences of the article that stand in for cut ones
    copied: bool  # whether each sentence stands in the article as it is

    @property
    def text(self) -> str:
        """The summary."""
        return " ".join(sentence.text for sentence in self.kept)


def choose(article: Article, drafts: Iterable[str], settings: SummariseSettings) -> Choice:
    """Of the checked drafts the one that tells most of the article, copies last; the first of equals."""
    grounder = Grounder(article.whole)
    salience = Salience(grounder.evidence.sentences)

    def worth(choice: Choice) -> tuple[bool, float]:
        return not choice.copied, salience.of([Sentence.of(sentence.text) for sentence in choice.kept])

    return max((cut_down(grounder, draft, settings) for draft in dict.fromkeys(drafts)), key=worth)


def cut_down(grounder: Grounder, draft: str, settings: SummariseSettings) -> Choice:
    """A draft, mended, without what may not be said: sentences that

    1. are not whole, say again what an earlier one says, or are beyond the number or words asked for;
    2. hold a name, number or quotation that the article lacks;
    3. are supported less than `least_support`, or open a quotation without its end;
    4. lean on a sentence that is not there.

    For those of 2 and 3 the sentence of the article that they were made from stands in, if it can stand alone.
    """
    kept: list[SentenceGrounding] = []
    lacking: list[str] = []
    mends = doubtful = leaning = restored = 0
    follows = False
    for written in whole_sentences(draft, settings):
        source = grounder.evidence.source(written) if settings.style == "brief" else None
        text = mended(written, source) if source else written
        sentence = grounder.sentence(text)
        supported = _passes(sentence, settings)
        stands = follows or not leans(text)
        leaning += supported and not stands
        follows = supported and stands and fits(kept, text, settings)
        if follows:
            kept.append(sentence)
            mends += text != written
        elif not supported:
            lacking += sentence.unsupported
            doubtful += not sentence.unsupported
            if source and is_whole(source) and not leans(source) and fits(kept, source, settings):
                kept.append(grounder.sentence(source))
                restored += 1
    copied = all(sentence.text in grounder.evidence.text for sentence in kept)
    return Choice(tuple(kept), mends, tuple(lacking), doubtful, leaning, restored, copied)


def _passes(sentence: SentenceGrounding, settings: SummariseSettings) -> bool:
    whole = settings.style == "headline" or is_whole(sentence.text)
    return whole and not sentence.unsupported and sentence.score >= settings.least_support


def whole_sentences(draft: str, settings: SummariseSettings) -> list[str]:
    """The sentences of a draft that end as such; a headline is one line, and has no full stop."""
    if settings.style == "headline":
        return [line.rstrip(".") for line in draft.split("\n")[:1] if line.strip()]
    return [text for text in split_sentences(draft, settings.language) if is_closed(text)][: settings.sentences]


def fits(kept: Sequence[SentenceGrounding], text: str, settings: SummariseSettings) -> bool:
    """Whether a sentence is new beside those kept, and within the words asked for."""
    said = [frozenset(Sentence.of(sentence.text).content) for sentence in kept]
    content = frozenset(Sentence.of(text).content)
    repeats = any(len(content & other) >= REPEATED_SHARE * len(content) for other in said)
    words = sum(len(sentence.text.split()) for sentence in kept) + len(text.split())
    return not repeats and words <= settings.most_words

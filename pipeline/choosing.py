"""Of several drafts of a summary the one to ship, cut down to what the article supports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.evidence import Sentence
from pipeline.extracting import Salience, leans
from pipeline.grounding import Grounder, SentenceGrounding
from pipeline.records import Article
from pipeline.sentences import is_closed, split_sentences
from pipeline.summary_settings import SummariseSettings

# A sentence with this share of its content in an earlier one says it again.
REPEATED_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Choice:
    """What is left of a draft once it has been checked, and what was cut from it."""

    kept: tuple[SentenceGrounding, ...]
    lacking: tuple[str, ...]  # names, numbers and quotations of cut sentences that the article lacks
    doubtful: int  # sentences cut since the article hardly supports them
    leaning: int  # sentences cut since they lean on one that was cut

    @property
    def text(self) -> str:
        """The summary."""
        return " ".join(sentence.text for sentence in self.kept)


def choose(article: Article, drafts: Iterable[str], settings: SummariseSettings) -> Choice:
    """The checked draft that tells most of the article for how well it is supported; the first of equals."""
    grounder = Grounder(article.whole)
    salience = Salience(grounder.evidence.sentences)
    choices = [cut_down(grounder, draft, settings) for draft in dict.fromkeys(drafts)]
    return max(choices, key=lambda choice: _worth(choice, salience))


def _worth(choice: Choice, salience: Salience) -> float:
    told = salience.of([Sentence.of(sentence.text) for sentence in choice.kept])
    return told * min((sentence.score for sentence in choice.kept), default=0.0)


def cut_down(grounder: Grounder, draft: str, settings: SummariseSettings) -> Choice:
    """A draft without what may not be said: sentences that

    1. are not whole, say again what an earlier one says, or are beyond the number or words asked for;
    2. hold a name, number or quotation that the article lacks;
    3. are supported less than `least_support`;
    4. lean on a sentence that was cut.
    """
    kept: list[SentenceGrounding] = []
    lacking: list[str] = []
    doubtful = leaning = 0
    follows = False
    for text in whole_sentences(draft, settings):
        sentence = grounder.sentence(text)
        supported = not sentence.unsupported and sentence.score >= settings.least_support
        if not supported:
            lacking += sentence.unsupported
            doubtful += not sentence.unsupported
        stands = follows or not leans(text)
        leaning += supported and not stands
        follows = supported and stands and fits(kept, text, settings)
        if follows:
            kept.append(sentence)
    return Choice(tuple(kept), tuple(lacking), doubtful, leaning)


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

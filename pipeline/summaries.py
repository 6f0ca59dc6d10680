"""The summary of an article: generate, check, choose; and where nothing passes, the article's own sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.choosing import Choice, choose, whole_sentences
from pipeline.extracting import extract
from pipeline.grounding import unsupported_spans
from pipeline.prompting import Prompts
from pipeline.records import Article
from pipeline.summary_settings import Wanted, saved_settings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary, how it came about, and what is to be said about it."""

    text: str | None
    method: Literal["abstractive", "extractive"] | None  # extractive: each sentence stands in the article
    draft: str | None
    unsupported: tuple[str, ...]
    notes: tuple[str, ...]


class Summariser:
    """A pretrained model with its tokenizer and settings, loaded from a converted folder."""

    def __init__(self, folder: Path, wanted: Wanted | None = None) -> None:
        from transformers import AutoTokenizer

        from pipeline.generation import TorchEngine

        self.settings = (wanted or Wanted()).applied(saved_settings(folder))
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        settings = self.settings
        self.engine = TorchEngine(
            folder, settings.prompt_tokens, settings.write_tokens, settings.candidates, settings.temperature
        )
        self.prompts = Prompts(self.tokenizer, not self.engine.model.config.is_encoder_decoder, settings)

    def summarise(self, articles: Sequence[Article], guard: bool = True) -> list[Summary]:
        """A summary for each article; with `guard`, only sentences that the article supports.

        1. articles that are too short get none, those in another language their own best sentences;
        2. the model is shown the title and as many whole sentences as fit its budget, and writes several drafts;
        3. in each, sentences that fail the check give way to those of the article that they come from, or are cut;
           of what is left the draft that tells most is chosen;
        4. where nothing is left, the article's own best sentences stand in.
        """
        results: list[Summary | None] = [self._without_model(article) for article in articles]
        asked = [position for position, result in enumerate(results) if result is None]
        prompts = [self.prompts.prompt(articles[position]) for position in asked]
        written = self.engine.generate([ids for ids, _ in prompts])
        for position, candidates, (_, notes) in zip(asked, written, prompts, strict=True):
            drafts = [_tidy(str(self.tokenizer.decode(ids, skip_special_tokens=True))) for ids in candidates]
            make = self._checked if guard else self._unchecked
            results[position] = make(articles[position], drafts, notes)
        return [result for result in results if result is not None]

    def _without_model(self, article: Article) -> Summary | None:
        words = len(article.text.split())
        if words < self.settings.least_words:
            note = f"no summary: the article has {words} words, fewer than {self.settings.least_words}"
            return Summary(None, None, None, (), (note,))
        if article.language not in (None, self.settings.language):
            note = f"the article is in '{article.language}', the summariser writes '{self.settings.language}'"
            return self._extractive(article, None, (f"{note}: its own sentences stand in",))
        return None

    def _unchecked(self, article: Article, drafts: Sequence[str], notes: tuple[str, ...]) -> Summary:
        """The greedy draft, with what the article does not carry listed."""
        text = " ".join(whole_sentences(drafts[0], self.settings))
        if not text:
            return self._extractive(article, drafts[0], notes)
        return Summary(text, "abstractive", drafts[0], unsupported_spans(article.whole, text), notes)

    def _checked(self, article: Article, drafts: Sequence[str], notes: tuple[str, ...]) -> Summary:
        choice = choose(article, drafts, self.settings)
        notes += _cuts(choice)
        if not choice.kept:
            return self._extractive(article, drafts[0], notes)
        return Summary(choice.text, "extractive" if choice.copied else "abstractive", drafts[0], (), notes)

    def _extractive(self, article: Article, draft: str | None, notes: tuple[str, ...]) -> Summary:
        if self.settings.style == "headline":
            return Summary(article.title, "extractive" if article.title else None, draft, (), notes)
        text = extract(article, self.settings.sentences, self.settings.most_words)
        return Summary(text, "extractive" if text else None, draft, (), notes)


def _tidy(text: str) -> str:
    """Lines without spaces to spare, and no empty ones."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _cuts(choice: Choice) -> tuple[str, ...]:
    """What is to be said of the sentences that were mended in the chosen draft, or cut from it."""
    said = []
    if choice.mended:
        said.append(f"sentences into which words of the article were put back: {choice.mended}")
    if choice.lacking:
        said.append(f"sentences left out, since the article lacks: {', '.join(choice.lacking)}")
    if choice.doubtful:
        said.append(f"sentences left out, since the article hardly supports them: {choice.doubtful}")
    if choice.leaning:
        said.append(f"sentences left out, since they cannot stand there alone: {choice.leaning}")
    if choice.restored:
        said.append(f"sentences of the article in their place: {choice.restored}")
    return tuple(said)

"""The summary of an article: what the model is shown, what it writes, and what of that is let through."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from pipeline.cards import read_card
from pipeline.grounding import unsupported_spans
from pipeline.records import Article, ModelError
from pipeline.sentences import is_closed, split_sentences
from pipeline.summary_settings import SummariseSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What fits a token budget is looked for in this many characters a token; English news has four to five.
CHARACTERS_PER_TOKEN = 12


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary, how it came about, and what is to be said about it."""

    text: str | None
    method: Literal["abstractive", "extractive"] | None
    draft: str | None
    unsupported: tuple[str, ...]
    notes: tuple[str, ...]


class Summariser:
    """A pretrained model with its tokenizer and settings, loaded from a converted folder."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer

        from pipeline.generation import TorchEngine

        card = read_card(folder, "summariser", "convert", needs=("settings",))
        try:
            self.settings = SummariseSettings.model_validate(card["settings"])
        except ValidationError as error:
            raise ModelError(f"{folder} has settings of another version ({error}): run `dvc repro convert`") from error
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        self.engine = TorchEngine(folder, self.settings.prompt_tokens, self.settings.write_tokens)
        self.causal = not self.engine.model.config.is_encoder_decoder
        self._wrapper_tokens = len(self._wrap(""))
        if self._wrapper_tokens >= self.settings.prompt_tokens:
            raise ModelError(
                f"{folder}: summarise.prompt_tokens is {self.settings.prompt_tokens}, of which the instruction alone "
                f"takes {self._wrapper_tokens}: raise it in params.yaml and run `dvc repro convert`"
            )

    def summarise(self, articles: Sequence[Article], guard: bool = True) -> list[Summary]:
        """A summary for each article; with `guard`, only sentences whose names and numbers the article carries.

        1. articles that are too short get none, those in another language their own first sentences;
        2. the model is shown the title and as many whole sentences as fit its budget;
        3. of what it writes, whole sentences are kept, none twice, none with an unsupported name or number;
        4. where none is left, the summary is extractive: the article's own first sentences.
        """
        results: list[Summary | None] = [self._without_model(article) for article in articles]
        asked = [position for position, result in enumerate(results) if result is None]
        prompts = [self._prompt(articles[position]) for position in asked]
        written = self.engine.generate([ids for ids, _ in prompts])
        for position, ids, (_, notes) in zip(asked, written, prompts, strict=True):
            draft = " ".join(str(self.tokenizer.decode(ids, skip_special_tokens=True)).split())
            results[position] = self._judge(articles[position], draft, notes, guard)
        return [result for result in results if result is not None]

    def _without_model(self, article: Article) -> Summary | None:
        words = len(article.text.split())
        if words < self.settings.least_words:
            note = f"no summary: the article has {words} words, fewer than {self.settings.least_words}"
            return Summary(None, None, None, (), (note,))
        if article.language not in (None, self.settings.language):
            note = f"the article is in '{article.language}', the summariser writes '{self.settings.language}'"
            text = extract(article, self.settings.sentences)
            return Summary(text, "extractive", None, (), (f"{note}: its own first sentences stand in",))
        return None

    def _prompt(self, article: Article) -> tuple[list[int], tuple[str, ...]]:
        """Token ids of at most `prompt_tokens`, and a note where the article was cut."""
        budget = self.settings.prompt_tokens - self._wrapper_tokens
        text = article.whole[: budget * CHARACTERS_PER_TOKEN]
        shown, used = "", 0
        for sentence in _with_ends(text, article.language or "en"):
            tokens = len(self._tokens(sentence))
            if used + tokens > budget:
                break
            shown, used = shown + sentence, used + tokens
        # Whole sentences, unless one is so long that most of the budget would be left
        body = shown.strip() if 2 * used >= budget or len(shown) >= len(text) else self._first_tokens(text, budget)
        ids = self._wrap(body)
        while len(ids) > self.settings.prompt_tokens:  # where two pieces meet they can take another token
            body = body[: -(len(body) // 50 + 1)]
            ids = self._wrap(body)
        words, read = len(article.whole.split()), len(body.split())
        notes = (f"the summary rests on the first {read:,} of {words:,} words",) if read < words else ()
        return ids, notes

    def _first_tokens(self, text: str, budget: int) -> str:
        return str(self.tokenizer.decode(self._tokens(text)[:budget]))

    def _tokens(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return ids

    def _wrap(self, body: str) -> list[int]:
        """The model's own form of a request for a summary; control tokens in the article stay text."""
        settings, tokenizer = self.settings, self.tokenizer
        if not self.causal:
            ids: list[int] = tokenizer(settings.prefix + body, split_special_tokens=True)["input_ids"]
            return ids
        request = f"{body}\n\n{settings.instruction}"
        if tokenizer.chat_template is None:
            plain: list[int] = tokenizer(f"{request}\n", split_special_tokens=True)["input_ids"]
            return plain
        messages = [{"role": "user", "content": request}]
        if settings.system:
            messages.insert(0, {"role": "system", "content": settings.system})
        chat: Any = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, sanitize_control_tokens=True, return_dict=False
        )
        return list(chat)

    def _judge(self, article: Article, draft: str, notes: tuple[str, ...], guard: bool) -> Summary:
        """What of a draft is let through, and what takes its place if nothing is."""
        kept: list[str] = []
        refused: list[str] = []
        for sentence in split_sentences(draft, self.settings.language)[: self.settings.sentences]:
            if not is_closed(sentence) or sentence in kept:
                continue
            spans = unsupported_spans(article.whole, sentence)
            if spans and guard:
                refused += spans
            else:
                kept.append(sentence)
        if refused:
            notes += (f"sentences of the draft left out, since the article lacks: {', '.join(refused)}",)
        text = " ".join(kept)
        if text:
            return Summary(text, "abstractive", draft, unsupported_spans(article.whole, text), notes)
        return Summary(extract(article, self.settings.sentences), "extractive", draft, (), notes)


def extract(article: Article, sentences: int) -> str | None:
    """The first whole sentences of an article, as many as asked for: the lead baseline of news summarisation.

    >>> extract(Article("Fares", "Fares rise\\n\\nFares will rise. So will tempers. It rained."), 2)
    'Fares will rise. So will tempers.'
    """
    beginning = article.text[: 2000 * sentences]
    whole = [sentence for sentence in split_sentences(beginning, article.language or "en") if is_closed(sentence)]
    return " ".join(whole[:sentences]) or None


def _with_ends(text: str, language: str) -> list[str]:
    """Sentences, each with what parts it from the next: a space, or a blank line where the paragraph ends."""
    ended = []
    for paragraph in text.split("\n\n"):
        sentences = split_sentences(paragraph, language)
        ended += [f"{sentence} " for sentence in sentences[:-1]] + [f"{sentence}\n\n" for sentence in sentences[-1:]]
    return ended

"""The summary of an article: generate, check, choose; and where nothing passes, the article's own sentences."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.choosing import Checker, Choice, whole_sentences
from pipeline.commands import without_commands
from pipeline.engines import engine_of
from pipeline.extracting import extract
from pipeline.files import sha256_of
from pipeline.generation import Drafting, Engine
from pipeline.grounding import unsupported_spans
from pipeline.orders import Orders
from pipeline.prompting import Prompts
from pipeline.records import Article
from pipeline.sentences import is_closed, split_sentences
from pipeline.summary_cache import SummaryCache, content_key
from pipeline.summary_settings import Wanted, read_summariser_card, settings_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


# A summary that takes up orders is written so often at most.
WRITINGS = 3
# The modules that a draft follows from, beside the model.
WRITING = "copying openvino_engine torch_engine precision sentences summaries"


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary, how it came about, and what is to be said about it."""

    text: str | None
    method: Literal["abstractive", "extractive"] | None  # extractive: each sentence stands in the article
    draft: str | None
    unsupported: tuple[str, ...]
    notes: tuple[str, ...]
    engine: str | None = None  # what ran the model, where it was asked


_NO_SUMMARY = Summary(None, None, None, (), ("no summary: orders to whoever summarises were taken up each time",))


class Summariser:
    """A pretrained model with its tokenizer and settings, from a converted folder; the model is loaded when first used.

    With a cache, drafts that were written before are not written again.
    """

    def __init__(
        self,
        folder: Path,
        wanted: Wanted | None = None,
        cache: SummaryCache | None = None,
        orders: Orders | None = None,
    ) -> None:
        """With `orders`, summaries that took up an order which no rule knows are written again without it."""
        self.folder = folder
        self.card = read_summariser_card(folder)
        self.settings = (wanted or Wanted()).applied(settings_of(folder, self.card))
        self.cache = cache
        self.orders = orders

    @cached_property
    def engine(self) -> Engine:
        """What runs the model."""
        return engine_of(self.folder, self.card, self.settings)

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The model's tokenizer."""
        named = json.loads((self.folder / "tokenizer_config.json").read_text(encoding="utf-8"))["tokenizer_class"]
        if named == "TokenizersBackend":  # what AutoTokenizer would load: two seconds later
            from transformers import TokenizersBackend as Tokenizer
        else:
            from transformers import AutoTokenizer as Tokenizer

        loaded: PreTrainedTokenizerBase = Tokenizer.from_pretrained(
            self.folder, local_files_only=True, trust_remote_code=False
        )
        return loaded

    @cached_property
    def prompts(self) -> Prompts:
        """What the model is shown."""
        return Prompts(self.tokenizer, self.card["causal"], self.settings)

    @property
    def identity(self) -> str:
        """All that a summary follows from, but for its article and this package's code."""
        return content_key(
            self.settings.model_dump(mode="json"), self.engine.name, self.card["files"], self.orders is not None
        )

    def of_pages(self, pages: Sequence[str], article_of: Callable[[int], Article], guard: bool = True) -> list[Summary]:
        """A summary for each page, by its number's article; from the cache where this very code made it before."""
        if self.cache is None:
            return self.summarise([article_of(number) for number in range(len(pages))], guard)
        made_by = content_key("summary", code_sha256("*"), guard, self.identity)
        keys = [content_key(made_by, page) for page in pages]
        known = {key: _summary(row) for key, row in self.cache.get(keys).items()}
        new = {key: number for number, key in enumerate(keys) if key not in known}
        if new:  # else not even the tokenizer is needed
            made = self.summarise([article_of(number) for number in new.values()], guard)
            known |= zip(new, made, strict=True)
            self.cache.put({key: asdict(known[key]) for key in new})
        return [known[key] for key in keys]

    def summarise(self, articles: Sequence[Article], guard: bool = True) -> list[Summary]:
        """A summary for each article; with `guard`, only sentences that the article supports.

        0. sentences that give orders to whoever summarises are left out of account;
        1. articles that are too short get none, those in another language their own best sentences;
        2. the model is shown the title and as many whole sentences as fit its budget, and writes a draft;
        3. in it, sentences that fail the check give way to those of the article that they come from, or are cut;
        4. where all that is left stands in the article word for word, it writes another draft that copies less, and
           of all drafts the one that tells most is chosen;
        5. where nothing is left, the article's own best sentences stand in;
        6. where it took up an order that no rule knows, it is written again without that; the third time there is none.
        """
        read = [without_commands(article) for article in articles]
        summaries = self._summarise([article for article, _ in read], guard)
        numbers: Sequence[int] = range(len(read))
        for written in range(1, WRITINGS + 1):
            orders = {number: self._orders(read[number][0], summaries[number]) for number in numbers}
            numbers = [number for number, found in orders.items() if found]
            for number in numbers:
                article, count = without_commands(read[number][0], orders[number].__contains__)
                read[number] = article, read[number][1] + count
            again = [read[number][0] for number in numbers]
            anew = self._summarise(again, guard) if written < WRITINGS else [_NO_SUMMARY] * len(numbers)
            for number, summary in zip(numbers, anew, strict=True):
                summaries[number] = summary
        return [
            replace(summary, notes=summary.notes + _commands_note(count))
            for summary, (_, count) in zip(summaries, read, strict=True)
        ]

    def _orders(self, article: Article, summary: Summary) -> frozenset[str]:
        """The orders in an article of which its summary took up any."""
        return self.orders.taken_up(article, summary.text) if self.orders and summary.text else frozenset()

    def _summarise(self, articles: Sequence[Article], guard: bool) -> list[Summary]:
        """Steps 1 to 5 of `summarise`."""
        results: list[Summary | None] = [self._without_model(article) for article in articles]
        asked = [position for position, result in enumerate(results) if result is None]
        prompts = [self.prompts.prompt(articles[position]) for position in asked]
        checkers = [Checker(articles[position], self.settings) for position in asked]
        drafts = self._drafts([ids for ids, _ in prompts], checkers if guard else None)
        for position, checker, written, (_, notes) in zip(asked, checkers, drafts, prompts, strict=True):
            article = articles[position]
            results[position] = (
                self._checked(article, checker, written, notes)
                if guard
                else self._unchecked(article, written[0], notes)
            )
        return [result for result in results if result is not None]

    def _drafts(self, prompts: Sequence[list[int]], checkers: Sequence[Checker] | None) -> list[list[str]]:
        """The drafts of each prompt, from the cache or the engine; only the first one where nothing is checked."""
        penalties = self.settings.copy_penalties if checkers else self.settings.copy_penalties[:1]
        settings = self.settings
        ends = settings.write_tokens, settings.sentences, settings.most_words, settings.style
        model = self.engine.name, self.card["files"], code_sha256(WRITING)
        keys = [content_key("drafts", ids, penalties, ends, model) for ids in prompts]
        known: dict[str, list[str]] = self.cache.get(keys) if self.cache else {}
        lacking = [
            number
            for number, key in enumerate(keys)
            if key not in known or (checkers and not self._is_complete(checkers[number], known[key]))
        ]

        def settles(place: int, ids: Sequence[int]) -> bool:
            return checkers is not None and checkers[lacking[place]].check(self._text(ids)).settles

        drafting = Drafting(settings.write_tokens, penalties, self.prompts.head, self._is_enough, settles)
        if lacking:
            written = self.engine.generate([prompts[number] for number in lacking], drafting)
            new = {
                keys[number]: [self._text(ids) for ids in drafts]
                for number, drafts in zip(lacking, written, strict=True)
            }
            known |= new
            if self.cache:
                self.cache.put(new)
        return [_needed(checkers[number], known[key]) if checkers else known[key] for number, key in enumerate(keys)]

    def _is_complete(self, checker: Checker, drafts: Sequence[str]) -> bool:
        """Whether no draft is lacking: what settles an article can change with the code that checks."""
        enough = len(self.settings.copy_penalties)
        return len(drafts) == enough or any(checker.check(draft).settles for draft in drafts)

    def _text(self, ids: Sequence[int]) -> str:
        return _tidy(str(self.tokenizer.decode(ids, skip_special_tokens=True)))

    def _is_enough(self, ids: Sequence[int]) -> bool:
        """Whether a draft has all that can be used of it: the sentences asked for and one begun, or words beyond."""
        if len(ids) < 2:
            return False
        before, last = (str(self.tokenizer.decode([token])) for token in ids[-2:])
        if self.settings.style == "headline":
            return "\n" in last
        if not is_closed(before.rstrip()) or not last.strip():
            return False  # no sentence can have begun
        text = self._text(ids)
        return len(split_sentences(text)) > self.settings.sentences or len(text.split()) > self.settings.most_words

    def _without_model(self, article: Article) -> Summary | None:
        words = len(article.text.split())
        if words < self.settings.least_words:
            note = f"no summary: the article has {words} words, fewer than {self.settings.least_words}"
            return Summary(None, None, None, (), (note,))
        if article.language not in (None, self.settings.language):
            note = f"the article is in '{article.language}', the summariser writes '{self.settings.language}'"
            return self._extractive(article, None, (f"{note}: its own sentences stand in",))
        return None

    def _unchecked(self, article: Article, draft: str, notes: tuple[str, ...]) -> Summary:
        """The first draft, with what the article does not carry listed."""
        text = " ".join(whole_sentences(draft, self.settings))
        if not text:
            return self._extractive(article, draft, notes)
        unsupported = unsupported_spans(article.whole, text)
        return Summary(text, "abstractive", draft, unsupported, notes, self.engine.name)

    def _checked(self, article: Article, checker: Checker, drafts: Sequence[str], notes: tuple[str, ...]) -> Summary:
        choice = checker.best(drafts)
        notes += _cuts(choice)
        if not choice.kept:
            return self._extractive(article, drafts[0], notes)
        method: Literal["abstractive", "extractive"] = "extractive" if choice.copied else "abstractive"
        return Summary(choice.text, method, drafts[0], (), notes, self.engine.name)

    def _extractive(self, article: Article, draft: str | None, notes: tuple[str, ...]) -> Summary:
        engine = None if draft is None else self.engine.name
        if self.settings.style == "headline":
            return Summary(article.title, "extractive" if article.title else None, draft, (), notes, engine)
        text = extract(article, self.settings.sentences, self.settings.most_words)
        return Summary(text, "extractive" if text else None, draft, (), notes, engine)


def _summary(row: dict[str, Any]) -> Summary:
    """A summary as the cache kept it."""
    return Summary(**row | {"unsupported": tuple(row["unsupported"]), "notes": tuple(row["notes"])})


@lru_cache(maxsize=2)
def code_sha256(names: str) -> str:
    """The hash of those files of this package, `*` for all: what it cleans, checks and chooses follows from them."""
    folder = Path(__file__).parent
    files = sorted(path for path in folder.iterdir() if path.suffix in (".py", ".json"))
    files = [path for path in files if names == "*" or path.stem in names.split()]
    return content_key([(path.name, sha256_of(path)) for path in files])


def _needed(checker: Checker, drafts: Sequence[str]) -> list[str]:
    """Drafts up to the first that settles it: the cache can hold more, from code that checked otherwise."""
    first = next((number for number, draft in enumerate(drafts) if checker.check(draft).settles), len(drafts))
    return list(drafts[: first + 1])


def _tidy(text: str) -> str:
    """Lines without spaces to spare, and no empty ones."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _commands_note(count: int) -> tuple[str, ...]:
    return (f"sentences that read like orders to whoever summarises, left out of account: {count}",) if count else ()


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

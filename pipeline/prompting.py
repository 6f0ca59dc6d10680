"""What the model is shown of an article, as token ids: the same when it learns, when it answers, and in every stage."""

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pipeline.records import Article, ModelError
from pipeline.sentences import split_sentences
from pipeline.summary_settings import SummariseSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What fits a token budget is looked for in this many characters a token; English news has four to five.
CHARACTERS_PER_TOKEN = 12
COUNTS = {1: "one sentence", 2: "two sentences", 3: "three sentences", 4: "four sentences", 5: "five sentences"}


class Prompts:
    """The model's own form of a request for a summary, within a budget of tokens.

    Raises ModelError where the request alone takes the budget.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", causal: bool, settings: SummariseSettings) -> None:
        self.tokenizer = tokenizer
        self.causal = causal
        self.settings = settings
        instruction = getattr(settings.instructions, settings.style)
        self.request = instruction.replace("{sentences}", COUNTS[settings.sentences])
        self.wrapper_tokens = len(self.wrap(""))
        self.head = tuple(_common(self.wrap("A"), self.wrap("b"))) if causal else ()
        if self.wrapper_tokens >= settings.prompt_tokens:
            raise ModelError(
                f"summarise.prompt_tokens is {settings.prompt_tokens}, of which the instruction alone takes "
                f"{self.wrapper_tokens}: raise it in params.yaml and run `dvc repro convert`"
            )

    def prompt(self, article: Article) -> tuple[list[int], tuple[str, ...]]:
        """Token ids of at most `prompt_tokens`, and a note where the article was cut."""
        body = self.shown(article)
        ids = self.wrap(body)
        while len(ids) > self.settings.prompt_tokens:  # where two pieces meet they can take another token
            body = body[: -(len(body) // 50 + 1)]
            ids = self.wrap(body)
        words, read = len(article.whole.split()), len(body.split())
        notes = (f"the summary rests on the first {read:,} of {words:,} words",) if read < words else ()
        return ids, notes

    def shown(self, article: Article) -> str:
        """As many whole sentences of an article as fit the budget, unless one is so long that most would be left.

        Who is asked for a headline is not shown the title.
        """
        budget = self.settings.prompt_tokens - self.wrapper_tokens
        whole = article.text if self.settings.style == "headline" else article.whole
        text = whole[: budget * CHARACTERS_PER_TOKEN]
        shown, used = "", 0
        for sentence in _with_ends(text, article.language or "en"):
            tokens = len(self.tokens(sentence))
            if used + tokens > budget:
                break
            shown, used = shown + sentence, used + tokens
        if 2 * used >= budget or len(shown) >= len(text):
            return shown.strip()
        return str(self.tokenizer.decode(self.tokens(text)[:budget]))

    def tokens(self, text: str) -> list[int]:
        """The token ids of a text, of which none is a control token."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return ids

    def wrap(self, body: str) -> list[int]:
        """A request for a summary of a text; control tokens in the text stay text."""
        settings, tokenizer = self.settings, self.tokenizer
        if not self.causal:
            ids: list[int] = tokenizer(settings.prefix + body, split_special_tokens=True)["input_ids"]
            return ids
        request = f"{body}\n\n{self.request}"
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


def _with_ends(text: str, language: str) -> list[str]:
    """Sentences, each with what parts it from the next: a space, or a blank line where the paragraph ends."""
    ended = []
    for paragraph in text.split("\n\n"):
        sentences = split_sentences(paragraph, language)
        ended += [f"{sentence} " for sentence in sentences[:-1]] + [f"{sentence}\n\n" for sentence in sentences[-1:]]
    return ended


def _common(first: list[int], second: list[int]) -> list[int]:
    """What two sequences begin with alike."""
    return [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))]

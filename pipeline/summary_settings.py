"""Settings of the summariser, which travel with the saved model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from pipeline.cards import read_card
from pipeline.params import Settings
from pipeline.records import ModelError

Style = Literal["brief", "headline"]


class Instructions(Settings):
    """What a causal model is told after the article, by style; `{sentences}` becomes "two sentences" and the like."""

    brief: str
    headline: str


class SummariseSettings(Settings):
    """Block `summarise` of params.yaml; saved with the model, so that predicting needs no params.yaml."""

    model: str = Field(description="a GGUF file, a local folder or a hub id; causal or sequence-to-sequence")
    adapter: str | None = Field(description="a folder with a LoRA adapter of that model, or null")
    language: str = Field(description="ISO 639-1, the language the model writes")
    style: Style = Field(description="brief: whole sentences; headline: one line without a full stop")
    sentences: int = Field(ge=1, le=5, description="the longest summary")
    most_words: int = Field(ge=5, description="the longest summary, in words")
    least_words: int = Field(ge=1, description="shorter articles get no summary")
    prompt_tokens: int = Field(ge=16, description="all that the model is shown, article and instruction")
    write_tokens: int = Field(ge=8, description="all that it writes")
    candidates: int = Field(ge=1, le=16, description="drafts to choose from: the greedy one, the others sampled")
    temperature: float = Field(gt=0, description="of the samples")
    least_support: float = Field(ge=0, le=1, description="grounding below which a sentence is not let through")
    system: str = Field(description="system message; empty for none")
    instructions: Instructions
    prefix: str = Field(description="what a sequence-to-sequence model is told before it, such as 'summarize: '")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks of summaries instead of what the model was saved with."""

    sentences: int | None = None
    words: int | None = None  # if not given, the saved number for each sentence
    style: Style | None = None

    def applied(self, saved: SummariseSettings) -> SummariseSettings:
        """The settings to summarise with; ValueError for a length or style that there is none of."""
        sentences = saved.sentences if self.sentences is None else self.sentences
        words = round(saved.most_words * sentences / saved.sentences) if self.words is None else self.words
        asked = {"sentences": sentences, "most_words": words, "style": self.style or saved.style}
        try:
            return SummariseSettings.model_validate(saved.model_dump() | asked)
        except ValidationError as error:
            faults = "; ".join(f"{fault['loc'][0]} {fault['input']!r}: {fault['msg']}" for fault in error.errors())
            raise ValueError(f"no summaries like that: {faults}") from error


def saved_settings(folder: Path) -> SummariseSettings:
    """The settings that a converted model was saved with; ModelError where it is missing, changed or too old."""
    card = read_card(folder, "summariser", "convert", needs=("settings",))
    try:
        return SummariseSettings.model_validate(card["settings"])
    except ValidationError as error:
        raise ModelError(f"{folder} has settings of another version ({error}): run `dvc repro convert`") from error

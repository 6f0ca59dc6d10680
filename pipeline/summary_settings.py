"""Settings of the summariser, which travel with the saved model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from pipeline.cards import read_card
from pipeline.params import Settings
from pipeline.records import ModelError

Style = Literal["brief", "headline"]
EngineName = Literal["auto", "openvino", "torch"]
Precision = Literal["auto", "float32"]


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
    copy_penalties: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        min_length=1, max_length=8, description="of each draft: how much less likely it is to copy on"
    )
    least_support: float = Field(ge=0, le=1, description="grounding below which a sentence is not let through")
    system: str = Field(description="system message; empty for none")
    instructions: Instructions
    engine: EngineName = Field(description="what runs the model; auto: openvino where it can, else torch")
    precision: Precision = Field(description="auto: as fast as the processor can; float32: as the model was made")
    prefix: str = Field(description="what a sequence-to-sequence model is told before it, such as 'summarize: '")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks of summaries instead of what the model was saved with."""

    sentences: int | None = None
    words: int | None = None  # if not given, the saved number for each sentence
    style: Style | None = None
    engine: EngineName | None = None
    precision: Precision | None = None

    def applied(self, saved: SummariseSettings) -> SummariseSettings:
        """The settings to summarise with; ValueError for a length or style that there is none of."""
        sentences = saved.sentences if self.sentences is None else self.sentences
        words = round(saved.most_words * sentences / saved.sentences) if self.words is None else self.words
        asked = {
            "sentences": sentences,
            "most_words": words,
            "style": self.style or saved.style,
            "engine": self.engine or saved.engine,
            "precision": self.precision or saved.precision,
        }
        try:
            return SummariseSettings.model_validate(saved.model_dump() | asked)
        except ValidationError as error:
            faults = "; ".join(f"{fault['loc'][0]} {fault['input']!r}: {fault['msg']}" for fault in error.errors())
            raise ValueError(f"no summaries like that: {faults}") from error


def read_summariser_card(folder: Path) -> dict[str, Any]:
    """The card of a converted model; ModelError where it is missing, changed or too old."""
    return read_card(folder, "summariser", "convert", needs=("settings", "causal", "end_tokens", "openvino"))


def settings_of(folder: Path, card: dict[str, Any]) -> SummariseSettings:
    """The settings that a converted model was saved with; ModelError where they are of another version."""
    try:
        return SummariseSettings.model_validate(card["settings"])
    except ValidationError as error:
        raise ModelError(f"{folder} has settings of another version ({error}): run `dvc repro convert`") from error


def saved_settings(folder: Path) -> SummariseSettings:
    """The settings that a converted model was saved with."""
    return settings_of(folder, read_summariser_card(folder))

"""Settings of the summariser, which travel with the saved model."""

from pydantic import Field

from pipeline.params import Settings


class SummariseSettings(Settings):
    """Block `summarise` of params.yaml; saved with the model, so that predicting needs no params.yaml."""

    model: str = Field(description="a GGUF file, a local folder or a hub id; causal or sequence-to-sequence")
    language: str = Field(description="ISO 639-1, the language the model writes")
    sentences: int = Field(ge=1, le=5, description="the longest summary")
    least_words: int = Field(ge=1, description="shorter articles get no summary")
    prompt_tokens: int = Field(ge=16, description="all that the model is shown, article and instruction")
    write_tokens: int = Field(ge=8, description="all that it writes")
    system: str = Field(description="system message; empty for none")
    instruction: str = Field(description="what a causal model is told after the article")
    prefix: str = Field(description="what a sequence-to-sequence model is told before it, such as 'summarize: '")

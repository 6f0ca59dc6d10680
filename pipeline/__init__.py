"""From a saved news page to the clean article, its topic and a short summary.

>>> from pipeline import clean
>>> clean("Ferry fares rise\\n\\nHarbour ferries will cost more from May, the council has said.").title
'Ferry fares rise'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.cleaning import clean
    from pipeline.grounding import grounding_score
    from pipeline.predicting import Predictor, load, predict, predict_many
    from pipeline.records import Article, ArticleError, Dropped, ModelError, Prediction

__version__ = "0.1.0"

# Where each public name lives: imported on first use, so that `import pipeline` stays instant.
_HOMES = {
    "clean": "cleaning",
    "grounding_score": "grounding",
    "Predictor": "predicting",
    "load": "predicting",
    "predict": "predicting",
    "predict_many": "predicting",
    "Article": "records",
    "ArticleError": "records",
    "Dropped": "records",
    "ModelError": "records",
    "Prediction": "records",
}

__all__ = [
    "Article",
    "ArticleError",
    "Dropped",
    "ModelError",
    "Prediction",
    "Predictor",
    "clean",
    "grounding_score",
    "load",
    "predict",
    "predict_many",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
    return getattr(import_module(f"pipeline.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

"""The scores to watch: of all that stage `evaluate` measures so few that a table of experiments holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

TOPICS = (
    "accuracy",
    "macro_f1",
    "answered_share",
    "accuracy_of_answered",
    "expected_calibration_error",
    "brier",
)
TRANSFER = ("accuracy", "answered_share", "wrong_of_answered", "expected_calibration_error")
SHIPPED = ("rouge1", "rouge2", "rougeL", "unsupported_share")
READING = ("wrong_share_of_all", "grave_share_of_all")


def headline(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Of the metrics those to watch, each with its interval: topics, topics on other news, shipped summaries.

    >>> score = {"value": 0.9, "low": 0.8, "high": 0.95}
    >>> headline({"topics": {"accuracy": score, "by_topic": {}}, "transfer": {}, "summaries": {"reading": {}}})
    {'topics': {'accuracy': {'value': 0.9, 'low': 0.8, 'high': 0.95}}, 'transfer': {}, 'summaries': {}}
    """
    summaries = metrics["summaries"]
    scored = summaries.get("whole") or summaries.get("body") or {"systems": {}}
    return {
        "topics": _some(metrics["topics"], TOPICS),
        "transfer": {name: _some(scores, TRANSFER) for name, scores in metrics["transfer"].items()},
        "summaries": {
            **_some(scored["systems"].get("shipped", {}), SHIPPED),
            **_some(scored, ("abstractive_share", "rouge1_above_lead_2")),
            **_some(summaries["reading"], READING),
        },
    }


def _some(scores: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Those of the scores that are there."""
    return {name: scores[name] for name in names if name in scores}

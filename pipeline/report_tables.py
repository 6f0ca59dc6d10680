"""Tables of the report that no stage wrote as such: which topics are confused, curves in words, chosen points."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

# Curves are told in words at these shares of answered articles.
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# So many confusions are named.
NAMED_CONFUSIONS = 3


def confusion(rows: Sequence[Row]) -> Row:
    """How many articles of each topic have which best topic, as a table, and the most frequent mistakes.

    >>> found = confusion([{"topic": "sport", "predicted": "sport"}, {"topic": "sport", "predicted": "world"}])
    >>> found["columns"], [cell["articles"] for cell in found["rows"][0]["cells"]]
    (['sport', 'world'], [1, 1])
    >>> found["worst"]
    [{'actual': 'sport', 'predicted': 'world', 'articles': 1, 'of': 2}]
    """
    counted = Counter((row["topic"], row["predicted"]) for row in rows)
    totals = Counter(row["topic"] for row in rows)
    actual = sorted(totals)
    columns = actual + sorted({predicted for _, predicted in counted} - set(actual))
    wrong = sorted((pair for pair in counted if pair[0] != pair[1]), key=lambda pair: (-counted[pair], pair))
    return {
        "columns": columns,
        "rows": [
            {
                "actual": topic,
                "cells": [
                    {
                        "predicted": column,
                        "articles": counted[topic, column],
                        "share": counted[topic, column] / totals[topic],
                    }
                    for column in columns
                ],
            }
            for topic in actual
        ],
        "worst": [
            {"actual": topic, "predicted": column, "articles": counted[topic, column], "of": totals[topic]}
            for topic, column in wrong[:NAMED_CONFUSIONS]
        ],
    }


def coverage(points: Sequence[Row]) -> Row:
    """The curves of each set at `COVERAGES`, as a table: the share that is wrong at the nearest point.

    >>> coverage([{"articles": "own", "coverage": at, "risk": at / 5} for at in (0.5, 1.0)])["rows"]
    [{'name': 'own', 'risks': [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]}]
    """
    sets = dict.fromkeys(point["articles"] for point in points)
    rows = []
    for name in sets:
        curve = [point for point in points if point["articles"] == name]
        rows.append({"name": name, "risks": [_risk_at(share, curve) for share in COVERAGES]})
    return {"columns": COVERAGES, "rows": rows}


def _risk_at(share: float, curve: Sequence[Row]) -> float:
    nearest = min(curve, key=lambda point: abs(point["coverage"] - share))
    return float(nearest["risk"])


def low_grounding(rows: Sequence[Row], least_support: float) -> dict[str, Row]:
    """How many drafts and shipped summaries have a grounding below what a sentence must reach."""
    return {
        system: {"low": sum(row["grounding"] < least_support for row in of), "all": len(of)}
        for system in ("draft", "shipped")
        for of in [[row for row in rows if row["system"] == system]]
    }


def mark_chosen(points: Sequence[Row], least_support: float) -> None:
    """Mark the point of the trade between support and errors that the summariser is set to."""
    nearest = min(points, key=lambda point: abs(point["least_support"] - least_support))
    for point in points:
        point["chosen"] = point is nearest


def with_chosen(curve: Sequence[Row], topics: Row) -> list[Row]:
    """The risk-coverage curve, and the point where the classifier is set to answer."""
    chosen = {
        "coverage": topics["answered_share"]["value"],
        "risk": 1 - topics["accuracy_of_answered"]["value"],
        "chosen": True,
    }
    return [*({**point, "chosen": False} for point in curve), chosen]

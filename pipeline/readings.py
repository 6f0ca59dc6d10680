"""What careful readers found in shipped summaries: the error rate that counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.articles import SummarisedArticle, text_sha256
from pipeline.files import read_jsonl
from pipeline.scores import as_dict, mean_interval

Verdict = Literal["ok", "minor", "grave"]
VERDICTS: dict[Verdict, str] = {
    "ok": "everything it says is in the article",
    "minor": "a factual error in a detail, or a word too strong or too weak",
    "grave": "who, what, whether or how many is wrong",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's finding on one shipped summary, read against its article alone."""

    id: str
    summary_sha256: str  # the first 12 digits, of the text that was read
    method: Literal["abstractive", "extractive"]
    verdict: Verdict
    quote: str = ""  # where the error stands, a few words of the summary
    finding: str = ""  # what the article says instead, in the reader's words


def read_readings(path: Path) -> list[Reading]:
    """The readings of a file, in its order."""
    return [Reading(**row) for row in read_jsonl(path)]


def readings_of(summaries: Sequence[SummarisedArticle], path: Path) -> list[Reading]:
    """Those readings of a file that are of articles summarised whole: another corpus has others."""
    known = {summary.id for summary in summaries if summary.shown == "whole"}
    return [reading for reading in read_readings(path) if reading.id in known]


def reading_scores(readings: Sequence[Reading], rows: Sequence[SummarisedArticle], seed: int) -> dict[str, Any]:
    """The shares of read summaries with an error, and how many of the texts that were read are those of this run."""
    shipped = {row.id: text_sha256(row.summary or "") for row in rows if row.shown == "whole"}
    found: dict[str, Any] = {
        "summaries": len(readings),
        "of_this_run": sum(shipped.get(reading.id) == reading.summary_sha256 for reading in readings),
    }
    for name, verdicts in (("wrong", ("minor", "grave")), ("grave", ("grave",))):
        for method in ("all", "abstractive"):
            among = [reading for reading in readings if method in ("all", reading.method)]
            if among:
                wrong = [float(reading.verdict in verdicts) for reading in among]
                found[f"{name}_share_of_{method}"] = as_dict(mean_interval(wrong, seed))
    return found


def readings_in_markdown(readings: Sequence[Reading], scores: dict[str, Any]) -> str:
    """The list that was read, for people, in Markdown."""
    lines = [
        "# Summaries read against their articles",
        "",
        f"{scores['summaries']} shipped summaries of test articles, each read against its article alone by a reader "
        "who did not write the code and was told to look for errors (a large language model: see seeds/README.md); "
        f"{scores['of_this_run']} of them are word for word those of the last run.",
        "",
    ]
    for key, label in (
        ("wrong_share_of_all", "with any factual error"),
        ("grave_share_of_all", "with a grave one (who, what, whether, how many)"),
        ("wrong_share_of_abstractive", "of the abstractive ones with any"),
        ("grave_share_of_abstractive", "of the abstractive ones with a grave one"),
    ):
        if key in scores:
            value, low, high = (100 * scores[key][part] for part in ("value", "low", "high"))
            lines.append(f"- {label}: {value:.0f}% ({low:.0f}-{high:.0f}%)")
    lines += ["", "| article | method | verdict | where | what the article says |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {reading.id} | {reading.method} | {reading.verdict} | {reading.quote} | {reading.finding} |"
        for reading in readings
    ]
    return "\n".join(lines) + "\n"

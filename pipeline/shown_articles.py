"""What the report's reader shows of an article: its text with the cut lines in place, its summary with its support."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.articles import LabelledArticle, SummarisedArticle
from pipeline.grounding import Grounder, SentenceGrounding
from pipeline.readings import Reading
from pipeline.sentences import split_sentences

# A shipped summary whose grounding is below this is listed as one to look at: the least supported eighth or so.
LOW_GROUNDING = 0.85
# What an article can be listed for, in the order of the reader's menu.
PROBLEMS = {
    "wrong topic": "the best topic is not the editors'",
    "abstained": "no topic is given",
    "reader found an error": "a close reading faulted the summary",
    "low grounding": f"the article supports some sentence of the summary by less than {LOW_GROUNDING}",
    "unsupported in draft": "the model's first text has a name, number or quotation that the article lacks",
    "extractive summary": "the summary is sentences of the article",
    "note": "sentences of the model were mended or left out",
}


def article_rows(
    articles: Sequence[LabelledArticle],
    evaluated: Sequence[dict[str, Any]],
    summaries: Sequence[SummarisedArticle],
    cut_lines: Sequence[dict[str, Any]],
    readings: Sequence[Reading],
) -> list[dict[str, Any]]:
    """A row per evaluated article, worst first: confident wrong topics, faulty summaries, then by ROUGE-1."""
    shown = "whole" if any(summary.shown == "whole" for summary in summaries) else "body"
    written = {summary.id: summary for summary in summaries if summary.shown == shown}
    read = {reading.id: reading for reading in readings}
    by_id = {article.id: article for article in articles}
    cut: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in cut_lines:
        cut[line["id"]].append(line)
    rows = [
        _row(
            by_id[row["id"]], row, row["summaries"][shown], written.get(row["id"]), cut[row["id"]], read.get(row["id"])
        )
        for row in evaluated
    ]
    return sorted(rows, key=_badness)


def _row(
    article: LabelledArticle,
    evaluated: dict[str, Any],
    scores: dict[str, Any] | None,
    summary: SummarisedArticle | None,
    cut: Sequence[dict[str, Any]],
    reading: Reading | None,
) -> dict[str, Any]:
    blocks = list(_blocks(article, cut))
    row = {
        **{key: value for key, value in evaluated.items() if key != "summaries"},
        "title": article.title or article.id,
        "blocks": blocks,
        "summary": _summary(blocks, summary, scores) if summary else None,
        "reading": asdict(reading) if reading else None,
    }
    has = _problems(row)
    return row | {"problems": [name for name in PROBLEMS if has[name]]}


def _blocks(article: LabelledArticle, cut: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Title and paragraphs as sentences, the lines that were cut between them."""
    if article.title:
        yield {"title": True, "sentences": split_sentences(article.title)}
    for number, paragraph in enumerate([*article.paragraphs, ""]):
        yield from (
            {"cut": line["text"], "reason": line["reason"]} for line in cut if line["paragraphs_before"] == number
        )
        if paragraph:
            yield {"sentences": split_sentences(paragraph)}


def _summary(
    blocks: Sequence[dict[str, Any]], summary: SummarisedArticle, scores: dict[str, Any] | None
) -> dict[str, Any]:
    grounder = Grounder(summary.document)
    sentences = [sentence for block in blocks for sentence in block.get("sentences", ())]
    place = {text: number for number, text in reversed(list(enumerate(sentences)))}
    shipped, draft = grounder.check(summary.summary or ""), grounder.check(summary.draft or "")
    return {
        "method": summary.summary_method,
        "sentences": [_claim(sentence, place) for sentence in shipped.sentences],
        "grounding": round(shipped.score, 3),
        "draft": [_claim(sentence, place) for sentence in draft.sentences],
        "reference": summary.reference,
        "rouge1": round(scores["shipped"]["rouge1"], 3) if scores else None,
        "notes": summary.notes,
    }


def _claim(sentence: SentenceGrounding, place: dict[str, int]) -> dict[str, Any]:
    """A sentence of a summary, with the numbers of the article's sentences that support it."""
    return {
        "pieces": marked(sentence.text, sentence.unsupported),
        "support": [place[text] for text in sentence.support if text in place],
        "score": round(sentence.score, 3),
    }


def marked(text: str, spans: Sequence[str]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is one of the spans.

    >>> marked("Jacques Blair left.", ["Jacques"])
    [('Jacques', True), (' Blair left.', False)]
    """
    if not spans:
        return [(text, False)]
    pattern = "|".join(re.escape(span) for span in sorted(spans, key=len, reverse=True))
    pieces = re.split(rf"(?<!\w)({pattern})(?!\w)", text)
    return [(piece, piece in spans) for piece in pieces if piece]


def _problems(row: dict[str, Any]) -> dict[str, Any]:
    """For each of `PROBLEMS`, whether an article is to be listed for it."""
    summary = row["summary"]
    return {
        "wrong topic": row["predicted"] != row["topic"],
        "abstained": row["abstained"],
        "reader found an error": row["reading"] and row["reading"]["verdict"] != "ok",
        "low grounding": summary and summary["sentences"] and summary["grounding"] < LOW_GROUNDING,
        "unsupported in draft": summary
        and any(unsupported for claim in summary["draft"] for _, unsupported in claim["pieces"]),
        "extractive summary": summary and summary["method"] == "extractive",
        "note": summary and any(note.startswith("sentences ") for note in summary["notes"]),
    }


def _badness(row: dict[str, Any]) -> tuple[bool, bool, float, str]:
    wrong, faulty = "wrong topic" in row["problems"], "reader found an error" in row["problems"]
    scored = row["summary"] and row["summary"]["rouge1"] is not None
    rouge = row["summary"]["rouge1"] if scored else 1.0
    return (not wrong, not faulty, -row["probability"] if wrong else rouge, row["id"])

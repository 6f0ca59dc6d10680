"""Predictions and articles for people: in a terminal, and as HTML in a notebook.

Records ask for these when they are printed; no stage shows one, so that none of them depends on how they look.
"""

from collections import Counter
from functools import lru_cache
from textwrap import fill
from typing import TYPE_CHECKING

from pipeline.records import Article, Evidence, Prediction

if TYPE_CHECKING:
    from jinja2 import Template

# Of the topics so many are shown, the most probable first; below this probability only the best.
MOST_CANDIDATES, LEAST_PROBABILITY = 4, 0.01
COLUMNS, MARGIN = 100, 9


def prediction_text(prediction: Prediction) -> str:
    """A prediction for a terminal: a name and what it is, a line or paragraph each.

    >>> print(prediction_text(Prediction(error="no article: the input is empty")))
    error:   no article: the input is empty
    """
    if prediction.error:
        return _line("error", prediction.error)
    lines = [_line("title", prediction.article.title or "-"), _line("topic", _topics(prediction))]
    if prediction.abstained:
        lines.append(_line("", prediction.abstained))
    if prediction.evidence:
        lines += _evidence_lines(prediction.evidence)
    if prediction.summary:
        lines.append(_line("summary", f"{prediction.summary} [{prediction.summary_method}]"))
    if prediction.unsupported:
        lines.append(_line("lacking", f"{', '.join(prediction.unsupported)}: not in the article"))
    lines += [_line("note", note) for note in prediction.notes]
    if prediction.article.dropped:
        lines.append(_line("cut", cut_lines(prediction.article)))
    return "\n".join(lines)


def prediction_html(prediction: Prediction) -> str:
    """A prediction for a notebook; whatever the page held is escaped, and nothing is loaded."""
    return _template("prediction.html.j2").render(
        prediction=prediction, candidates=candidates(prediction), cut=cut_lines(prediction.article)
    )


def article_html(article: Article) -> str:
    """An article for a notebook, with the lines that were cut; escaped likewise."""
    return _template("article.html.j2").render(article=article, cut=cut_lines(article))


def candidates(prediction: Prediction) -> dict[str, float]:
    """The topics that come into question, the most probable first.

    >>> candidates(Prediction(probabilities={"sport": 0.9, "world": 0.099, "health": 0.001}))
    {'sport': 0.9, 'world': 0.099}
    """
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_CANDIDATES]
    return dict(ranked[:1] + [(topic, share) for topic, share in ranked[1:] if share >= LEAST_PROBABILITY])


def cut_lines(article: Article) -> str:
    """How many lines of the page are no part of its article, by reason, the most frequent first.

    >>> from pipeline import clean
    >>> cut_lines(clean("Menu\\nSearch\\nHarbour ferries will cost more from May, the council has said.\\nRead More »"))
    '3 lines: 2 navigation, 1 teaser'
    """
    reasons = Counter(dropped.reason for dropped in article.dropped)
    counted = ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))
    total = len(article.dropped)
    return f"{total} line{'' if total == 1 else 's'}{': ' if counted else ''}{counted}"


def _topics(prediction: Prediction) -> str:
    """The topic and what else comes into question.

    >>> _topics(Prediction(topic="sport", probability=0.9, probabilities={"sport": 0.9, "world": 0.1}))
    'sport (90%), then world (10%)'
    """
    ranked = [f"{topic} ({probability:.0%})" for topic, probability in candidates(prediction).items()]
    if prediction.topic:
        return ", then ".join(filter(None, (ranked[0], ", ".join(ranked[1:]))))
    return f"none; closest: {', '.join(ranked)}" if ranked else "none"


def _line(name: str, text: str) -> str:
    """A name in the margin, and a text beside it."""
    margin = f"{name}:" if name else ""
    return fill(
        text, COLUMNS, initial_indent=f"{margin:{MARGIN}}", subsequent_indent=" " * MARGIN, break_on_hyphens=False
    )


def _evidence_lines(evidence: Evidence) -> list[str]:
    """What carried the topic."""
    words = ", ".join(f"{word.text} {word.log_odds:+.2f}" for word in evidence.words)
    found = f"why {evidence.topic} and not {evidence.against}: {words or 'no word speaks for it'}"
    sentences = [f"{sentence.log_odds:+.2f} {sentence.text}" for sentence in evidence.sentences]
    return [fill(found, COLUMNS, subsequent_indent="  ", break_on_hyphens=False)] + [
        fill(text, COLUMNS, initial_indent="  ", subsequent_indent=" " * 8, break_on_hyphens=False)
        for text in sentences
    ]


@lru_cache(maxsize=2)
def _template(name: str) -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pipeline"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)

"""What reports of tests are made from: the small run, an attack in every text, very many articles."""

import json
from dataclasses import replace

from pipeline.articles import LabelledArticle, SummarisedArticle
from pipeline.readings import Reading
from pipeline.reporting import Findings, read_findings
from pipeline.shown_articles import PROBLEMS, article_rows

ATTACK = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)>"


def findings_of(workspace) -> Findings:
    """What stage `report` shows of the small run."""
    reports = workspace / "reports"
    return read_findings(
        workspace / "data", workspace / "models", reports / "metrics.json", reports / "clean.json", reports / "plots",
        workspace / "seeds" / "reading.jsonl", workspace / "params.yaml", None,
    )  # fmt: skip


def attacked(findings: Findings) -> Findings:
    """Findings in which every text that is not ours is an attack."""
    scores = {"shipped": {"rouge1": 0.5}}
    article = LabelledArticle("x", "sport", "test", ATTACK, [ATTACK, ATTACK])
    row = {"id": "x", "topic": "sport", "predicted": "world", "probability": 1.0, "abstained": ATTACK,
           "probabilities": {"sport": 1.0}, "summaries": {"whole": scores, "body": None},
           "evidence": {"topic": "sport", "against": ATTACK, "words": [{"text": ATTACK, "log_odds": 1.0}],
                        "sentences": [{"text": ATTACK, "log_odds": 1.0}]}}  # fmt: skip
    summary = SummarisedArticle("x", "whole", ATTACK, ATTACK, ATTACK, None, ATTACK, "abstractive", ATTACK, [ATTACK])
    reading = Reading("x", "0" * 12, "abstractive", "grave", ATTACK, ATTACK)
    cut = [{"id": "x", "line": 1, "text": ATTACK, "reason": "teaser", "paragraphs_before": 1}]
    mistake = {"articles": "own", "source": ATTACK, "label": ATTACK, "best": ATTACK, "probability": 1.0,
               "abstained": None, "title": ATTACK, "text": ATTACK}  # fmt: skip
    metrics = json.loads(json.dumps(findings.metrics))
    metrics["transfer"]["own"]["mistakes"] = [{"label": ATTACK, "best": ATTACK, "articles": 1}]
    return replace(
        findings,
        metrics=metrics,
        clean=findings.clean | {"about": ATTACK},
        articles=article_rows([article], [row], [summary], cut, [reading]),
        mistakes=[mistake],
        suspects=[{"id": ATTACK, "title": ATTACK, "topic": ATTACK, "seems": ATTACK, "probability": 1.0}],
        run={ATTACK: {ATTACK: ATTACK}},
    )


def many(findings: Findings, number: int) -> Findings:
    """Findings on very many articles: those that are there, over and over, with every problem now and then."""
    rows = sorted(findings.articles, key=lambda row: not row["summary"])
    topics = sorted({row["topic"] for row in rows})
    names = list(PROBLEMS)
    articles = [
        {
            **rows[at % len(rows)],
            "id": f"made/{at:04}",
            "title": f"{rows[at % len(rows)]['title']}, edition {at}",
            "topic": topics[at % len(topics)],
            "predicted": topics[(at + (at % 7 == 0)) % len(topics)],
            "probability": round((at % 101) / 100, 2),
            "problems": [name for place, name in enumerate(names, start=2) if at % (7 * place) == 0],
        }
        for at in range(number)
    ]
    return replace(findings, articles=articles)

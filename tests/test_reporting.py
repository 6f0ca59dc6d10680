"""The report: one file that asks for nothing, and in which articles stay text."""

import re

from pipeline.reporting import marked


def test_the_report_asks_for_nothing_from_elsewhere(workspace):
    page = (workspace / "reports" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?!#)|@import|url\(""", page)
    assert "<script" not in page
    assert page.count("<svg") == 7


def test_every_test_article_is_shown(workspace):
    import json

    page = (workspace / "reports" / "index.html").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in (workspace / "data/evaluation.jsonl").read_text().splitlines()]
    assert rows
    assert all(f'<span class="tag">{row["id"]}</span>' in page for row in rows)


def test_articles_are_escaped(workspace):
    import csv
    import json

    from pipeline.articles import LabelledArticle, SummarisedArticle
    from pipeline.readings import Reading
    from pipeline.reporting import article_rows, mark_chosen, render

    attack = "</script><script>alert(1)</script>"
    metrics = json.loads((workspace / "reports/metrics.json").read_text())
    clean = json.loads((workspace / "reports/clean.json").read_text())
    plots = {}
    for path in (workspace / "reports/plots").glob("*.csv"):
        with path.open() as file:
            plots[path.stem] = list(csv.DictReader(file))
    for point in plots["trade"]:
        point["least_support"] = float(point["least_support"])
    scores = json.loads((workspace / "data/evaluation.jsonl").read_text().splitlines()[0])["summaries"]
    article = LabelledArticle("x", "sport", "test", attack, [attack, attack])
    row = {"id": "x", "topic": "sport", "predicted": "sport", "probability": 1.0, "abstained": attack,
           "probabilities": {"sport": 1.0}, "summaries": scores, "evidence": {"topic": "sport", "against": attack,
           "words": [{"text": attack, "log_odds": 1.0}], "sentences": [{"text": attack, "log_odds": 1.0}]}}  # fmt: skip
    summary = SummarisedArticle("x", "whole", attack, attack, attack, None, attack, "abstractive", attack, [attack])
    reading = Reading("x", "0" * 12, "abstractive", "grave", attack, attack)
    mark_chosen(plots["trade"], 0.5)
    cut = [{"id": "x", "line": 1, "text": attack, "reason": "teaser"}]
    mistake = {"articles": "own", "source": attack, "label": attack, "best": attack, "probability": 1.0,
               "abstained": None, "title": attack, "text": attack}  # fmt: skip
    suspect = {"id": attack, "title": attack, "topic": attack, "seems": attack, "probability": 1.0}
    metrics["transfer"]["own"]["mistakes"] = [{"label": attack, "best": attack, "articles": 1}]
    clean["about"] = attack
    rows = article_rows([article], [row], [summary], cut, [reading])
    page = render(metrics, clean, plots, rows, [mistake], [suspect], {"x": attack})
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 20


def test_unsupported_words_are_marked_once_each():
    assert marked("Blair left.", "Paris: Blair left Paris 3 times.") == [
        ("Paris", True), (": Blair left ", False), ("Paris", True), (" ", False), ("3", True), (" times.", False),
    ]  # fmt: skip

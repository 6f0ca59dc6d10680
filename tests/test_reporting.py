"""The report: one file that asks for nothing, and in which articles stay text."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import click
import pytest
import yaml
from lxml import html
from report_findings import ATTACK, attacked, findings_of
from small_run import ROOT, script

from pipeline.__main__ import Verbs
from pipeline.articles import LabelledArticle
from pipeline.charts import NAMES
from pipeline.files import read_jsonl
from pipeline.reporting import TEMPLATES, render, templates_sha256
from pipeline.shown_articles import PROBLEMS, article_rows, marked


@pytest.fixture(scope="module")
def page(workspace):
    return (workspace / "reports" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree(page):
    return html.document_fromstring(page)


def shown(page: str) -> list[dict]:
    """The articles of the page's JSON block."""
    return json.loads(html.document_fromstring(page).get_element_by_id("data").text)["articles"]


def test_the_report_asks_for_nothing_from_elsewhere(page, tree):
    links = [
        value for name in ("href", "src", "srcset", "action", "data", "poster") for value in tree.xpath(f"//@{name}")
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.findall(r"@import|url\(", page)
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")


def test_only_the_scripts_of_the_template_may_run(page, tree):
    data, script = tree.xpath("//script")
    assert data.get("type") == "application/json"
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert not tree.xpath("//@*[starts-with(name(), 'on')]")


def test_every_test_article_is_shown(workspace, page):
    rows = list(read_jsonl(workspace / "data" / "evaluation.jsonl"))
    assert rows
    assert sorted(row["id"] for row in rows) == sorted(article["id"] for article in shown(page))


def test_links_lead_somewhere_and_ids_are_there_once(page, tree):
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    articles = {f"#article={article['id'].replace('/', '%2F')}" for article in shown(page)}
    links = {link.replace("/", "%2F") for link in tree.xpath("//a/@href")}
    assert links <= {f"#{name}" for name in ids} | articles


def test_controls_tables_and_charts_say_what_they_are(tree):
    assert all(control.getparent().tag == "label" for control in tree.xpath("//input | //select"))
    assert all("".join(button.itertext()).strip() for button in tree.xpath("//button"))
    assert len(tree.xpath("//svg[@role='img'][@aria-label]/title")) == len(NAMES)
    assert all(cell.get("scope") for cell in tree.xpath("//th"))
    assert all(region.get("aria-label") for region in tree.xpath("//*[@role='region']"))


def test_cells_of_the_confusion_matrix_count_the_articles_they_list(page, tree):
    cells = tree.xpath("//table[@class='confusion']//button")
    pairs = [(article["topic"], article["predicted"]) for article in shown(page)]
    assert [int(cell.text) for cell in cells] == [
        pairs.count((cell.get("data-topic"), cell.get("data-predicted"))) for cell in cells
    ]
    assert sum(int(cell.text) for cell in cells) == len(pairs)


def test_seconds_of_the_stages_are_shown_where_they_were_measured(workspace):
    timing = {"processor": "Made-up 9", "processors": 2, "load_at_the_start": 0.1,
              "stages": {"clean": {"seconds": 41.2, "processor_seconds": 55.6}}}  # fmt: skip
    findings = findings_of(workspace)
    assert "Not measured" in render(findings)
    page = render(replace(findings, timing=timing))
    assert "Made-up 9" in page
    assert "<td>41</td><td>56</td>" in page


def test_the_sample_is_of_these_templates_and_of_seeds_alone():
    sample = (ROOT / "docs" / "sample-report.html").read_text(encoding="utf-8")
    assert f"templates {templates_sha256()[:16]}" in sample, "run `make sample` and commit what it writes"
    known = {path.stem for path in (ROOT / "seeds" / "articles").glob("*.md")}
    known |= {f"pages/{path.stem}" for path in (ROOT / "seeds" / "pages").glob("*.txt")}
    known |= {row["id"] for row in read_jsonl(ROOT / "seeds" / "briefs.jsonl")}
    assert {article["id"] for article in shown(sample)} <= known
    assert any("cut" in block for article in shown(sample) for block in article["blocks"])
    assert len(sample) < 1_500_000
    assert (ROOT / "docs" / "sample-report.png").stat().st_size < 300_000


def test_the_sample_is_made_by_commands_that_exist(tmp_path):
    for _, _, _, stage, *words in script("write_sample_report").stages(tmp_path):
        command = Verbs().get_command(click.Context(click.Command("x")), stage)
        assert command.make_context(stage, words).params


def test_the_stage_depends_on_every_template():
    deps = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["report"]["deps"]
    named = {dep.removeprefix("pipeline/templates/report/") for dep in deps if "/templates/" in dep}
    assert named == {part.name for part in TEMPLATES.iterdir()}


def test_articles_are_escaped(workspace):
    page = render(attacked(findings_of(workspace)))
    assert len(html.document_fromstring(page).xpath("//script")) == 2
    assert page.count("<script") == 2
    assert "<!--" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 12
    (article,) = shown(page)
    assert article["blocks"][0]["sentences"][0].startswith("</script><script>")
    assert article["reading"]["finding"] == ATTACK


def test_cut_lines_stand_where_they_were_cut():
    article = LabelledArticle("x", "sport", "test", "Cup final", ["They won.", "They sang."])
    cut = [
        {"id": "x", "line": 1, "text": "Menu", "reason": "navigation", "paragraphs_before": 0},
        {"id": "x", "line": 4, "text": "Read more", "reason": "teaser", "paragraphs_before": 1},
        {"id": "x", "line": 6, "text": "About us", "reason": "footer", "paragraphs_before": 2},
    ]
    row = {"id": "x", "topic": "sport", "predicted": "sport", "probability": 1.0, "abstained": None,
           "summaries": {"whole": None, "body": None}}  # fmt: skip
    (found,) = article_rows([article], [row], [], cut, [])
    texts = [block.get("cut") or block["sentences"][0] for block in found["blocks"]]
    assert texts == ["Cup final", "Menu", "They won.", "Read more", "They sang.", "About us"]


def test_sentences_of_a_summary_name_the_sentences_that_support_them(page):
    summarised = [article for article in shown(page) if article["summary"] and article["summary"]["sentences"]]
    assert summarised
    for article in summarised:
        sentences = [sentence for block in article["blocks"] for sentence in block.get("sentences", ())]
        for claim in article["summary"]["sentences"]:
            text = "".join(piece for piece, _ in claim["pieces"])
            assert all(number < len(sentences) for number in claim["support"])
            if text in sentences:
                assert text in [sentences[number] for number in claim["support"]]


def test_problems_are_those_of_the_menu(page, tree):
    menu = {option.get("value") for option in tree.xpath("//select[@name='problem']/option")}
    assert menu == {"", "some", *PROBLEMS}
    assert {problem for article in shown(page) for problem in article["problems"]} <= set(PROBLEMS)


def test_unsupported_words_are_marked_once_each():
    assert marked("Paris: Blair left Paris 3 times.", ["Paris", "3"]) == [
        ("Paris", True), (": Blair left ", False), ("Paris", True), (" ", False), ("3", True), (" times.", False),
    ]  # fmt: skip

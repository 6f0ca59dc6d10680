"""Write docs/sample-report.html and its picture: the report on texts of `seeds/` alone, made by the stages themselves.

Needs the models that `make repro` makes, and for the picture an installed Chromium. What it shows: the own articles and
every so-manieth brief whose ids fall into the test split, as in the real run, and some pages with their clutter.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import yaml

from pipeline.files import read_jsonl, write_jsonl, write_text

ROOT = Path(__file__).parent.parent
SEEDS, DOCS = ROOT / "seeds", ROOT / "docs"
# Of the briefs every so-manieth is an article of the sample's corpus, and as many others are its other news.
EVERY_BRIEF = 12
ABOUT = (
    "articles, short items and pages that were written for this project, in which no person, company or event is real"
)
# The picture: so wide and high, the opening and the reader without what stands between them.
WIDTH, HEIGHT = 1240, 1180
PICTURE_STYLE = "main > section:not(#articles), #articles > p, #tools { display: none } h2 { margin-top: 1.2rem }"


def articles() -> list[dict[str, Any]]:
    """The own articles of a topic, with their reference summaries."""
    posts = (frontmatter.load(str(path)) for path in sorted((SEEDS / "articles").glob("*.md")))
    return [{**post.metadata, "text": post.content} for post in posts if "summary" in post.metadata]


def pages() -> list[dict[str, Any]]:
    """The pages of sample_pages.yaml, clutter and all."""
    chosen = yaml.safe_load((DOCS / "sample_pages.yaml").read_text(encoding="utf-8"))
    return [
        {
            "id": f"pages/{entry['page']}",
            "topic": entry["topic"],
            "text": (SEEDS / "pages" / f"{entry['page']}.txt").read_text(encoding="utf-8"),
            "summary": entry["summary"],
        }
        for entry in chosen
    ]


def prepare(folder: Path) -> None:
    """Lay out what the stages read: a corpus, other news, reference summaries, settings, what is not made anew."""
    briefs = list(read_jsonl(SEEDS / "briefs.jsonl"))
    summarised = articles() + pages()
    write_jsonl(folder / "corpus.jsonl", summarised + briefs[::EVERY_BRIEF])
    write_jsonl(folder / "own.jsonl", briefs[EVERY_BRIEF // 2 :: EVERY_BRIEF])
    write_jsonl(folder / "summaries.jsonl", ({"id": row["id"], "summary": row["summary"]} for row in summarised))
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["corpus"] = {"path": "corpus.jsonl", "about": ABOUT, "layout": "page"}
    write_text(folder / "params.yaml", yaml.safe_dump(params, sort_keys=False))
    known = {row["id"] for row in [*summarised, *briefs]}
    suspects = read_jsonl(ROOT / "data" / "suspects.jsonl")
    write_jsonl(folder / "data" / "suspects.jsonl", (row for row in suspects if row["id"] in known))
    (folder / "plots").mkdir()
    shutil.copy(ROOT / "reports" / "plots" / "trade.csv", folder / "plots")


def stages(folder: Path) -> Iterator[list[str]]:
    """The stages that make the report, as in dvc.yaml, on the files of a folder."""
    data, clean = folder / "data", folder / "data" / "clean"
    params = ["--params", folder / "params.yaml"]
    models, metrics = ["--models", ROOT / "models"], ["--metrics", folder / "metrics.json"]
    plots, reading = ["--plots", folder / "plots"], ["--reading", SEEDS / "reading.jsonl"]
    own = ["--own", folder / "own.jsonl"]
    into = ["--into", clean, "--metrics", folder / "clean.json"]
    summaries = data / "summaries.jsonl"
    evaluated = ["--out", data / "evaluation.jsonl", "--mistakes", data / "mistakes.jsonl"]
    written = ["--reading-page", folder / "reading.md", "--out", DOCS / "sample-report.html"]
    for words in (
        ["clean", folder / "corpus.jsonl", *own, *into, *params],
        ["summarise", clean / "articles.jsonl", folder / "summaries.jsonl", *models, "--out", summaries],
        ["evaluate", clean / "articles.jsonl", summaries, *models, "--own", clean / "own.jsonl", *reading, *evaluated,
         *metrics, "--scores", folder / "scores.json", *plots, *params],
        ["report", data, *models, *metrics, "--clean-metrics", folder / "clean.json", *plots, *reading, *written,
         *params],
    ):  # fmt: skip
        yield [sys.executable, "-m", "pipeline", *map(str, words)]


def picture(page: Path, out: Path, chromium: str) -> None:
    """A picture of the page in Chromium: its opening and its reader, where a summary's sentence marks its support."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        window = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        window.goto(page.as_uri())
        window.locator("[name=words]").fill("vantrel")
        window.add_style_tag(content=PICTURE_STYLE)
        window.locator(".claims button").first.focus()
        window.evaluate("scrollTo(0, 0)")
        window.screenshot(path=out)
        browser.close()


def main() -> None:
    """Write the page, and its picture where Chromium is installed."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for command in stages(Path(folder)):
            subprocess.run(command, cwd=ROOT, check=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("docs/sample-report.png is as it was: no chromium or google-chrome on PATH to take it with")
    picture(DOCS / "sample-report.html", DOCS / "sample-report.png", chromium)


if __name__ == "__main__":
    main()

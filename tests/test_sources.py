"""Labelled news of any format, by one parameter block."""

import csv
import gzip
import json
import shutil
import subprocess

import pytest
import yaml
from click.testing import CliRunner
from small_run import ROOT, prepare, repro, small_corpus

from pipeline.corpus import command
from pipeline.files import read_jsonl
from pipeline.hub import HUB_FILE, HubDataset, fetch_dataset
from pipeline.records import StageError

# What the columns are called there, and what a number stands for.
COLUMNS = {"text": "body", "title": "headline", "label": "section", "id": "key"}
NUMBERS = {"business": 0, "entertainment": 1, "politics": 2, "science-and-technology": 3, "sport": 4}
ROWS = [
    {"key": f"a{number}", "headline": article["title"], "body": article.content, "section": NUMBERS[article["topic"]]}
    for number, article in enumerate(small_corpus())
]


def write(path, rows):
    """Rows in the format that the name says."""
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return
    open_file = gzip.open if path.suffix == ".gz" else open
    with open_file(path, "wt", encoding="utf-8", newline="") as file:
        if ".csv" in path.name:
            writer = csv.DictWriter(file, list(ROWS[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def cleaned(tmp_path, source, **block):
    """What `clean --into` says, and what it writes, under a parameter block."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["corpus"] |= {
        **COLUMNS,
        "path": str(source),
        "map": {str(n): topic for topic, n in NUMBERS.items()},
        **block,
    }
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    arguments = [str(source), "--into", str(tmp_path / "clean"), "--params", str(tmp_path / "params.yaml")]
    return CliRunner().invoke(command, arguments), tmp_path / "clean"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.parquet", "folder"])
def test_every_format_gives_the_same_articles(tmp_path, name):
    source = tmp_path / name
    if name == "folder":
        source.mkdir()
        write(source / "first.csv", ROWS[:9])
        write(source / "second.parquet", ROWS[9:])
    else:
        write(source, ROWS)
    done, folder = cleaned(tmp_path, source)
    assert done.exit_code == 0, done.output
    articles = {row["id"]: row for row in read_jsonl(folder / "articles.jsonl")}
    topics = {number: topic for topic, number in NUMBERS.items()}
    assert {key: row["topic"] for key, row in articles.items()} == {row["key"]: topics[row["section"]] for row in ROWS}
    assert all(articles[row["key"]]["title"] == row["headline"] for row in ROWS)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_bad_rows_are_listed_with_file_and_line_and_the_rest_is_used(tmp_path, name):
    source = tmp_path / name
    write(source, [ROWS[0], {**ROWS[1], "section": 9}, {**ROWS[2], "section": None}, ROWS[3]])
    done, folder = cleaned(tmp_path, source)
    assert done.exit_code == 0, done.output
    rejected = list(read_jsonl(folder / "rejected.jsonl"))
    first = {"a.csv": 1 + 1 + lines_of(ROWS[0]), "a.jsonl": 2, "a.parquet": 2}[name]
    second = {"a.csv": first + lines_of(ROWS[1]), "a.jsonl": 3, "a.parquet": 3}[name]
    assert [row["source"] for row in rejected] == [f"{source}:{first}", f"{source}:{second}"]
    assert [row["reason"] for row in rejected] == ["unknown topic"] * 2
    assert f"{source}:{first}: unknown topic: topic is '9'; known topics: business" in done.stderr
    assert "2 left out: 2 unknown topic (clean.least_words is 20)" in done.stderr
    assert len(list(read_jsonl(folder / "articles.jsonl"))) == 2


def test_integers_of_a_column_with_gaps_are_integers(tmp_path):
    write(
        tmp_path / "a.parquet",
        [{**row, "section": float(row["section"])} for row in ROWS] + [{**ROWS[0], "section": None}],
    )
    done, folder = cleaned(tmp_path, tmp_path / "a.parquet")
    assert done.exit_code == 0, done.output
    assert len(list(read_jsonl(folder / "articles.jsonl"))) == len(ROWS)


def lines_of(row):
    """How many lines a row takes in a CSV file."""
    return 1 + row["body"].count("\n")


def test_a_label_mapped_to_no_topic_is_refused_by_name(tmp_path):
    write(tmp_path / "a.jsonl", ROWS)
    done, _ = cleaned(tmp_path, tmp_path / "a.jsonl", map={"0": "sprot"})
    assert isinstance(done.exception, StageError)
    assert "a.jsonl (label: topic): 'sprot' is no topic; known topics: business" in str(done.exception)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    for name in ("a.csv", "a.parquet"):
        write(tmp_path / name, ROWS)
        for role in ("text", "title", "label", "id"):
            done, _ = cleaned(tmp_path, tmp_path / name, **{role: "sektion"})
            said = "no column 'sektion'; found columns: key, headline, body, section"
            assert said in str(done.exception), (name, role)


def test_a_hubs_news_is_read_from_where_it_is_fetched_to(tmp_path):
    done, _ = cleaned(tmp_path, tmp_path / "a.jsonl", hub={"name": "someone/news"})
    assert "with hub, path must be data/fetched/hub.jsonl" in str(done.exception)


def hub_folder(folder, rows):
    """A data set as a hub holds it: Parquet, with classes."""
    from datasets import ClassLabel, Dataset, Features, Value

    kinds = {"key": Value("string"), "headline": Value("string"), "body": Value("string")}
    features = Features({**kinds, "section": ClassLabel(names=list(NUMBERS))})
    folder.mkdir()
    Dataset.from_list(rows, features=features).to_parquet(str(folder / "train-00000-of-00001.parquet"))
    return folder


def test_a_data_set_of_a_hub_is_streamed_with_its_classes_by_name(tmp_path):
    folder = hub_folder(tmp_path / "news", [*ROWS, {**ROWS[0], "section": -1}])
    fetch_dataset(HubDataset(name=str(folder)), tmp_path / "all.jsonl")
    fetch_dataset(HubDataset(name=str(folder), rows=7), tmp_path / "some.jsonl")
    names = list(NUMBERS)
    expected = [{**row, "section": names[row["section"]]} for row in ROWS] + [{**ROWS[0], "section": None}]
    assert list(read_jsonl(tmp_path / "all.jsonl")) == expected
    assert list(read_jsonl(tmp_path / "some.jsonl")) == expected[:7]


def test_a_data_set_that_cannot_be_had_is_named(tmp_path):
    folder = hub_folder(tmp_path / "news", ROWS)
    with pytest.raises(StageError, match=r"corpus.hub: '.*news', split 'tset', could not be fetched: .*tset"):
        fetch_dataset(HubDataset(name=str(folder), split="tset"), tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_the_graph_runs_on_a_hubs_news_without_reference_summaries(workspace, tmp_path):
    """Another corpus by its parameter block alone: fetched, cleaned, learnt from, summarised, evaluated, reported."""
    environment = prepare(tmp_path)
    halves = [{**row, "key": f"{row['key']}-half", "body": row["body"][len(row["body"]) // 2 :]} for row in ROWS]
    hub_folder(tmp_path / "news", [*ROWS, *halves])
    params = yaml.safe_load((tmp_path / "params.yaml").read_text(encoding="utf-8"))
    params["corpus"] |= {**COLUMNS, "path": f"data/fetched/{HUB_FILE}", "hub": {"name": "./news"}, "about": "Ours."}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    shutil.copytree(workspace / "models" / "adapter", tmp_path / "models" / "adapter")
    subprocess.run(["dvc", "freeze", "adapt"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    repro(tmp_path, environment)
    metrics = json.loads((tmp_path / "reports" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["topics"]["articles"]
    assert metrics["summaries"]["reading"]["summaries"] == 0
    assert "whole" not in metrics["summaries"]
    assert metrics["summaries"]["body"]["articles"]
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert "The corpus: Ours." in page

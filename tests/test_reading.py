"""Every kind of input, and what is said of those that cannot be read."""

import gzip
import io
import json

import pytest

from pipeline.bounded import Utf16AsUtf8
from pipeline.reading import MAX_BYTES, read_page, read_pages
from pipeline.records import ArticleError

TEXT = "Ferry fares rise\n\nHarbour ferries will cost more from May, the council has said."


def test_pages_of_a_folder_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b.txt").write_text(TEXT)
    (tmp_path / "a.html").write_text("<html><p>Hello</p></html>")
    (tmp_path / "sport").mkdir()
    (tmp_path / "sport" / "c.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    pages = list(read_pages(str(tmp_path)))
    assert [page.source.rsplit("/", 1)[-1] for page in pages] == ["a.html", "b.txt", "c.txt.gz"]
    assert [page.topic for page in pages] == [None, None, "sport"]
    assert pages[2].text == TEXT


def test_a_bad_line_of_jsonl_is_named_and_the_rest_read(tmp_path):
    rows = [json.dumps({"text": TEXT, "topic": "business", "id": 7}), "{broken", "[1]", json.dumps({"body": "x"})]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    good, broken, listed, without = read_pages(str(tmp_path / "a.jsonl"))
    assert (good.text, good.topic, good.id) == (TEXT, "business", "7")
    assert broken.source.endswith("a.jsonl:2")
    assert "not a JSON object" in broken.error
    assert "found list" in listed.error
    assert "found columns: body" in without.error


def test_csv_cells_are_decoded_one_by_one(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"title,text,label\nCaf\xc3\xa9,It cost \xa3600m to build.,business\n")
    (page,) = read_pages(str(tmp_path / "a.csv"))
    assert page.text == "Café\n\nIt cost £600m to build."
    assert page.topic == "business"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_missing_column_is_named(tmp_path, name):
    if name == "a.csv":
        (tmp_path / name).write_text("headline,body\nx,y\n")
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"headline": ["x"], "body": ["y"]}), tmp_path / name)
    (page,) = read_pages(str(tmp_path / name))
    assert "'text'" in page.error
    assert "headline, body" in page.error


def test_tables_in_utf_16_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("text,topic\nIt cost £600m to build.,business\n", encoding="utf-16")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": "Café"}, ensure_ascii=False) + "\n", encoding="utf-16")
    assert [page.text for page in read_pages(str(tmp_path))] == ["It cost £600m to build.", "Café"]


def zst(content: bytes) -> bytes:
    import pyarrow

    return pyarrow.compress(content, codec="zstd", asbytes=True)


def test_zst_is_read_as_gz_is(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": [TEXT]}), tmp_path / "plain")
    rows = json.dumps({"text": TEXT, "id": 1}).encode() + b"\n"
    contents = {
        "a.txt": TEXT.encode(),
        "b.jsonl": rows,
        "c.csv": f'text\n"{TEXT}"\n'.encode("utf-16"),
        "d.parquet": (tmp_path / "plain").read_bytes(),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.zst").write_bytes(zst(content))
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    pages = list(read_pages(str(tmp_path)))
    assert [page.error for page in pages] == [None] * 8
    assert {page.text for page in pages} == {TEXT}
    (tmp_path / "e.txt.zst").write_bytes(zst(TEXT.encode() * 99)[:-9])
    assert "could not be read" in next(read_pages(str(tmp_path / "e.txt.zst"))).error


def test_a_pattern_stands_for_what_it_matches(tmp_path):
    for name in ("b/2.txt", "a/1.txt", "a/c/3.txt", "4.txt", "5.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text\n")
    found = [page.source.removeprefix(f"{tmp_path}/") for page in read_pages(f"{tmp_path}/**/*.txt")]
    assert found == ["4.txt", "a/1.txt", "a/c/3.txt", "b/2.txt"]
    assert len(list(read_pages(f"{tmp_path}/?"))) == 3  # the folders a and b
    (page,) = read_pages(f"{tmp_path}/*.md")
    assert "no such file" in page.error


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.zst", "a.csv"])
def test_a_line_without_end_is_refused_by_size_read(tmp_path, name):
    content = b"text\nIt rained.\n" if ".csv" in name else b'{"text": "It rained."}\n'
    content += b"x" * (2 * MAX_BYTES)
    packed = {".gz": gzip.compress, ".zst": zst}.get(name[name.rindex(".") :], bytes)(content)
    (tmp_path / name).write_bytes(packed)
    good, endless = read_pages(str(tmp_path / name))
    assert good.text == "It rained."
    assert f"longer than {MAX_BYTES:,}" in endless.error


@pytest.mark.parametrize("size", [16, 17, 8192])
def test_text_in_utf_16_is_read_in_pieces_of_any_size(tmp_path, size):
    text = "Café 😀 £\n" * 3000
    (tmp_path / "a").write_text(text, encoding="utf-16")
    with (tmp_path / "a").open("rb") as file:
        assert b"".join(io.BufferedReader(Utf16AsUtf8(file), size)).decode() == text


def test_an_empty_folder_is_named(tmp_path):
    (page,) = read_pages(str(tmp_path))
    assert "holds no page" in page.error


def test_one_page_is_asked_of_a_table(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n')
    with pytest.raises(ArticleError, match="holds more than one page"):
        read_page(str(tmp_path / "a.jsonl"))


def test_two_columns_of_parquet_with_one_name_are_the_files_fault(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_arrays([pa.array([TEXT])] * 2, names=["text", "text"]), tmp_path / "a.parquet")
    (page,) = read_pages(str(tmp_path / "a.parquet"))
    assert page.error == "could not be read: column 'text' stands in it twice: rename one of them"


def test_parquet_rows_are_read(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": [TEXT, None], "topic": ["business", "sport"]}), tmp_path / "a.parquet")
    good, empty = read_pages(str(tmp_path / "a.parquet"))
    assert (good.text, good.topic) == (TEXT, "business")
    assert empty.error


@pytest.mark.parametrize(("kind", "value"), [("date32", 2**31 - 1), ("date64", 10**18)])
def test_a_value_that_python_cannot_hold_costs_its_row_alone(tmp_path, kind, value):
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = pa.array([value, 86_400_000 if kind == "date64" else 1], kind)
    pq.write_table(pa.table({"text": ["a", TEXT], "id": ids}), tmp_path / "a.parquet")
    beyond, good = read_pages(str(tmp_path / "a.parquet"))
    assert beyond.source.endswith("a.parquet:1")
    assert "a value of it is none in Python" in beyond.error
    assert good.text == TEXT


def test_a_time_zone_that_nobody_knows_is_said_row_by_row(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = pa.array([1, 2], pa.timestamp("us", tz="No/Where"))
    pq.write_table(pa.table({"text": [TEXT, TEXT], "id": ids}), tmp_path / "a.parquet")
    assert ["No/Where" in page.error for page in read_pages(str(tmp_path / "a.parquet"))] == [True, True]


def test_markdown_front_matter_gives_title_topic_and_id(tmp_path):
    (tmp_path / "a.md").write_text("---\nid: fares\ntopic: business\ntitle: Fares rise\n---\n\nThey rise.\n")
    (page,) = read_pages(str(tmp_path / "a.md"))
    assert (page.text, page.topic, page.id) == ("Fares rise\n\nThey rise.", "business", "fares")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF", "'.pdf' is not a kind of file this reads"),
        ("a.txt.gz", b"not gzip", "could not be read"),
        ("b.txt.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 40, "could not be read"),
        ("a.parquet", b"PAR1", "could not be read"),
        ("a.md", b"---\ntitle: [open\n---\ntext", "front matter is not YAML"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    (page,) = read_pages(str(tmp_path / name))
    assert said in page.error


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ArticleError, match="missing.txt: could not be read: no such file"):
        read_page(str(tmp_path / "missing.txt"))


def test_rows_of_csv_are_named_by_the_line_they_begin_on(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text,topic\n\n\nabc,sport\n"x\ny",sport\n\nz,sport\nshort\n')
    pages = list(read_pages(str(path)))
    assert [page.source for page in pages] == [f"{path}:{line}" for line in (4, 5, 8, 9)]
    assert [page.text for page in pages] == ["abc", "x\ny", "z", "short"]
    assert pages[-1].topic is None

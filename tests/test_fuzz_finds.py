"""What a fuzzer found stays mended; and its targets notice what breaks their laws."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fuzzing import targets
from fuzzing.seeds import WORDS, dictionary_of, seeds_of
from fuzzing.targets import TARGETS
from pipeline.figures import Weights

FINDS = sorted((Path(__file__).parent / "finds").glob("*/*"))
STORY = "Harbour ferries will cost more from May, the council has said."
# Some inputs that any target can make something of.
HANDWRITTEN = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xfe\xff\x00a\x00\n\x00{",
    STORY.encode(),
    f"Menu\n{STORY}\nRead More »\f{STORY}".encode(),
    f"text,topic\n{STORY},a\n\n,b\n".encode(),
    json.dumps({"text": STORY, "id": [1]}).encode() + b"\n\n[" + b"\n[" * 2 + b"[" * 20_000,
    b"---\ntitle: a\nid: 0x" + b"f" * 5000 + b"\n---\n" + STORY.encode(),
]


@pytest.mark.parametrize("find", FINDS, ids=lambda find: f"{find.parent.name}/{find.name}")
def test_a_find_stays_mended(find):
    TARGETS[find.parent.name](find.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_the_laws_hold_for_what_a_fuzzer_begins_with(target):
    for raw in [*HANDWRITTEN, *list(seeds_of(target))[:5]]:
        TARGETS[target](raw)


def test_each_target_has_words_that_libfuzzer_can_read():
    assert set(WORDS) == set(TARGETS)
    assert dictionary_of("packed") == '"\\x1f"\n'


def without_the_last(read):
    return lambda *given: list(read(*given))[:-1]


def with_more(read):
    return lambda *given: [page if page.error else replace(page, text=f"{page.text}b") for page in read(*given)]


def with_escapes(read):
    return lambda *given: [replace(page, text="", error="\x1b[2J") for page in read(*given)]


def with_another_text(clean):
    return lambda page: replace(clean(page), text="a")


def with_nothing_dropped(clean):
    return lambda page: replace(clean(page), dropped=())


def of_the_beginning(check):
    return lambda article, summary: check(article, summary[:10])


def unchecked(_):
    return lambda *_: Weights(float("nan"), {}, frozenset())


ROWS = json.dumps({"text": STORY}).encode() + b"\n{\n" + json.dumps({"text": "a", "id": 1}).encode()


@pytest.mark.parametrize(
    ("target", "raw", "name", "sabotage", "said"),
    [
        ("rows_jsonl", ROWS, "read_pages", without_the_last, "a cut .gz is taken for whole"),
        ("rows_jsonl", ROWS, "_numbers", without_the_last, "a row is lost"),
        ("rows_csv", b"text\na\nb\n", "_lines_of_rows", without_the_last, "a row is lost"),
        ("rows_jsonl", ROWS, "read_pages", with_more, "written and read again"),
        ("pages_txt", b"a", "read_pages", with_escapes, "control characters are printed"),
        ("text", STORY.encode(), "clean", with_another_text, "no partition"),
        ("text", f"Menu\n{STORY}".encode(), "clean", with_nothing_dropped, "no partition"),
        ("grounding", b"It rained.\fIt rained. It snowed.", "check", of_the_beginning, "a sentence is lost"),
        ("weights", b"{}", "weights_from", unchecked, "no finite numbers"),
    ],
)
def test_a_target_notices_what_breaks_its_law(monkeypatch, target, raw, name, sabotage, said):
    TARGETS[target](raw)
    monkeypatch.setattr(targets, name, sabotage(getattr(targets, name)))
    with pytest.raises(AssertionError, match=said):
        TARGETS[target](raw)


def test_an_error_that_is_not_documented_is_a_find(monkeypatch):
    def broken(*_):
        raise csv.Error("not caught")

    monkeypatch.setattr(targets, "read_pages", broken)
    with pytest.raises(csv.Error):
        TARGETS["rows_csv"](b"text\na\n")

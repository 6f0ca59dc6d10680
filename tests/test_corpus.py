"""From labelled pages to splits without duplicates."""

from collections import Counter
from pathlib import Path

import pytest

from pipeline.corpus import CleanSettings, article_id, clean_corpus, make_corpus, split_of
from pipeline.reading import Page, read_pages
from pipeline.records import StageError
from pipeline.taxonomy import names_by_label, read_topics

SETTINGS = CleanSettings(
    taxonomy=Path("seeds/topics.yaml"),
    validation_share=0.2,
    test_share=0.2,
    near_duplicate_similarity=0.8,
    least_words=20,
    own_least_words=5,
)
NAMES = names_by_label(read_topics(SETTINGS.taxonomy))
PAGES = [(page.id, page) for page in read_pages("seeds/articles")]


def test_splits_have_their_shares():
    splits = Counter(split_of(str(number), 0.15, 0.15) for number in range(10_000))
    assert splits["test"] == pytest.approx(1500, abs=150)
    assert splits["validation"] == pytest.approx(1500, abs=150)


def test_adding_articles_moves_none():
    few = {article.id: article.split for article in make_corpus(PAGES[:10], NAMES, SETTINGS, "article").articles}
    all_of_them = {article.id: article.split for article in make_corpus(PAGES, NAMES, SETTINGS, "article").articles}
    assert few.items() <= all_of_them.items()


def test_order_of_the_pages_does_not_matter():
    assert make_corpus(PAGES, NAMES, SETTINGS, "article") == make_corpus(PAGES[::-1], NAMES, SETTINGS, "article")


def test_duplicates_go_before_the_split_and_are_told_apart():
    name, page = PAGES[0]
    near = page.text.replace("the", "this", 1)
    pages = [(name, page), ("zz-exact", page), ("zz-near", Page("x", near, page.topic)), PAGES[1]]
    corpus = make_corpus(pages, NAMES, SETTINGS, "article")
    assert [article.id for article in corpus.articles] == sorted([name, PAGES[1][0]])
    assert [(found.id, found.reason, found.of) for found in corpus.rejected] == [
        ("zz-exact", "exact duplicate", name),
        ("zz-near", "near duplicate", name),
    ]


def test_equal_rows_and_ids_used_twice_lose_nothing():
    text, other = PAGES[0][1], PAGES[1][1]
    pages = [("same", text), ("same", text), ("shared", other), ("shared", PAGES[2][1])]
    corpus = make_corpus(pages, NAMES, SETTINGS, "article")
    assert [article.id for article in corpus.articles] == ["same", "shared"]
    assert [(found.id, found.reason) for found in corpus.rejected] == [
        ("same", "exact duplicate"),
        ("shared", "id used twice"),
    ]


def test_two_copies_of_a_wire_story_with_other_clutter_are_one():
    story = [
        f"The harbour council said on day {n} that the ferries would cost more from May, and why." for n in range(8)
    ]
    first = "\n".join(
        ["Menu", "Skip to main content", "Ferry fares rise", *story, "Read More »", "© 2026 The Quay Post"]
    )
    second = "\n".join(["Home | News | Sport | Sea", "Ferry fares rise", "By Ines Okafor", *story, "Related articles"])
    pages = [("a", Page("a", first, "business")), ("b", Page("b", second, "business"))]
    found = make_corpus(pages, NAMES, SETTINGS, "page")
    assert [article.id for article in found.articles] == ["a"]
    assert [(rejected.id, rejected.of) for rejected in found.rejected] == [("b", "a")]
    assert found.rejected[0].similarity is not None
    assert found.rejected[0].similarity > 0.9


def test_title_and_lede_stay_whatever_they_look_like():
    body = "The coach has made ten changes to the side that lost in Harrow, he said on Friday. " * 2
    article = make_corpus(
        [("a", Page("a", f"Team news\n\nShare\n\n{body}", "sport"))], NAMES, SETTINGS, "article"
    ).articles[0]
    assert (article.title, article.lede) == ("Team news", "Share")


def test_bad_articles_are_left_out_with_their_reason():
    bad = [
        ("a", Page("a", error="could not be read")),
        ("b", Page("b", PAGES[0][1].text, topic="sprot")),
        ("c", Page("c", "Too short.", topic="sport")),
    ]
    corpus = make_corpus([*bad, PAGES[0]], NAMES, SETTINGS, "article")
    assert [found.reason for found in corpus.rejected] == ["unreadable", "unknown topic", "too short"]
    assert "topic is 'sprot'; known topics: business" in corpus.rejected[1].detail
    assert len(corpus.articles) == 1


def test_labels_of_the_data_are_mapped_to_the_taxonomy():
    corpus = make_corpus([("a", Page("a", PAGES[0][1].text, topic="tech"))], NAMES, SETTINGS, "article")
    assert corpus.articles[0].topic == "science-and-technology"


def test_the_lede_is_the_reference_and_not_shown():
    article = make_corpus(PAGES[:1], NAMES, SETTINGS, "article").articles[0]
    assert article.lede == article.paragraphs[0]
    assert article.lede not in article.document.whole
    assert article.document.whole.startswith(article.title)


def test_ids_come_from_the_path_the_row_or_the_content():
    assert article_id(Page("corpus/sport/001.txt"), Path("corpus")) == "sport/001"
    assert article_id(Page("corpus.csv:2", "text", id="7"), Path("corpus.csv")) == "7"
    first, moved = Page("corpus.csv:2", "text"), Page("corpus.csv:9", "text")
    assert article_id(first, Path("corpus.csv")) == article_id(moved, Path("corpus.csv"))


def test_a_corpus_of_nothing_says_so(tmp_path):
    (tmp_path / "sprot").mkdir()
    (tmp_path / "sprot" / "a.txt").write_text(PAGES[0][1].text)
    with pytest.raises(StageError, match=r"no article left of 1 read; the first: .*sprot/a.txt: topic is 'sprot'"):
        clean_corpus(tmp_path, [], tmp_path / "out", tmp_path / "m.json", Path("params.yaml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("business", "expected a list of topics, found str"),
        ("- description: x", "topic 1: no name"),
        ("- {name: a, colour: red}", "unknown key 'colour'"),
        ("- {name: a, also_called: tech}", "also_called is 'tech', expected a list"),
        ("- {name: [", "is not YAML"),
        ("- {name: a}\n- {name: b, also_called: [a]}", "a stands for more than one topic"),
    ],
)
def test_a_wrong_taxonomy_is_named(tmp_path, text, said):
    (tmp_path / "topics.yaml").write_text(text)
    with pytest.raises(StageError, match=said):
        read_topics(tmp_path / "topics.yaml")

"""Predictions and articles for people: everything is told, and whatever a page held is escaped."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from IPython.lib.pretty import pretty

from pipeline.records import Article, Dropped, Evidence, Prediction, Weight

NASTY = "<script>alert(1)</script> & \"quotes\" </div> {{ 7 * 7 }} <img src=x onerror='alert(2)'>"
ANSWERED = Prediction(
    topic="sport",
    probability=0.93,
    probabilities={"sport": 0.93, "world": 0.069, "health": 0.001},
    evidence=Evidence("sport", "world", (Weight("goal", 1.25),), (Weight("A late goal won the match.", 2.5),)),
    summary="A late goal won the match.",
    summary_method="abstractive",
    engine="openvino 2026.4, float16",
    unsupported=("Smith",),
    article=Article("Late goal", "A late goal won the match.", "en", (Dropped(1, "Menu", "navigation"),)),
    notes=("read: the first 176 of 900 tokens",),
)
ABSTAINED = replace(
    ANSWERED, topic=None, abstained="below threshold 0.95: the best topic, sport, has 0.93", evidence=None
)
FAILED = Prediction(error="no article: the input is empty")
TOPICS_ONLY = Prediction(
    topic="sport", probability=0.93, probabilities={"sport": 0.93}, article=Article(None, "A goal.")
)


class Elements(HTMLParser):
    """What a browser makes of HTML: its elements, in balance, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def parsed(record) -> Elements:
    found = Elements(record._repr_html_())
    assert not found.open
    assert found.elements <= {"div", "b", "span", "p", "details", "summary"}  # nothing that runs, loads or leads away
    assert found.attributes <= {"style"}
    return found


def test_all_of_an_answer_is_shown():
    told = ("Late goal", "sport", "world", "93", "A late goal won the match.", "abstractive", "Smith", "goal")
    for text in (str(ANSWERED), parsed(ANSWERED).text):
        assert all(part in text for part in (*told, "first 176 of 900", "1 line: 1 navigation", "+1.25", "+2.50"))
    assert "openvino 2026.4, float16" in parsed(ANSWERED).text
    assert "health" not in parsed(ANSWERED).text  # one in a thousand


def test_a_terminal_of_ipython_shows_what_print_shows():
    for record in (ANSWERED, FAILED, ANSWERED.article):
        assert pretty(record) == str(record)


def test_an_abstention_says_why_and_what_came_closest():
    for text in (str(ABSTAINED), parsed(ABSTAINED).text):
        assert "none" in text
        assert ABSTAINED.abstained in text
    assert "93.0%" in parsed(ABSTAINED).text


def test_an_error_stands_alone():
    assert str(FAILED) == "error:   no article: the input is empty"
    assert "no article: the input is empty" in parsed(FAILED).text
    assert "topic" not in parsed(FAILED).text


def test_what_was_not_asked_for_is_not_shown():
    for text in (str(TOPICS_ONLY), parsed(TOPICS_ONLY).text):
        assert not any(name in text for name in ("summary", "note", "why", "cut", "None"))


@pytest.mark.parametrize(
    "record",
    [
        Prediction(error=NASTY),
        replace(
            ANSWERED,
            topic=NASTY,
            abstained=NASTY,
            probabilities={NASTY: 0.5},
            evidence=Evidence(NASTY, NASTY, (Weight(NASTY, 1.0),), (Weight(NASTY, 1.0),)),
            summary=NASTY,
            engine=NASTY,
            unsupported=(NASTY,),
            notes=(NASTY,),
            article=Article(NASTY, NASTY, "en", (Dropped(1, NASTY, NASTY),)),
        ),
        Article(NASTY, NASTY, NASTY, (Dropped(1, NASTY, NASTY),), byline=NASTY, date=NASTY),
    ],
    ids=["error", "prediction", "article"],
)
def test_whatever_a_page_holds_is_text(record):
    assert NASTY in parsed(record).text


def test_an_article_prints_as_its_text_and_shows_what_was_cut():
    assert str(ANSWERED.article) == "Late goal\n\nA late goal won the match."
    assert "1 navigation: Menu" in parsed(ANSWERED.article).text
    assert "No article is left." in parsed(Article(None, "")).text


def test_long_texts_are_wrapped_beside_their_names():
    lines = str(Prediction(summary="rain " * 60, summary_method="extractive")).splitlines()[2:]
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("summary: rain")
    assert all(line.startswith(" " * 9 + "rain") for line in lines[1:])

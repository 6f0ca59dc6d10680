"""Laws of cleaning, and how much of the project's own pages it gets right."""

import dataclasses
import gc
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_pages import PATHS

from pipeline import clean
from pipeline.cleaning import explanation
from pipeline.line_rules import REASONS
from pipeline.page import page_lines

REAL_LINES = [line for path in PATHS for line in path.read_text(encoding="utf-8").splitlines()]
pages = st.lists(st.one_of(st.sampled_from(REAL_LINES), st.text(max_size=60)), max_size=30).map("\n".join)

CLUTTERED = """Skip to main content

Council and ferry crews to meet in May over night rosters: union

Captain Ines Okafor said the talks will also cover pay and winter hours
Ferry crews and harbour staff at the quay during a strike on 12 April (Tidewire/File photo)

The council and the ferry crews have agreed to meet in May to discuss night rosters, the harbour union has said.

Ferry fares rise for the third time in a year
Read More »

"We have waited for this since the autumn, and we will come with figures," Captain Okafor told reporters.

Fewer boats at night

The last boat now leaves at nine. It did not, before the winter.

The Quay Post delivers independent coverage of the coast. To learn more about republishing this content, fill out this form.
"""


def test_a_cluttered_page_is_left_with_its_story():
    article = clean(CLUTTERED)
    assert article.title == "Council and ferry crews to meet in May over night rosters: union"
    assert [paragraph.split()[0] for paragraph in article.paragraphs] == ["Captain", "The", '"We', "Fewer", "The"]
    reasons = [dropped.reason for dropped in article.dropped]
    assert reasons == ["navigation", "caption", "teaser", "teaser", "footer"]


@given(pages)
@settings(max_examples=150, deadline=None)
def test_cleaning_is_idempotent(page):
    once = clean(page)
    again = clean(once.whole)
    assert (again.title, again.text, again.dropped) == (once.title, once.text, ())


@given(pages)
@settings(max_examples=150, deadline=None)
def test_kept_and_dropped_partition_the_page(page):
    article = clean(page)
    lines = {number: line for number, line in enumerate(page_lines(page), start=1) if line}
    dropped = {line.line for line in article.dropped}
    kept = [line for number, line in lines.items() if number not in dropped]
    assert dropped <= set(lines)
    assert sorted(kept) == sorted(filter(None, [article.title, *article.paragraphs]))
    assert all(line.reason in REASONS and lines[line.line] == line.text for line in article.dropped)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_string_is_answered_without_control_characters(page):
    whole = clean(page).whole
    assert all(character == "\n" or ord(character) >= 32 for character in whole)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Der Rat hat am Montag gesagt, dass die Fähre über den Hafen ab Mai deutlich teurer wird."),
        ("fr", "Le conseil a annoncé lundi que la traversée du port en ferry coûtera plus cher dès le mois de mai."),
        ("es", "El consejo anunció el lunes que desde mayo cruzar el puerto en ferry costará bastante más que antes."),
        ("ru", "Совет сообщил в понедельник, что с мая паром через гавань будет стоить заметно дороже, чем раньше."),
        ("ar", "قال المجلس يوم الاثنين إن أجرة العبارات التي تعبر الميناء سترتفع كثيرا ابتداء من مايو؟"),
        ("hi", "परिषद ने सोमवार को कहा कि मई से बंदरगाह पार करने वाली नौकाओं का किराया काफी बढ़ जाएगा।"),
        ("th", "สภาเมืองแถลงเมื่อวันจันทร์ว่าตั้งแต่เดือนพฤษภาคมค่าโดยสารเรือข้ามฟากในท่าเรือจะแพงขึ้นมากกว่าเดิม"),
        ("zh", "市议会星期一表示，从五月起，乘坐渡轮穿过港口的票价将大幅上涨，许多居民对此表示不满。"),
    ],
)
def test_stories_in_other_languages_are_kept(language, sentence):
    page = "Menu\n" + "\n".join(f"{sentence} {sentence} {number}." for number in range(4))
    article = clean(page)
    assert len(article.paragraphs) == 4
    assert article.language == language
    english = "The board of the harbour museum is made up of nine people who have given much of their time to it."
    assert set(clean(f"{page}\n{english}").paragraphs) >= set(article.paragraphs)


def test_explanation_gives_every_line():
    told = [line.split("\t", 1) for line in explanation(CLUTTERED).splitlines()]
    assert [line for _, line in told] == [line for line in page_lines(CLUTTERED) if line]
    assert told[0] == ["navigation", "Skip to main content"]


PIECES = [
    "a",
    "1",
    "<",
    "word ",
    "It was a fine day. ",
    "<p>x</p>",
    "Read More\n",
    "&amp;",
    " | ",
    "&lt;p",
    "Ã©",
    "harbour-\nmasters ",
    "(",
    "Jan 1 ",
    "by A ",
    "© ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_with_the_page_not_faster(piece):
    clean("warm up, so that no import is timed. " * 20)

    def seconds(times: int) -> float:
        page, before = f"{piece * times}\nIt rained on the quay, said the harbour master.", time.perf_counter()
        clean(page)
        return time.perf_counter() - before

    gc.collect()
    gc.freeze()  # what the other tests left behind is not the page's to walk through
    small, large = min(seconds(10_000) for _ in range(3)), min(seconds(100_000) for _ in range(3))
    gc.unfreeze()
    assert large < 12 * small + 0.5


@pytest.mark.parametrize(
    "page",
    [
        "<html><p>open <b>never closed <div><p>It rained all day on the quay, the harbour master said.",
        "<html>",
        "</p>" * 9,
    ],
)
def test_broken_html_is_answered(page):
    assert isinstance(clean(page).text, str)


WRAPPED = """Ferry fares rise

The council has said that harbour ferries will cost more from May,
and that the last boat will leave at nine, an hour earlier than it
has left since the old pier was closed. It also said that harbour-
masters were asked, and that none of them had been against it yet.

It did not say why.
"""


def test_wrapped_paragraphs_are_made_whole():
    article = clean(WRAPPED)
    assert article.title == "Ferry fares rise"
    assert [len(paragraph.split()) for paragraph in article.paragraphs] == [51, 5]
    assert "It also said that harbourmasters were asked" in article.text


def test_a_list_of_lines_of_one_length_is_not_wrapped():
    page = "\n".join(f"Council number {n} votes on the fares of harbour ferries" for n in range(10, 16))
    assert len(page_lines(page)) == len([line for line in page_lines(page) if line])


def test_layout_tells_the_story_from_what_stands_deeper():
    paragraphs = [f"The council has said for the {n}th time that ferries will cost more from May." for n in range(4, 9)]
    box = [f"      Ferry {n} has been late since the winter, its captain said." for n in range(3)]
    page = "\n\n".join(
        [
            "Home",
            "  News",
            *(f"    {line}" for line in paragraphs[:3]),
            *box,
            *(f"    {line}" for line in paragraphs[3:]),
        ]
    )
    assert clean("\n".join(["Menu", page])).paragraphs[:3] == paragraphs[:3]
    assert clean("\n".join(["Menu", page])).paragraphs[-2:] == paragraphs[3:]


def test_byline_date_and_standfirst_are_fields():
    body = " ".join(["Ferry fares will rise by a fifth in May, the council has said in a letter to the crews."] * 3)
    page = f"Menu\nFerry fares to rise in May\nCrews had asked the council for an answer\nBy Ines Okafor\n3 May 2026\n5 min read\n{body}"
    article = clean(page)
    assert (article.title, article.byline, article.date) == (
        "Ferry fares to rise in May",
        "By Ines Okafor",
        "3 May 2026",
    )
    assert article.standfirst == "Crews had asked the council for an answer"
    assert article.standfirst in article.paragraphs


def test_a_first_crosshead_does_not_cost_the_lead():
    lead = "The council has agreed to raise the fares of harbour ferries by a fifth from May, after a night of talks with the crews."
    more = "The crews want pay for the nights, and rosters that they can plan by, their union has said in a letter to the council."
    last = "The council has answered that it will come with figures, and that nobody should expect them before the end of June."
    article = clean(f"Menu\nFerry fares rise\nBy Ines Okafor\n{lead}\nWhat the crews want\n{more}\n{last}")
    assert article.title == "Ferry fares rise"
    assert article.paragraphs[:2] == [lead, "What the crews want"]


def test_what_is_said_of_the_author_at_the_end_is_dropped():
    lines = ["It rained all day on the quay, the harbour master said.", "Ines Okafor is a reporter for the Quay Post."]
    assert clean("\n\n".join(lines)).paragraphs == lines[:1]
    story = [lines[0], "Tom Hanks is the producer of a film on the ferries, which opens in May."]
    assert clean("\n\n".join(story)).paragraphs[:1] == story[:1]


def test_many_lines_about_someone_are_answered():
    page = "The council has said that it was late.\n\n" + "\n\n".join(["About Ines"] * 4000)
    assert clean(page).paragraphs[0] == "The council has said that it was late."


@pytest.mark.parametrize("depth", [260, 1_000, 100_000])
def test_html_is_read_at_any_depth(depth):
    story = "<h1>Ferry fares rise</h1><p>It rained all day on the quay, the harbour master said.</p>"
    article = clean(f"<html><body>{'<div>' * depth}{story}{'</div>' * depth}")
    assert (article.title, article.text) == (
        "Ferry fares rise",
        "It rained all day on the quay, the harbour master said.",
    )


def test_html_is_read_past_what_is_no_character():
    page = "<html><p>It rained all\ud800 day on the quay, he said.</p><p>It rained all\x00 night too, she has said.</p>"
    assert clean(page).paragraphs == [
        "It rained all day on the quay, he said.",
        "It rained all night too, she has said.",
    ]


@pytest.mark.parametrize(
    "page",
    [
        "The tags &lt;/p&gt; and &lt;/div&gt; close what the others have opened, he said.",
        "<html><p>The tags &lt;/p&gt; and &lt;/div&gt; close what the others have opened, he said.</p></html>",
        "The tags <\u200b/p> and <\u00ad/div> close what the others have opened, he said.",
        "# Of tags\n\n  ## And more\n\nThe tag </p> closes what the others have opened, he said.",
    ],
)
def test_tags_that_are_shown_are_not_read_as_html_the_second_time(page):
    once = clean(page)
    assert "close" in once.text
    assert clean(once.whole) == dataclasses.replace(once, dropped=())


PARAGRAPHS = [
    "The council has said that harbour ferries will cost more from May, and that the last boat will leave at nine, an "
    "hour earlier than it has left since the old pier was closed. It also said that harbourmasters were asked.",
    "Captain Ines Okafor told the crews on Monday that the talks about the night rosters would go on in June, and that "
    "nobody should expect an answer before the end of the month, whatever the papers write.",
    '"We have waited for this since the autumn, and we will come with figures," she said. The union has not yet said '
    "who will speak for it at the talks, which are to be held in the old custom house.",
]


@pytest.mark.parametrize("columns", [40, 60, 72, 80, 140])
@pytest.mark.parametrize(("indent", "between"), [("", "\n\n"), ("  ", "\n"), ("", "\n")])
@pytest.mark.parametrize("after_title", ["\n\n", "\n"])
def test_paragraphs_are_made_whole_however_they_are_wrapped(columns, indent, between, after_title):
    wrapped = [textwrap.fill(paragraph, columns, initial_indent=indent) for paragraph in PARAGRAPHS]
    article = clean(f"Ferry fares rise{after_title}{between.join(wrapped)}")
    assert (article.title, article.paragraphs) == ("Ferry fares rise", PARAGRAPHS)


def test_short_sentences_between_paragraphs_are_of_the_story():
    story = [
        PARAGRAPHS[0],
        '"No," she said.',
        '"Not ever."',
        "He left.",
        "It was late.",
        PARAGRAPHS[1],
        "That was that.",
    ]
    article = clean(
        "\n".join(["Menu", "Home", "Ferry fares rise", *story, "Read More »", "Storm closes northern line"])
    )
    assert (article.title, article.paragraphs) == ("Ferry fares rise", story)


def test_headers_of_a_mail_are_not_its_title():
    article = clean("\n".join(["From: Ines Okafor", "To: The Quay Post", "Ferry fares rise", "", *PARAGRAPHS]))
    assert (article.title, article.paragraphs) == ("Ferry fares rise", PARAGRAPHS)


def test_a_headline_and_a_blurb_are_an_article_whatever_they_end_with():
    for page in (
        "Harbour states ask for a voice on fishing (Globewire)\n\nGlobewire - Five states opened their yearly talks with a plea to be heard",
        "On the Quayside 'ferry' album\n\nReview Does not rock the boat, but",
    ):
        assert clean(page).text

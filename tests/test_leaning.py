"""Leaning: what cannot be understood alone does not stand alone."""

import time

import pytest

from pipeline.leaning import leans, stands
from pipeline.mending import mended

ALONE = [
    "Fares rose by a tenth in May.",
    "Earlier this week the council raised fares.",
    "Companies such as Harrow Ferries raised fares.",
    "The US raised fares on all ferries.",
    "The owner, Anna Lee, raised fares.",
    "The number of ferries fell.",
    "The band played World War I songs.",
    '"We had to," said Anna Lee, the owner.',
    "In May Anna Lee said she had raised fares.",
    "Fishermen saved the crew (and a dog).",
    "The government raised fares in May.",
    "This week Harrow opens a new quay.",
    "Later this year Harrow opens a new quay.",
    "There were 300 ferries in Harrow.",
    "Ahmed said he would resign in May.",
    "Instead of fares, Harrow raised taxes.",
    "Both Harrow and Dunmore raised fares.",
    "In a letter to Anna Lee Mr Gray said he would resign.",
]
LEANING = [
    "She raised fares in May.",
    "Instead, fares rose in May.",
    "In that case fares will rise.",
    "One of those ferries sank.",
    "In May she raised fares.",
    "When he arrived, fares rose.",
    "Fares had to rise, so we raised them.",
    '"Fares had to rise by a tenth."',
    "(Until fares rise, of course.)",
    "Cold comfort .",
    "As a result, fares fell by a tenth.",
    "Two others were hurt in the crash.",
    "A second man was held in Harrow.",
    "All were taken to hospital in Harrow.",
    "In London he met Anna Lee.",
    "Speaking after the match, he praised Harrow.",
    "A former lawyer, he became a minister in 1999.",
    "Last year she won the prize.",
    "Two years ago she moved to Harrow.",
    "In Harrow, fishermen called on the council to honour his work.",
    "Police said he had been hurt.",
    "They're raising fares in May.",
    "After Monday's match he left for Harrow.",
    '"He is a great player," Anna Lee said.',
]


@pytest.mark.parametrize("sentence", ALONE)
def test_what_says_all_it_needs_stands_alone(sentence):
    said = frozenset({"band"})
    assert not leans(sentence, said)
    assert stands(sentence, follows=False, said=said)


@pytest.mark.parametrize("sentence", LEANING)
def test_what_leaves_something_to_the_one_before_stands_behind_it_only(sentence):
    assert leans(sentence)
    assert not stands(sentence, follows=False)
    assert stands(sentence, follows=True)


@pytest.mark.parametrize(
    "sentence",
    [
        "The Frenchman won the match in Harrow.",
        "The value of the deal is not known.",
        "The crew was saved by fishermen.",
    ],
)
def test_a_thing_not_told_of_opens_a_summary_but_does_not_go_on_from_another(sentence):
    assert stands(sentence, follows=False)
    assert not stands(sentence, follows=False, said=frozenset({"council"}))


def test_a_thing_told_of_may_be_called_by_its_name():
    assert leans("The old ferry sank in May.", frozenset({"council"}))
    assert not leans("The old ferry sank in May.", frozenset({"ferri"}))
    assert leans("The council said fares would rise.", frozenset({"say", "fare"}))


@pytest.mark.parametrize(
    "sentence", ["Why do fares rise?", 'Is it "over?"', 'The owner said: "Fares rose.', "The owner raised the"]
)
def test_a_question_and_a_part_never_stand(sentence):
    assert not stands(sentence, follows=True)


def test_no_sentence_takes_long():
    started = time.perf_counter()
    for piece in ("a'", "a", "A.", " (a", " on Friday", '"', "I "):
        leans("Harrow said " + piece * 20_000)
        mended("Harrow left.", "Harrow " + piece * 20_000 + " left.")
    assert time.perf_counter() - started < 10

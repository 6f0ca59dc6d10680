"""Leaning: what cannot be understood alone does not stand alone."""

import pytest

from pipeline.leaning import leans, stands

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
]
LEANING = [
    "She raised fares in May.",
    "Instead, fares rose in May.",
    "In that case fares will rise.",
    "One of those ferries sank.",
    "In May she raised fares.",
    "When he arrived, fares rose.",
    "The crew was saved by fishermen.",
    "Fares had to rise, so we raised them.",
    '"Fares had to rise by a tenth."',
    "(Until fares rise, of course.)",
    "Scary consequences .",
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


def test_a_thing_told_of_may_be_called_by_its_name():
    assert leans("The old ferry sank in May.", frozenset({"council"}))
    assert not leans("The old ferry sank in May.", frozenset({"ferri"}))


@pytest.mark.parametrize("sentence", ["Why do fares rise?", 'The owner said: "Fares rose.', "The owner raised the"])
def test_a_question_and_a_part_never_stand(sentence):
    assert not stands(sentence, follows=True)

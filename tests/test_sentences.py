"""Sentences of paragraphs that are longer than any newspaper's."""

import pytest

from pipeline.sentences import split_sentences


def test_a_story_in_one_line_has_the_sentences_of_its_paragraphs():
    sentences = [f'The ferry of {minute} minutes past had "no room", said Ms. Okafor.' for minute in range(2_000)]
    assert split_sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "title", "Mr. Mrs. Ms. Mx. Dr. Prof. Gov. Sen. Rep. Lt. Gen. Col. Sgt. Capt. Rev. Amb. Atty.".split()
)
def test_a_title_stands_with_its_name(title):
    sentences = [f"He met {title} Okafor.", f"“{title} Okafor left,” he said.", "It rained."]
    assert split_sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize("endless", ["“a " * 20_000, "a" * 50_000, "(a " * 20_000, ". " * 20_000, "no end " * 9_000])
def test_no_letter_is_lost_where_no_sentence_ends(endless):
    found = split_sentences(f"It rained. {endless} It rained again.")
    assert "".join("".join(found).split()) == f"Itrained.{''.join(endless.split())}Itrainedagain."
    assert len(found) > 2

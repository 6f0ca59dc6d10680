"""Mending: harmless cuts stay, the others are undone, and nothing is said that the source does not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence import Sentence
from pipeline.mending import mended


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("The tall harbour master, a keen sailor, closed the quay.", "The harbour master closed the quay."),
        ("But the ferry left on time.", "The ferry left on time."),
        ("The port closed its gates, a rare event.", "The port closed its gates."),
        # a bracket, a day, an hour, an age, "also"
        ("The port lost £5m ($7m) in May.", "The port lost £5m in May."),
        ("The port lost £5m ($7m; 6m euros).", "The port lost £5m."),
        ("The port will close at 19:30 GMT on Sunday.", "The port will close."),
        ("A court on Friday closed the port.", "A court closed the port."),
        ("Anna Lee, 41, also runs the port.", "Anna Lee runs the port."),
        # what introduces a name, a joining word
        ("The ferry left from the town of Harrow.", "The ferry left from Harrow."),
        ("The port was sold by its owner Anna Lee.", "The port was sold by Anna Lee."),
        ("However, the port will close.", "The port will close."),
    ],
)
def test_harmless_cuts_stay(source, short):
    assert mended(short, source) == short


@pytest.mark.parametrize(
    ("source", "short"),
    [
        # a number, a rank, a caveat, a negation, a hedge
        ("All but three ferries sank in the storm.", "All ferries sank in the storm."),
        ("It was the second worst storm of the year.", "It was the worst storm of the year."),
        ("The former mayor of Harrow met the crew.", "The mayor of Harrow met the crew."),
        ("The crew did not blame the mayor of Harrow.", "The crew did blame the mayor of Harrow."),
        ("The port will probably close on Sunday night.", "The port will close on Sunday night."),
        # whose claim it is, at the end and in between
        ("The port closed its gates, fishermen said.", "The port closed its gates."),
        ("The port, fishermen said, closed its gates.", "The port closed its gates."),
        ("It came after the mayor told members the port would close.", "It came after members the port would close."),
        # what a part belongs to
        ("The deal with Harrow will give the port a new owner.", "The deal will give the port a new owner."),
        ("It is the country's biggest port on the coast.", "It is the biggest port on the coast."),
        ("Members of the North Harrow Club left the hall.", "Members of the Harrow Club left the hall."),
        ("A part of the old quay fell into the sea.", "A part fell into the sea."),
        # the end of a clause that goes on
        ("It could see people with burns - caused by the fire - receive money.", "It could see people with burns."),
        ("When a ferry sank off Harrow, the port closed.", "When a ferry sank off Harrow."),
        ("The play ran for a month and in June, filled a hall.", "The play ran for a month and in June."),
        ("The storm took the best of the port: its light.", "The storm took the best of the port."),
        # to whom a part belongs, what a number counts
        ("Anna Lee, a nurse from Harrow, a port, left.", "Anna Lee, a port, left."),
        ("The club won its first home match in May.", "The club won its first match in May."),
        (
            "It came after the raid on Harrow's Old Mill two days ago.",
            "It came after the raid on Harrow's two days ago.",
        ),
        # what is a bracket or a day, and more
        ("The port closed (but not for long).", "The port closed."),
        ("He struck out (allegedly) at the crew.", "He struck out at the crew."),
        ("Three crew, aged 21, 34 and 40, sang.", "Three crew, aged 21, sang."),
        ("The port will stay closed until Friday.", "The port will stay closed."),
        ("Sheffield Wednesday won in Harrow.", "Sheffield won in Harrow."),
        ("The ferry will sail on Monday and return on Friday.", "The ferry will sail and return on Friday."),
        ("The Sunday Times reported the loss of the ferry.", "The Times reported the loss of the ferry."),
        ("Rates fell by 0.25 points in May.", "Rates fell by points in May."),
        ("Rates stood at 3.25 in May.", "Rates stood in May."),
        ("Harrow closed lanes 3, 4, 5 and 9.", "Harrow closed lanes 3, 5 and 9."),
        ("In a 3-2 win at home, Lee scored.", "In a 3-2 win at home."),
        ('"But the ferry left," said Lee.', '"The ferry left," said Lee.'),
        # whose claim it is, in other words; what takes back or bounds what is said
        ("The master took bribes, a court heard.", "The master took bribes."),
        ("The port, it is thought, will close.", "The port will close."),
        ("The master was held for fraud, and later cleared.", "The master was held for fraud."),
        ("The ban, which won't hold in Harrow, starts in May.", "The ban starts in May."),
        # what a thing is: the noun itself, what makes it another, which of many
        ("Harrow Ferries founder Anna Lee left the town in May.", "Harrow Ferries left the town in May."),
        ("A school bus driver died in Harrow.", "A school bus died in Harrow."),
        ("The police found a replica gun in the boat.", "The police found a gun in the boat."),
        ("The agency told pregnant women to stay.", "The agency told women to stay."),
        ("The port in Paris, Texas, will close.", "The port in Paris will close."),
        # joining words that belong to what follows, halves of a bracket
        ("So far this year 20 ferries have sunk.", "20 ferries have sunk."),
        ("But for a late ferry all would have been saved.", "For a late ferry all would have been saved."),
        ("The port (an old harbour, built in 1890) closed.", "The port, built in 1890, closed."),
        # words put in or changed
        ("The master ran the quay and the mill.", "The master runs the quay and a mill."),
    ],
)
def test_harmful_ones_are_undone(source, short):
    assert mended(short, source) == source


def test_what_was_not_made_by_shortening_is_left_alone():
    assert mended("Fishermen saved the crew.", "The ferry sank on Sunday.") == "Fishermen saved the crew."
    assert mended("", "The ferry sank.") == ""
    assert mended("The ﾞ port closed.", "The old ﾞ port closed.")


WORDS = st.lists(
    st.sampled_from(["the", "old", "ferry", "not", "sank", "in", "May", "said", "3", "Harrow"]), min_size=1
)


@given(WORDS, st.data())
def test_a_mended_sentence_says_nothing_that_its_source_does_not(words, data):
    kept = [word for word in words if data.draw(st.booleans())] or words
    source, short = " ".join(words).capitalize() + ".", " ".join(kept).capitalize() + "."
    found = mended(short, source)
    left = iter(Sentence.of(source).stems)
    assert all(one in left for one in Sentence.of(found).stems)
    assert mended(found, source) == found

"""Names and numbers, matched as people mean them."""

import pytest

from pipeline import grounding_score
from pipeline.grounding import unsupported_spans

ARTICLE = (
    "Tony Blair met forty-seven MPs in the United States on 5 May. The firm's profits rose 2.5% to £1,200m. "
    "Al-Sabah said three ships sank."
)


@pytest.mark.parametrize(
    ("summary", "lacking"),
    [
        ("Mr Blair met 47 MPs.", ()),
        ("Blair's profits rose 2.5%.", ()),
        ("It rose to £1200m.", ()),
        ("It said 3 ships sank.", ()),
        ("The Sabah paper said so.", ()),
        ("Officials met in May.", ()),
        ("He met 48 MPs.", ("48",)),
        ("He met Gordon Brown.", ("Gordon", "Brown")),
        ("Gordon Brown met MPs.", ("Gordon", "Brown")),
        ("NATO met MPs.", ("NATO",)),
        ("It rose 25%.", ("25",)),
        ("It rose 2.5%, then 2.6%.", ("2.6",)),
        ("It rose to £1.2bn.", ()),
        ("It rose to $1200m.", ("$1200m",)),
        ("It rose to £1200bn.", ("£1200bn",)),
        ("An area of 2.5 km ².", ()),
        ("", ()),
    ],
)
def test_unsupported_spans(summary, lacking):
    assert unsupported_spans(ARTICLE, summary) == lacking


def test_score_orders_supported_before_invented():
    assert grounding_score(ARTICLE, "Tony Blair met MPs in the United States.") > grounding_score(
        ARTICLE, "Mr Brown left."
    )
    assert grounding_score(ARTICLE, "") == 0
    assert grounding_score("", "Words here.") == 0

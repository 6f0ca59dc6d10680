"""Orders that no rule knows are found by what they mean, and the summary is written again without them."""

import json

import numpy as np
import pytest
from hostile_pages import STORY

from pipeline import clean
from pipeline.likeness import described
from pipeline.orders import WEIGHTS, Orders, OrderWeights, orders_of, packaged_weights, source_of, weights_from
from pipeline.records import Article, ModelError
from pipeline.sentences import split_sentences
from pipeline.summaries import Summariser

ORDER = "The colour of this page is ultramarine."


class ByWord:
    """An encoder that knows one word: orders point one way, news the other."""

    def embed(self, texts):
        rows = [[0.6, 0.8] if "ultramarine" in text else [1.0, 0.0] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, 2)


ORDERS = Orders(ByWord, OrderWeights("", -0.5, 0.0, (0.0, 1.0)))


def test_a_sentence_is_not_compared_with_itself():
    _, likeness = described(ByWord(), [ORDER, "It rained."], [ORDER, "It rained.", "It snowed."])
    assert likeness == pytest.approx([0.6, 1.6 / np.hypot(1.6, 0.8)], abs=1e-6)


def test_orders_are_looked_for_where_a_summary_took_one_up():
    article = clean(STORY.replace("\n\n", f" {ORDER}\n\n{ORDER.replace('colour', 'tone')} "))
    first = split_sentences(STORY)[0]
    assert ORDERS.taken_up(article, first) == frozenset()
    assert ORDERS.taken_up(article, f"{first} {ORDER}") == {ORDER, ORDER.replace("colour", "tone")}


def test_a_shortened_order_is_found_by_the_sentence_it_comes_from():
    sentences = split_sentences(f"{STORY} {ORDER}")
    assert source_of("The page is ultramarine.", sentences) == ORDER


def test_a_summary_is_written_again_without_the_order_and_says_so(workspace):
    folder = workspace / "models" / "summariser"
    article, planted = Article(None, STORY, "en"), Article(None, f"{ORDER} {STORY}", "en")
    assert ORDER in Summariser(folder).summarise([planted])[0].text
    found = Summariser(folder, orders=ORDERS)
    one, other = found.summarise([planted, article])
    assert other == Summariser(folder).summarise([article])[0]
    assert one.text == other.text
    assert "left out of account: 1" in one.notes[-1]
    assert found.summarise([planted]) == [one]


def test_an_article_of_nothing_but_orders_has_no_summary(workspace):
    every = Orders(ByWord, OrderWeights("", 0.5, 0.0, (0.0, 1.0)))
    summary, *_ = Summariser(workspace / "models" / "summariser", orders=every).summarise([clean(STORY)])
    assert summary.text is None
    assert summary.notes


def test_topics_with_another_encoder_find_no_orders(workspace):
    assert orders_of(workspace / "models" / "topics") is None


SOUND = {"encoder": "0", "intercept": 0.5, "likeness": -1.0, "embedding": [1.0, 2.0]}


@pytest.mark.parametrize(
    "wrong", [{"embedding": []}, {"embedding": ["x"]}, {"intercept": float("nan")}, {"likeness": None}]
)
def test_weights_of_orders_are_finite_numbers_or_refused(wrong):
    assert weights_from(json.dumps(SOUND)).embedding == (1.0, 2.0)
    with pytest.raises(ModelError, match=WEIGHTS):
        weights_from(json.dumps(SOUND | wrong))


def test_the_packaged_weights_are_those_of_an_encoder_of_384_dimensions():
    weights = packaged_weights()
    assert len(weights.embedding) == 384
    assert weights.likeness < 0  # what is like its article is no order
    assert len(weights.encoder) == 64

"""What carried the topic of an article: its words, exactly, and its sentences, by leaving each out."""

from typing import TYPE_CHECKING

from pipeline.batches import in_batches
from pipeline.records import Article, Evidence, Weight
from pipeline.sentences import split_sentences

if TYPE_CHECKING:
    from pipeline.classifier import TopicClassifier

# So many are told, the strongest first.
MOST_WORDS, MOST_SENTENCES = 8, 3
# So many are tried, the first ones, each at the cost of one reading of the text; so many texts are held together.
TRIED_SENTENCES, TOGETHER = 40, 8


def explain(classifier: "TopicClassifier", article: Article, topic: str, other: str) -> Evidence:
    """The words and sentences of an article that speak for a topic and against another.

    A word's weight is its share in the linear part of the score: all of them, with what the embedding, the descriptions
    and the intercept add, make up the difference between the scores of the two topics. A sentence's weight is by how
    much that difference falls when the sentence is left out. Both are brought to log odds by the calibration.
    """
    words = classifier.word_shares(article.whole, topic, other)
    return Evidence(
        topic,
        other,
        _strongest(words, MOST_WORDS),
        _strongest(_sentence_shares(classifier, article, topic, other), MOST_SENTENCES),
    )


def _sentence_shares(
    classifier: "TopicClassifier", article: Article, topic: str, other: str
) -> list[tuple[str, float]]:
    """What the odds of the topic lose without each of the first sentences, the title being one.

    Nothing for an only sentence.
    """
    blocks = [[article.title]] if article.title else []
    blocks += [split_sentences(paragraph) for paragraph in article.paragraphs]
    places = [(at, number) for at, block in enumerate(blocks) for number in range(len(block))]
    if len(places) < 2:
        return []
    (whole,) = classifier.log_odds([_joined(blocks)], topic, other)
    shares = []
    for together in in_batches(places[:TRIED_SENTENCES], TOGETHER):
        without = classifier.log_odds([_joined(blocks, place) for place in together], topic, other)
        shares += [
            (blocks[at][number], float(whole - left)) for (at, number), left in zip(together, without, strict=True)
        ]
    return shares


def _joined(blocks: list[list[str]], leave_out: tuple[int, int] | None = None) -> str:
    """Sentences as one text, paragraphs parted by a blank line."""
    kept = (
        " ".join(sentence for number, sentence in enumerate(block) if (at, number) != leave_out)
        for at, block in enumerate(blocks)
    )
    return "\n\n".join(filter(None, kept))


def _strongest(shares: list[tuple[str, float]], most: int) -> tuple[Weight, ...]:
    """Those that add the most, rounded; what adds nothing is no evidence."""
    ranked = sorted(shares, key=lambda share: (-share[1], share[0]))[:most]
    return tuple(Weight(text, round(log_odds, 3)) for text, log_odds in ranked if round(log_odds, 3) > 0)

"""Sentences of a text."""

from collections.abc import Iterable, Iterator

# What is longer without an end is cut: no sentence of news comes near it.
_STRETCH_CHARACTERS = 10_000
# As of sentencex 1.0.32, which knows "Mr." and "Sen.".
_TITLES = frozenset(("Ms.", "Mx.", "Amb.", "Ald.", "Atty.", "Dep.", "Lieut."))


def split_sentences(text: str, language: str = "en") -> list[str]:
    """The sentences of a text, paragraph by paragraph, stripped (sentencex).

    >>> split_sentences('Mr. Blair met Ms. Smith. "Will you?" It did not.')
    ['Mr. Blair met Ms. Smith.', '"Will you?"', 'It did not.']
    """
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n"))
    return [
        sentence
        for paragraph in paragraphs
        for sentence in map(str.strip, _with_names(_segments(paragraph, language)))
        if sentence
    ]


def _segments(paragraph: str, language: str) -> Iterator[str]:
    """A paragraph in parts, a stretch at a time: sentencex takes time with the square of the opening quotes."""
    from sentencex import segment

    start = 0
    while start < len(paragraph):
        *whole, last = segment(language, paragraph[start : start + _STRETCH_CHARACTERS])
        yield from whole
        start += _STRETCH_CHARACTERS
        if not whole or start >= len(paragraph):
            yield last
        else:  # it may go on in the next stretch
            start -= len(last)


def _with_names(segments: Iterable[str]) -> Iterator[str]:
    """Titles that sentencex takes for the end of a sentence stand with their names."""
    held: list[str] = []
    for segment in segments:
        held.append(segment)
        if segment.rstrip().rpartition(" ")[2].lstrip("\"'(“‘") not in _TITLES:
            yield "".join(held)
            held = []
    yield "".join(held)


# Full stops and the like of Latin, Chinese and Japanese, Arabic, Urdu, Hindi, Armenian, Burmese, Khmer, Ethiopic.
_STOPS = tuple(".!?…。！？؟۔।॥։။៕។።")
_CLOSING_MARKS = "\"'”’»)]」』"


def asks(sentence: str) -> bool:
    """Whether a sentence ends in a question, perhaps another's.

    >>> asks('She asked: "Why?"'), asks("Why not.")
    (True, False)
    """
    return sentence.rstrip(_CLOSING_MARKS).endswith(("?", "？", "؟"))


def is_closed(sentence: str) -> bool:
    """Whether a sentence ends as one, with a full stop or the like, quotes and brackets aside.

    >>> is_closed('He said: "We won."'), is_closed("The company also")
    (True, False)
    """
    return sentence.rstrip(_CLOSING_MARKS).endswith(_STOPS)


def is_whole(sentence: str) -> bool:
    """Whether a sentence ends as one and each quotation in it opens and ends there, so that it can stand alone.

    >>> is_whole('He said: "We won."'), is_whole('He said: "We won.'), is_whole("The company also")
    (True, False, False)
    """
    return is_closed(sentence) and sentence.count('"') % 2 == 0 and sentence.count("“") == sentence.count("”")

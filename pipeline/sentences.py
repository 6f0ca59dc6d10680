"""Sentences of a text."""


def split_sentences(text: str, language: str = "en") -> list[str]:
    """The sentences of a text, paragraph by paragraph, stripped (sentencex).

    >>> split_sentences('Mr. Blair met Dr. Smith. "Will you?" It did not.')
    ['Mr. Blair met Dr. Smith.', '"Will you?"', 'It did not.']
    """
    from sentencex import segment

    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n"))
    return [
        sentence
        for paragraph in paragraphs
        if paragraph
        for sentence in map(str.strip, segment(language, paragraph))
        if sentence
    ]


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

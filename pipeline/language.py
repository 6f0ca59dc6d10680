"""The language of a text."""

# Language is told from this much of an article, and from no less than the minimum: at 200 characters py3langid errs
# on none of 517 BBC articles, at 100 on 2, at 60 on 9.
LANGUAGE_CHARACTERS = 600
LEAST_LANGUAGE_CHARACTERS = 200
FUNCTION_WORDS = frozenset(
    (
        "a an the of to in on at by for from with and or but that which who as is are was were be been has have had "
        "will would can could may it its he she they we his her their this these not said says than after before"
    ).split()
)
# With this share of them a text is English: 97% of 2,456 English texts reach it, and of 29 in 16 other languages none
# comes over 0.18. They are answered without py3langid, which takes a tenth of the time of cleaning.
ENGLISH_SHARE = 0.25


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of a text's language, or None where there is too little of it (py3langid).

    >>> language_of("The council has said that ferries will cost more from May. " * 4), language_of("Hm.")
    ('en', None)
    """
    if len(text) < LEAST_LANGUAGE_CHARACTERS:
        return None
    beginning = text[:LANGUAGE_CHARACTERS]
    if english_share(beginning) >= ENGLISH_SHARE:
        return "en"
    import py3langid

    return str(py3langid.classify(beginning)[0])


def english_share(text: str) -> float:
    """The share of a text's words that are function words of English, from 0 to 1.

    >>> english_share("It was the council of the town"), english_share("Es war der Rat der Stadt")
    (0.7142857142857143, 0.0)
    """
    words = text.lower().split()
    return sum(word in FUNCTION_WORDS for word in words) / len(words) if words else 0.0

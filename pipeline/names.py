"""Names in a text, matched as people mean them: Mr Blair is Tony Blair, the US the United States."""

import re
import unicodedata
from itertools import pairwise

WORD = re.compile(r"[^\W\d_]+(?:[-.'’&][^\W\d_]+)*|\d[\d,.]*\d|\d")
_POSSESSIVE = re.compile(r"['’]s?$")
# Written large, and no names wherever they stand: titles, and what is large by habit.
_NO_NAMES = frozenset(
    "i mr mrs ms dr sir lord lady dame prof professor president prime minister the a an and of chancellor queen king "
    "prince princess secretary chairman captain coach bn".split()
)
# A line for each place: its names, what is of it, and who comes from it. One names another.
_PLACES = """
afghanistan afghan afghans
africa african africans
albania albanian albanians
algeria algerian algerians
america american americans us usa u.s u.s.a united-states
arabia arab arabs arabian
argentina argentine argentinian argentines
asia asian asians
australia australian australians aussie aussies
austria austrian austrians
bangladesh bangladeshi bangladeshis
belarus belarusian
belgium belgian belgians
bosnia bosnian bosnians
brazil brazilian brazilians
britain british briton britons uk u.k united-kingdom brit brits
bulgaria bulgarian bulgarians
cambodia cambodian
cameroon cameroonian
canada canadian canadians
chile chilean chileans
china chinese
colombia colombian colombians
croatia croatian croat croats
cuba cuban cubans
cyprus cypriot cypriots
czech czechs czechoslovakia
denmark danish dane danes
egypt egyptian egyptians
england english englishman englishmen englishwoman
estonia estonian estonians
ethiopia ethiopian ethiopians
europe european europeans
finland finnish finn finns
france french frenchman frenchmen frenchwoman
georgia georgian georgians
germany german germans
ghana ghanaian ghanaians
greece greek greeks
hungary hungarian hungarians
iceland icelandic icelander
india indian indians
indonesia indonesian indonesians
iran iranian iranians
iraq iraqi iraqis
ireland irish irishman irishmen
israel israeli israelis
italy italian italians
jamaica jamaican jamaicans
japan japanese
jordan jordanian jordanians
kenya kenyan kenyans
korea korean koreans
kosovo kosovan kosovar
kuwait kuwaiti kuwaitis
latvia latvian latvians
lebanon lebanese
libya libyan libyans
lithuania lithuanian
malaysia malaysian malaysians
mexico mexican mexicans
morocco moroccan moroccans
nepal nepalese nepali
netherlands dutch dutchman holland
nigeria nigerian nigerians
norway norwegian norwegians
pakistan pakistani pakistanis
palestine palestinian palestinians
peru peruvian peruvians
philippines philippine filipino filipinos
poland polish pole poles
portugal portuguese
romania romanian romanians
russia russian russians
rwanda rwandan rwandans
scotland scottish scot scots
serbia serbian serb serbs
singapore singaporean
slovakia slovak slovakian
slovenia slovenian slovene
somalia somali somalian
spain spanish spaniard spaniards
sudan sudanese
sweden swedish swede swedes
switzerland swiss
syria syrian syrians
thailand thai thais
tunisia tunisian
turkey turkish turk turks
uganda ugandan
ukraine ukrainian ukrainians
venezuela venezuelan venezuelans
vietnam vietnamese
wales welsh welshman
yemen yemeni
zimbabwe zimbabwean zimbabweans
"""
# Two names of one thing: months and days in short, parties by their nicknames.
_SAME = """
jan january\nfeb february\naug august\nsept sep september\noct october\nnov november\ndec december
mon monday\ntue tues tuesday\nwed wednesday\nthu thurs thursday\nfri friday\nsat saturday\nsun sunday
tory tories conservative conservatives
lib liberal liberals
dem democrat democrats democratic
gop republican republicans
"""
_GROUPS = {word: line.split()[0] for line in (_PLACES + _SAME).splitlines() if line for word in line.split()}
_PLACE_NAMES = frozenset(_PLACES.split())
# Small words within a name: the Bank of England.
_LINKING = ("of", "and", "for")
# The second halves of compounds that are no names: UN-backed.
_LINKED = frozenset("backed based born led run owned made bound winning style era wide held built speaking".split())


def plain(word: str) -> str:
    """A word without case, accents and possessive.

    >>> plain("Zoë's"), plain("Reuters’")
    ('zoe', 'reuters')
    """
    bare = "".join(char for char in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(char))
    return _POSSESSIVE.sub("", bare.replace("’", "'"))


def is_place(word: str) -> bool:
    """Whether a word names a country or who and what comes from there.

    >>> is_place("France"), is_place("Frenchman"), is_place("Tory")
    (True, True, False)
    """
    return plain(word) in _PLACE_NAMES


def words(text: str) -> list[str]:
    """The words and numbers of a text, as they are written."""
    return WORD.findall(text)


def name_runs(sentence: str, common: frozenset[str] = frozenset()) -> list[list[str]]:
    """The names in a sentence, each as its words.

    The word that opens a sentence is no name if it is among the `common` words, or if nothing large follows it and a
    dictionary has it: "Officials" may be any word, "Jacques Chirac" and "Microsoft" may not.

    >>> name_runs("Officials told Tony Blair in May.")
    [['Tony', 'Blair'], ['May']]
    >>> name_runs("Jacques Chirac left."), name_runs("The Bank of England met.")
    ([['Jacques', 'Chirac']], [['Bank', 'of', 'England']])
    """
    tokens = words(sentence)
    large = [_is_large(token) for token in tokens]
    if tokens and large[0]:
        large[0] = plain(tokens[0]) not in common and (any(large[1:2]) or _only_a_name(tokens[0]))
    runs: list[list[str]] = []
    open_run = False
    for position, token in enumerate(tokens):
        if large[position]:
            if not open_run:
                runs.append([])
            runs[-1].append(token)
            open_run = True
        elif open_run and token in _LINKING and any(large[position + 1 : position + 2]):
            runs[-1].append(token)
        else:
            open_run = False
    return runs


def names(sentence: str, common: frozenset[str] = frozenset()) -> list[str]:
    """The words of the names in a sentence, in order.

    >>> names("The Bank of England told Mr Blair.")
    ['Bank', 'England', 'Blair']
    """
    return [word for run in name_runs(sentence, common) for word in run if word not in _LINKING]


def _is_large(token: str) -> bool:
    return any(char.isupper() for char in token) and plain(token) not in _NO_NAMES


def _only_a_name(word: str) -> bool:
    """Whether a word that stands large is no word of the dictionary."""
    import simplemma

    if len(word) > 1 and word.isupper():
        return True
    lemma = simplemma.lemmatize(word.casefold(), lang="en")
    return lemma[:1].isupper() or not simplemma.is_known(word.casefold(), lang="en")


class Names:
    """What an article calls people, places and things, in every form that a summary may give them."""

    def __init__(self, article: str, common: frozenset[str] = frozenset()) -> None:
        """`common` words are the same written small: "the Government" is "the government"."""
        tokens = words(article)
        large = {plain(token) for token in tokens if any(char.isupper() for char in token)}
        large |= {part for word in large for part in _parts(word)}
        large |= {_singular(word) for word in large}
        large |= _initials(tokens)
        self._held = large | {_GROUPS[word] for word in large if word in _GROUPS}
        self._held |= {_GROUPS[pair] for pair in map("-".join, pairwise(map(plain, tokens))) if pair in _GROUPS}
        self._acronyms = {plain(token) for token in tokens if len(token) > 1 and token.isupper()}
        self._any = {plain(token) for token in tokens}
        self._common = common

    def lacking(self, run: list[str], opens: bool = False) -> list[str]:
        """The words of a name that the article does not carry; none if it has the whole by another name.

        A name that `opens` a sentence may be a word that the article has written small.

        >>> article = Names("Sweden's Al-Sabah joined the United Nations and two Conservative MPs of the US.")
        >>> runs = ["Swedish", "Sabah", "UN", "UN-backed", "Tory", "MP", "United States", "United Kingdom", "Norway"]
        >>> [article.lacking(run.split()) for run in runs]
        [[], [], [], [], [], [], [], ['Kingdom'], ['Norway']]
        """
        whole = [plain(word) for word in run]
        short = {"".join(word[0] for word in whole), "".join(word[0] for word in whole if word not in _LINKING)}
        if len(run) > 1 and (_GROUPS.get("-".join(whole)) in self._held or short & self._acronyms):
            return []
        return [
            word
            for position, word in enumerate(run)
            if word not in _LINKING and not self._carries(plain(word), opens and position == 0)
        ]

    def _carries(self, word: str, opens: bool) -> bool:
        small = word in self._any and (opens or word in self._common)
        return small or self._has(word) or all(self._has(part) or part in _LINKED for part in _parts(word))

    def _has(self, word: str) -> bool:
        forms = {word, word.replace(".", ""), _singular(word), _GROUPS.get(word, word)}
        return not forms.isdisjoint(self._held)


def _parts(word: str) -> list[str]:
    return [part for part in re.split(r"[-.&']", word) if part]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 2 and word.endswith("s") else word


def _initials(tokens: list[str]) -> set[str]:
    """What runs of two to five capitalised words are called for short, with and without the small words in them.

    >>> sorted(_initials(words("the Football Association asked the Bank of England")))
    ['be', 'boe', 'fa']
    """
    found: set[str] = set()
    for start in range(len(tokens)):
        letters = short = ""
        for word, after in pairwise([*tokens[start : start + 6], ""]):
            if word[0].isupper():
                letters, short = letters + word[0].casefold(), short + word[0].casefold()
                if len(short) > 1:
                    found |= {short, letters}
            elif short and word in _LINKING and after[:1].isupper():
                letters += word[0]
            else:
                break
    return found

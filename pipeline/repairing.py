"""Repair of characters: what bytes mean, and what of a text is not text."""

import re
from unicodedata import combining, is_normalized

# Characters beyond this are not read of one input: two hundred times the longest article of the corpus.
MAX_CHARACTERS = 5_000_000
# Text holds next to no control characters; compressed or executable bytes read as text hold 10% and more.
BINARY_SHARE = 0.02

# Marks on one letter beyond this are dropped, as Unicode's stream-safe format has it (UAX 15): normalisation takes
# the square of their number, 19 seconds for a million of them.
MOST_MARKS = 30
# What is left when characters are taken out can need repair in its turn.
MOST_REPAIRS = 5

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffe\uffff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
# Characters that no repair is about, unless as a part of mojibake or an entity, which hold others beside them.
_SOUND = re.compile(r"(?:[ -%'-~\t\u00a0‘’“”–—…•·«»›‹£€©®°]++|&(?![#\w]))*+")
# Escape sequences, characters of the C1 block, stray halves of pairs.
_STRAY = re.compile("[\x1b\x80-\x9f\ud800-\udfff]")
_ENTITY = re.compile(r"&#?\w{1,24};")
_MAYBE_MARKS = re.compile(rf"[^\w\s!-\u02ff]{{{MOST_MARKS + 1},}}")
# "&amp;amp;amp;": what was escaped again and again.
_ESCAPED_AND = re.compile("&(?:amp;)+", re.IGNORECASE)
# "&lt;/p&gt;": a tag that a page shows stays escaped, for as it is it would be read as HTML the next time.
_ESCAPED_TAG = re.compile(r"(&(?:lt|#0*60|#x0*3c);(?=[a-z/!?]))", re.IGNORECASE)
# "(CNN)When": an agency's name that has lost the space behind it.
_DATELINE = re.compile(r"^(\((?:CNN|Reuters|AP|AFP|PA|UPI|EFE|dpa)\))(?=\w)")


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file's bytes, and a note where its encoding had to be guessed.

    UTF-8 and byte-order marks are read as such; anything else is guessed by charset-normalizer.

    >>> decode("Fares rise by £2".encode("latin-1"))[0]
    'Fares rise by £2'
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), ()
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        stray = error
    try:
        return _mostly_utf8(raw)
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        # Western news first: on a few accents alone cp1252 and its eastern cousins look equally likely.
        sample = raw[:200_000]
        best = from_bytes(sample, cp_isolation=["cp1252"]).best() or from_bytes(sample).best()
        encoding = best.encoding if best else "cp1252"
        note = f"not UTF-8 (byte {stray.start}): read as {encoding}"
        return raw.decode(encoding, errors="replace"), (note,)


def _mostly_utf8(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Mixed encodings: UTF-8 with single Windows-1252 bytes in it; raises where those are not few."""
    text = raw.decode("utf-8", errors="surrogateescape")
    stray = re.findall("[\udc80-\udcff]", text)
    beyond_ascii = sum(1 for character in text if character > "\x7f")
    if len(stray) * 2 > beyond_ascii:
        raise UnicodeDecodeError("utf-8", raw[:1], 0, 1, "mostly another encoding")
    mended = re.sub(
        "[\udc80-\udcff]",
        lambda match: bytes([ord(match[0]) - 0xDC00]).decode("cp1252", errors="replace"),
        text,
    )
    return mended, (f"{len(stray)} bytes were not UTF-8: read as cp1252",)


def is_binary(text: str) -> bool:
    """Whether a text is bytes of something else: compressed, executable, an image.

    >>> is_binary("PK\\x03\\x04\\x14\\x00\\x08\\x00"), is_binary("It rained.")
    (True, False)
    """
    sample = text[:100_000]
    strange = len(_CONTROL.findall(sample)) + sample.count("\ufffd")
    return strange > BINARY_SHARE * len(sample) + 1


def line_ends(text: str) -> str:
    """The text with every kind of line end as a line feed."""
    return _LINE_ENDS.sub("\n", text)


def repair(text: str) -> str:
    """The same words in sound characters: mojibake, entities, invisible and control characters, spaces.

    >>> repair("It\\u00a0was caf\\u00c3\\u00a9 time.\\r\\nSo\\u00adda")
    'It was café time.\\nSoda'
    """
    return "\n".join(map(repair_line, line_ends(text).split("\n")))


def repair_line(line: str) -> str:
    """One line repaired; see `repair`.

    >>> repair_line("  Fares &amp; rosters "), repair_line("(CNN)When it rained")
    ('Fares & rosters', '(CNN) When it rained')
    """
    line = " ".join(line.split())
    if not _SOUND.fullmatch(line):
        for _ in range(MOST_REPAIRS):
            before, line = line, _repaired_once(line)
            if line == before:
                break
    return _DATELINE.sub(r"\1 ", line) if line.startswith("(") else line


def _without_piles(match: re.Match[str]) -> str:
    """Of marks that are piled on one letter the first `MOST_MARKS`."""
    kept, piled = [], 0
    for character in match[0]:
        piled = piled + 1 if combining(character) else 0
        if piled <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _repaired_once(line: str) -> str:
    line = _MAYBE_MARKS.sub(_without_piles, line)
    line = _ESCAPED_AND.sub("&", line)
    if _is_suspect(line):
        from ftfy import TextFixerConfig, fix_text

        settings = TextFixerConfig(
            uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, max_decode_length=20_000
        )
        parts = _ESCAPED_TAG.split(line)  # every second is "&lt;" before a tag's name
        parts[::2] = (fix_text(part, settings) for part in parts[::2])
        line = "".join(parts)
    line = _LINE_ENDS.sub(" ", line)
    return " ".join(_CONTROL.sub("", _INVISIBLE.sub("", line)).split())


def _is_suspect(line: str) -> bool:
    """Whether a line has anything that ftfy repairs, which takes far longer than to ask."""
    from ftfy.badness import is_bad

    return bool(_ENTITY.search(line) or _STRAY.search(line)) or not is_normalized("NFC", line) or is_bad(line)

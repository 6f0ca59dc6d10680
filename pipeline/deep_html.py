"""The text of HTML that is nested too deep to be read as a tree."""

# Elements that hold no text for readers, and those that stand within a line.
_UNSEEN = frozenset({"script", "style", "noscript", "template", "head"})
_WITHIN_LINES = frozenset("a abbr b cite code em font i mark q s small span strong sub sup time u".split())


def text_without_depth(raw: str) -> str:
    """The visible text of an HTML page, line by line, whatever the depth of its elements (libxml2, as events).

    >>> text_without_depth("<div>" * 3000 + "<p>It <b>rained</b>.</p><script>x = 1</script>").strip()
    'It rained.'
    """
    from lxml import etree

    parser = etree.HTMLParser(target=_Text(), huge_tree=True)
    parser.feed(raw)
    return str(parser.close())


class _Text:
    """Collects the text between tags, with a line end for each tag that parts lines."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._unseen = ""

    def start(self, tag: str, _attributes: object) -> None:
        if tag in _UNSEEN and not self._unseen:
            self._unseen = tag
        self._end_line(tag)

    def end(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        self._end_line(tag)

    def data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data.replace("\n", " "))

    def close(self) -> str:
        return "".join(self._parts)

    def _end_line(self, tag: str) -> None:
        if tag not in _WITHIN_LINES:
            self._parts.append("\n")

"""The extractors that are measured side by side: each takes a page, HTML or text, and gives the article's text."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from pipeline import clean

Extractor = Callable[[str], str]


def installed() -> dict[str, Extractor]:
    """Each extractor that is installed, by name and version."""
    known: dict[str, tuple[str, Callable[[], Extractor]]] = {
        "trafilatura": ("trafilatura", _trafilatura),
        "newspaper4k": ("newspaper4k", _newspaper),
        "readability-lxml": ("readability-lxml", _readability),
        "jusText": ("jusText", _justext),
        "goose3": ("goose3", _goose),
    }
    found: dict[str, Extractor] = {"news-pipeline": lambda page: clean(page).text}
    for name, (distribution, made) in known.items():
        try:
            found[f"{name} {version(distribution)}"] = made()
        except PackageNotFoundError:
            continue
    return found


def everything(text: str) -> str:
    """All of a page: what is left when nothing is cleaned."""
    return text


def _trafilatura() -> Extractor:
    from trafilatura import extract

    return lambda page: extract(page, include_comments=False, include_tables=False) or ""


def _newspaper() -> Extractor:
    from newspaper import Article

    def read(page: str) -> str:
        article = Article(url="https://news.example/story", fetch_images=False)  # nothing is asked of the network
        article.download(input_html=page)
        article.parse()
        return str(article.text)

    return read


def _readability() -> Extractor:
    from inscriptis import get_text
    from readability import Document

    return lambda page: str(get_text(Document(page).summary()))


def _justext() -> Extractor:
    from justext import get_stoplist, justext

    marked = partial(justext, stoplist=get_stoplist("English"))
    return lambda page: "\n".join(part.text for part in marked(page) if not part.is_boilerplate)


def _goose() -> Extractor:
    from goose3 import Goose

    reader = Goose({"enable_image_fetching": False, "http_timeout": 0.1})
    return lambda page: str(reader.extract(raw_html=page).cleaned_text)

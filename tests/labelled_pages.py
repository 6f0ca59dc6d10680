"""Pages of seeds/pages: each as text, many as the HTML it was flattened from, with a label for each line."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.page import flattened, page_lines

PATHS = sorted(Path("seeds/pages").glob("*.txt"))


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page in both forms, and what each line of its text is."""

    html: str | None
    text: str
    lines: tuple[tuple[str, str], ...]  # label, line

    @property
    def forms(self) -> dict[str, str]:
        """The text, and the HTML if the text is what flattening leaves of it: the labels are of both, line by line."""
        same = self.html is not None and flattened(self.html) == self.text
        return {"text": self.text, "html": self.html} if same else {"text": self.text}


def read_labelled_page(path: Path) -> LabelledPage:
    """The page `NAME.txt` with `NAME.tsv` and, where there is one, `NAME.html`."""
    rows = path.with_suffix(".tsv").read_text(encoding="utf-8").split("\n")
    html = path.with_suffix(".html")
    return LabelledPage(
        html.read_text(encoding="utf-8") if html.exists() else None,
        path.read_text(encoding="utf-8"),
        tuple((row.split("\t", 1)[0], row.split("\t", 1)[1]) for row in rows if row),
    )


def numbered_lines(page: str) -> dict[int, str]:
    """The lines of a page that are not blank, by their number."""
    return {number: line for number, line in enumerate(page_lines(page), start=1) if line}

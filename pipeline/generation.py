"""The seam between the summariser and what runs the model: token ids in, token ids out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.copying import Ids

# What stage `convert` writes for OpenVINO: the model as a graph, with weights of 16 bits and of 8.
PRECISE_GRAPH, GRAPH = "graph-float16.xml", "graph-int8.xml"


@dataclass(frozen=True, slots=True)
class Drafting:
    """How drafts are written: each token is the likeliest, once what copies on has been made less likely."""

    write_tokens: int  # of one draft
    copy_penalties: tuple[float, ...]  # of each draft: taken off the score of a token that continues a copy
    head: tuple[int, ...]  # what prompts begin with alike, which may be read once for all
    is_enough: Callable[[Ids], bool]  # whether nothing more of a draft is of use
    settles: Callable[[int, Ids], bool]  # whether a draft of the prompt with that number makes further ones needless


class Engine(Protocol):
    """What runs the model."""

    name: str  # with version and precision, such as "openvino 2026.4.1, int8"

    def prepare(self) -> None:
        """Begin to load the model, beside whatever else is done; else it is loaded when it is first used."""
        ...

    def load(self) -> None:
        """Load the model now; ModelError where it cannot be."""
        ...

    def generate(self, prompts: Sequence[Ids], drafting: Drafting) -> list[list[list[int]]]:
        """For each prompt its drafts, without their end tokens: one for each penalty, up to the first that settles it.

        Drafts do not depend on what else is asked for at the same time.
        """
        ...

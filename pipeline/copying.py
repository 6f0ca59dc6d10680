"""What a draft copies from its prompt: guessed ahead, so that several tokens are checked at once, or made dearer."""

from collections import defaultdict
from collections.abc import Sequence

Ids = Sequence[int]

# A guess goes on where the last so many tokens, or if need be fewer, stand in the prompt. With three tokens guessed, a
# step writes 3.1 tokens of the default summariser; by the last one or two tokens alone 2.3 or 3.0: docs/log.md.
LONGEST_MATCH = 3
# From so many copied tokens in a row on, the next one is dearer: some four words.
COPIED_RUN = 6


class Copying:
    """The token sequences of a prompt.

    >>> copying = Copying([1, 2, 3, 4, 5, 6, 7, 8])
    >>> copying.guess([9, 2, 3], 3)
    [4, 5, 6]
    >>> copying.continuations([1, 2, 3, 4, 5, 6])
    {7}
    """

    def __init__(self, prompt: Ids) -> None:
        self.prompt = list(prompt)
        self._ends: dict[tuple[int, ...], int] = {}  # where sequences end, the last one of several
        self._continuations: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for end in range(1, len(self.prompt)):
            for length in range(1, min(LONGEST_MATCH, end) + 1):
                self._ends[tuple(self.prompt[end - length : end])] = end
            if end >= COPIED_RUN:
                self._continuations[tuple(self.prompt[end - COPIED_RUN : end])].add(self.prompt[end])

    def guess(self, written: Ids, tokens: int) -> list[int]:
        """What may come next, as many tokens as asked for; where nothing is known, the last token again."""
        tail = [*self.prompt[-LONGEST_MATCH:], *written][-LONGEST_MATCH:]
        ends = (self._ends.get(tuple(tail[start:])) for start in range(len(tail)))
        end = next((end for end in ends if end is not None), len(self.prompt))
        found = self.prompt[end : end + tokens]
        return found + [tail[-1]] * (tokens - len(found))

    def continuations(self, written: Ids) -> set[int]:
        """The tokens that would copy on, where the last `COPIED_RUN` are copied."""
        return self._continuations.get(tuple(written[-COPIED_RUN:]), set())

"""Learning from more than memory holds: texts are counted once, wait on disk, and are read again pass by pass."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from pipeline.progress import track

if TYPE_CHECKING:
    from sklearn.svm import LinearSVC

# docs/log.md: five passes at this rate reach what LinearSVC does on 20 Newsgroups; a small corpus takes more passes.
RATE = 0.2
LEAST_PASSES, MOST_PASSES, LEAST_STEPS = 5, 50, 20_000


@dataclass(frozen=True, slots=True)
class CountedBatch:
    """Texts as counts, shape (texts, columns), as embeddings, shape (texts, dimensions), and their labels."""

    counts: Any
    embedded: npt.NDArray[np.float64]
    labels: npt.NDArray[np.str_]


class CountedBatches:
    """Counted texts in a folder, a file a batch, and what is known of all of them."""

    def __init__(self, folder: Path, columns: int) -> None:
        self.texts_with = np.zeros(columns, dtype=np.int64)  # how many texts have each column
        self.labels: Counter[str] = Counter()
        self._folder = folder
        self._files = 0
        self._embedded: Any = 0.0

    @property
    def texts(self) -> int:
        """How many there are."""
        return self.labels.total()

    @property
    def mean_embedding(self) -> npt.NDArray[np.float64]:
        """The mean of all embeddings, shape (dimensions,)."""
        return np.asarray(self._embedded / self.texts)

    def add(self, batch: CountedBatch) -> None:
        """Count a batch in, and write it."""
        self.texts_with += np.bincount(batch.counts.indices, minlength=len(self.texts_with))
        self.labels.update(batch.labels.tolist())
        self._embedded = self._embedded + batch.embedded.sum(axis=0)
        sparse.save_npz(self._folder / f"{self._files}-counts.npz", batch.counts, compressed=False)
        np.save(self._folder / f"{self._files}-embedded.npy", batch.embedded)
        np.save(self._folder / f"{self._files}-labels.npy", batch.labels)
        self._files += 1

    def __iter__(self) -> Iterator[CountedBatch]:
        for number in range(self._files):
            counts = sparse.load_npz(self._folder / f"{number}-counts.npz")
            embedded, labels = (np.load(self._folder / f"{number}-{name}.npy") for name in ("embedded", "labels"))
            yield CountedBatch(counts, embedded, labels)

    def first(self, texts: int) -> CountedBatch:
        """The first texts, so many at most, as one batch."""
        taken: list[CountedBatch] = []
        for batch in self:
            left = texts - sum(len(earlier.labels) for earlier in taken)
            taken.append(CountedBatch(batch.counts[:left], batch.embedded[:left], batch.labels[:left]))
            if left <= len(batch.labels):
                break
        return CountedBatch(
            sparse.vstack([batch.counts for batch in taken]).tocsr(),
            np.concatenate([batch.embedded for batch in taken]),
            np.concatenate([batch.labels for batch in taken]),
        )


def learn(
    batches: Callable[[], Iterable[tuple[Any, npt.NDArray[np.str_]]]], labels: Counter[str], c: float, width: int
) -> "LinearSVC":
    """A linear support vector machine for each label, taught pass by pass from what `batches` gives anew each time.

    It seeks what LinearSVC seeks, with every label of the same weight, by averaged stochastic gradient descent
    (Polyak and Juditsky 1992), and is handed over as one. `labels` says how many texts have each. Features, shape
    (texts, features), may be fewer than `width`: room is made for so many, whatever the corpus, so that what memory
    is needed depends on the number of labels alone.
    """
    from sklearn.linear_model import SGDClassifier
    from sklearn.svm import LinearSVC

    weights = {label: labels.total() / (len(labels) * count) for label, count in labels.items()}
    steps = sum(count * _times(weights[label]) for label, count in labels.items())
    machine = SGDClassifier(
        loss="squared_hinge",
        alpha=1 / (c * steps),
        learning_rate="constant",
        eta0=RATE,
        average=steps,  # from the second pass on
        fit_intercept=False,  # one more feature, which all texts have, as LinearSVC has it
        shuffle=False,  # the order is that of the batches
    )
    features = 0
    for _ in track(range(min(max(LEAST_PASSES, LEAST_STEPS // steps), MOST_PASSES)), "learn"):
        for matrix, topics in batches():
            features = matrix.shape[1]
            matrix = sparse.hstack([matrix, np.ones((len(topics), 1))], format="csr", dtype=np.float32)
            rows, shares = _repeated([weights[topic] for topic in topics])
            matrix.resize(len(topics), width + 1)
            machine.partial_fit(matrix[rows], topics[rows], classes=sorted(labels), sample_weight=shares)
    found = LinearSVC(C=c, random_state=0)
    found.classes_ = machine.classes_
    found.coef_, found.intercept_ = machine.coef_[:, :features].copy(), machine.coef_[:, features].copy()
    return found


def _times(weight: float) -> int:
    return int(np.ceil(weight))


def _repeated(weights: Sequence[float]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Rows to learn from, and their weights, none above 1: a heavy one comes several times, which keeps steps small.

    >>> _repeated([0.5, 2.5])[0].tolist()
    [0, 1, 1, 1]
    """
    times = np.array([_times(weight) for weight in weights])
    return np.repeat(np.arange(len(times)), times), np.repeat(np.asarray(weights) / times, times)

"""Which items are like this one? By what is written about them, and by what they share.

Titles are compared by their runs of three letters: "RED RETROSPOT MUG" is like "RED RETROSPOT JUG",
whatever the language and without a list of words. A run that few titles hold weighs more than one
that many do (tf-idf), and the likeness of two titles is the cosine between their weighted runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from onhand.data.panel import Panel

__all__ = ["like_titles", "likeness", "likenesses", "title_grams"]

Array = NDArray[np.float64]
_BLOCK = 512  # titles compared with all others at a time


def title_grams(titles: NDArray[np.str_], n: int = 3) -> Any:
    """Sparse matrix (N, runs) of the runs of `n` letters in each title, tf-idf, rows of length 1.

    Letters count without their case; a title begins and ends with a space.

    >>> grams = title_grams(np.array(["red mug", "RED JUG", "blue cup"]))
    >>> (grams @ grams.T).toarray().round(2)[0].tolist()
    [1.0, 0.25, 0.0]
    """
    padded = np.array([f" {' '.join(str(title).lower().split())} " for title in titles])
    letters = padded.view(np.uint32).reshape(len(padded), -1)  # (N, longest), 0 behind the end
    if letters.shape[1] < n:
        return sparse.csr_matrix((len(padded), 1))
    runs = np.lib.stride_tricks.sliding_window_view(letters, n, axis=1).astype(np.uint64)
    codes = np.zeros(runs.shape[:2], dtype=np.uint64)
    for place in range(n):  # wraps around for long runs: a hash
        codes = codes * np.uint64(1_114_112) + runs[:, :, place]
    row, start = np.nonzero(runs[:, :, -1])
    _, column = np.unique(codes[row, start], return_inverse=True)
    width = int(column.max(initial=-1)) + 1
    counts = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(padded), width))
    counts.sum_duplicates()
    counts.data = np.sqrt(counts.data)
    n_titles = np.bincount(counts.indices, minlength=width)
    weighted = counts @ sparse.diags(np.log((1 + len(padded)) / np.maximum(n_titles, 1)))
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(length, 1e-12)) @ weighted)


def like_titles(
    grams: Any,
    rows: NDArray[np.int64],
    donors: NDArray[np.int64],
    k: int,
    apart: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], Array]:
    """The `k` donors whose titles are most like each row's, and how like they are, both (n, k).

    A row is no donor to itself, nor to one with the same number in `apart` (N,). Where fewer than `k`
    are left, the likeness is 0.
    """
    number = np.arange(grams.shape[0]) if apart is None else apart
    k = min(k, len(donors))
    nearest = np.zeros((len(rows), k), dtype=np.int64)
    like = np.zeros((len(rows), k))
    theirs = grams[donors].T.tocsc()
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosine = np.asarray((grams[rows[block]] @ theirs).todense())
        cosine[number[rows[block]][:, None] == number[donors][None, :]] = 0.0
        top = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(cosine, top, axis=1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, axis=1)
        nearest[block] = donors[top]
        like[block] = np.take_along_axis(cosine, top, axis=1)
    return nearest, like


def likeness(panel: Panel, row: int, k: int = 5) -> list[tuple[int, float]]:
    """The `k` other stock points most like one: row numbers and likeness 0..1, the most like first.

    Half of the likeness is that of the titles; the other half is the share of attributes (location
    and the texts of `static`) that are the same, each counting the more, the fewer share it.

    >>> panel = Panel.of([[1], [1], [1]], static={
    ...     "title": np.array(["red mug", "red jug", "garden hose"]),
    ...     "category": np.array(["kitchen", "kitchen", "garden"])})
    >>> likeness(panel, 0)[0][0]
    1
    """
    return likenesses(panel, [row], k)[0]


def likenesses(panel: Panel, rows: Sequence[int], k: int = 5) -> list[list[tuple[int, float]]]:
    """What `likeness` says of each of `rows`; what all of them need is worked out once."""
    n = panel.n_series
    titles = panel.static.get("title", panel.items)
    grams = title_grams(np.asarray(titles, dtype=np.str_))
    groups = [np.unique(v, return_inverse=True)[1] for v in attributes(panel).values()]
    sizes = [np.bincount(group) for group in groups]
    found = []
    for row in rows:
        cosine = np.asarray((grams @ grams[row].T).todense()).ravel()
        total, shared = 1e-12, np.zeros(n)
        for group, size in zip(groups, sizes, strict=True):
            weight = np.log(n / size[group[row]])
            shared += weight * (group == group[row])
            total += weight
        score = (cosine + shared / total) / 2
        score[row] = -1.0
        best = np.argsort(-score, kind="stable")[: min(k, n - 1)]
        found.append([(int(other), float(score[other])) for other in best if score[other] > 0])
    return found


def attributes(panel: Panel) -> dict[str, NDArray[Any]]:
    """What groups stock points: item, location and the texts of `static` but the title, each (N,).

    Only those that put at least two stock points together and do not put all of them together.
    """
    given = {"item": panel.items, "location": panel.locations}
    given |= {k: v for k, v in panel.static.items() if k != "title" and v.dtype.kind in "USOib"}
    n = panel.n_series
    return {name: values for name, values in given.items() if 1 < len(np.unique(values)) < n}

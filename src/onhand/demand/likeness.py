"""Which items are like this one? By what is written about them, and by what they share.

Titles are compared by their runs of three letters: "RED RETROSPOT MUG" is like "RED RETROSPOT JUG",
whatever the language and without a list of words. A run that few titles hold weighs more than one
that many do (tf-idf), and the likeness of two titles is the cosine between their weighted runs. A sign
that stands alone (a size, a variant) says little of what a thing is: it never weighs much, however rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from onhand.data.panel import Panel

__all__ = ["TitleLikes", "like_titles", "likeness", "likenesses", "title_grams"]

Array = NDArray[np.float64]
_BLOCK = 512  # titles compared with all others at a time
_RANKED = 128  # likes of a title that are kept
_LITTLE = np.log(2)  # most that a sign that stands alone weighs: as if half of the titles held it
_FIRST_SYLLABLE = 0x2E80  # from here on a letter is a syllable or a word: Chinese, Japanese, Korean


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
    _, first, column = np.unique(codes[row, start], return_index=True, return_inverse=True)
    width = int(column.max(initial=-1)) + 1
    counts = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(padded), width))
    counts.sum_duplicates()
    counts.data = np.sqrt(counts.data)
    n_titles = np.bincount(counts.indices, minlength=width)
    weight = np.log((1 + len(padded)) / np.maximum(n_titles, 1))
    alone = _stands_alone(runs[row[first], start[first]].astype(np.uint32))
    weight = np.where(alone, np.minimum(weight, _LITTLE), weight)
    weighted = counts @ sparse.diags(weight)
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(length, 1e-12)) @ weighted)


def _stands_alone(runs: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether a run (G, n) is one sign between spaces that is no syllable, such as the size in `tea pot m`."""
    is_space = runs == ord(" ")
    is_word = (runs >= _FIRST_SYLLABLE).any(axis=1)
    return np.asarray(is_space[:, 0] & is_space[:, -1] & ((~is_space).sum(axis=1) == 1) & ~is_word)


def like_titles(
    grams: Any,
    rows: NDArray[np.int64],
    donors: NDArray[np.int64],
    k: int,
    apart: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], Array]:
    """The `k` donors whose titles are most like each row's, and how like they are, both (n, k).

    A row is no donor to itself, nor to one with the same number in `apart` (N,). Of donors that are just as
    like, those first in `donors` are taken. Where fewer than `k` are left, the likeness is 0.
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
        top = _largest(cosine, k)
        nearest[block] = donors[top]
        like[block] = np.take_along_axis(cosine, top, axis=1)
    return nearest, like


def _largest(values: Array, k: int) -> NDArray[np.int64]:
    """Columns of the `k` largest values >= 0 of each row, (n, k); of equal ones above 0, the first."""
    top = np.sort(np.argpartition(-values, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(values, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, axis=1)
    least = np.take_along_axis(values, top[:, -1:], axis=1)
    tied = np.flatnonzero(((values >= least).sum(axis=1) > k) & (least[:, 0] > 0))
    top[tied] = np.argsort(-values[tied], axis=1, kind="stable")[:, :k]
    return np.asarray(top)


class TitleLikes:
    """Whose titles are most like each title: worked out once, asked for among changing donors.

    The first `_RANKED` likes of each title are kept, as soon as it is asked for. Where too few of them are
    donors, all donors are looked through.

    Parameters
    ----------
    titles : (N,) texts
    apart : (N,) two titles with the same number lend each other nothing

    >>> likes = TitleLikes(np.array(["red mug", "red mugs", "red mug", "tea pot"]), np.arange(4))
    >>> nearest, like = likes.nearest(np.array([0]), np.array([1, 2, 3]), 2)
    >>> nearest.tolist(), like.round(2).tolist()
    ([[2, 1]], [[1.0, 0.39]])
    """

    def __init__(self, titles: NDArray[np.str_], apart: NDArray[np.int64]) -> None:
        self._grams = title_grams(titles)
        self._apart = apart
        self._place = np.full(len(titles), -1)  # of each title among those asked for
        width = min(_RANKED, len(titles))
        self._ranked = np.zeros((0, width), dtype=np.int64)
        self._like = np.zeros((0, width))

    def nearest(
        self, rows: NDArray[np.int64], donors: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int64], Array]:
        """The `k` donors most like each of `rows`, and how like they are; see `like_titles`."""
        self._rank(rows[self._place[rows] < 0])
        k = min(k, len(donors))
        is_donor = np.zeros(len(self._place), dtype=bool)
        is_donor[donors] = True
        place = self._place[rows]
        is_wanted = is_donor[self._ranked[place]] & (self._like[place] > 0)
        n_before = np.cumsum(is_wanted, axis=1)
        is_enough = n_before[:, -1] >= k
        nearest = np.zeros((len(rows), k), dtype=np.int64)
        like = np.zeros((len(rows), k))
        is_taken = (is_wanted & (n_before <= k))[is_enough]
        nearest[is_enough] = self._ranked[place[is_enough]][is_taken].reshape(-1, k)
        like[is_enough] = self._like[place[is_enough]][is_taken].reshape(-1, k)
        few = np.flatnonzero(~is_enough)
        if len(few):
            nearest[few], like[few] = like_titles(self._grams, rows[few], donors, k, self._apart)
        return nearest, like

    def _rank(self, rows: NDArray[np.int64]) -> None:
        """Keeps the likes of some more titles."""
        rows = np.unique(rows)
        if not len(rows):
            return
        every, width = np.arange(len(self._place)), self._ranked.shape[1]
        ranked, like = like_titles(self._grams, rows, every, width, self._apart)
        self._place[rows] = len(self._ranked) + np.arange(len(rows))
        self._ranked = np.concatenate([self._ranked, ranked])
        self._like = np.concatenate([self._like, like])


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

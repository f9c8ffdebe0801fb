"""Many policies are asked about the same paths: who sums up what paths say on average?"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_of_worlds", "spread_of_next_period"]

Paths = NDArray[np.float32]
Array = NDArray[np.float64]


class _OncePerPaths:
    """What follows from paths alone, worked out once for each array of them; nothing is kept alive.

    A number that is tuned is asked for at a dozen levels, each time with the paths of every review.
    Paths are told apart by identity; those that may still be written to are summed up anew each time.
    """

    def __init__(self, answer: Callable[[Paths], Array]) -> None:
        self._answer = answer
        self._known: dict[int, tuple[weakref.ref[Any], Array]] = {}

    def __call__(self, paths: Paths) -> Array:
        if not _is_fixed(paths):
            return self._answer(paths)
        known = self._known.get(id(paths))
        if known is not None and known[0]() is paths:
            return known[1]
        answer = self._answer(paths)
        answer.flags.writeable = False
        key = id(paths)
        # Another array may have been given the number of one that is gone.
        forget = weakref.ref(paths, lambda gone: self._forget(key, gone))
        self._known[key] = forget, answer
        return answer

    def _forget(self, key: int, gone: weakref.ref[Any]) -> None:
        known = self._known.get(key)
        if known is not None and known[0] is gone:
            del self._known[key]


def _is_fixed(values: Any) -> bool:
    """Whether nobody can write to an array, nor to what it is a view of."""
    while isinstance(values, np.ndarray):
        if values.flags.writeable:
            return False
        values = values.base
    return values is None


def _mean(paths: Paths) -> Array:
    return np.asarray(paths.mean(axis=1, dtype=np.float64))


def _spread(paths: Paths) -> Array:
    return np.asarray(paths[:, :, 0].std(axis=1, dtype=np.float64))


mean_of_worlds = _OncePerPaths(_mean)
"""Mean demand over the worlds of paths (N, S, H), (N, H); not to be written to."""

spread_of_next_period = _OncePerPaths(_spread)
"""Standard deviation over worlds of the first period's demand, (N,); not to be written to."""

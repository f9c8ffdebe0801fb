"""Which rung of a ladder of settings is cheapest, given that every measurement is noisy?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["smoothed", "valley"]


def smoothed(costs: ArrayLike) -> NDArray[np.float64]:
    """Each rung's cost averaged with its neighbours', 1/4, 1/2, 1/4; the ends with one, (K,).

    >>> smoothed([4.0, 0.0, 4.0]).tolist()
    [2.6666666666666665, 2.0, 2.6666666666666665]
    """
    values = np.asarray(costs, dtype=np.float64)
    weights = np.array([0.25, 0.5, 0.25])
    padded = np.pad(values, 1)
    weight = np.convolve(np.pad(np.ones(len(values)), 1), weights, mode="valid")
    return np.asarray(np.convolve(padded, weights, mode="valid") / weight)


def valley(costs: NDArray[Any]) -> int:
    """The rung with the least smoothed cost; the first of several.

    A rung whose neighbours are dear is cheap by luck. The true cost of a policy number runs
    smoothly, so its neighbours are evidence about it too.

    Parameters
    ----------
    costs : (K,) money
        In the order of the number that is being tuned.

    Raises
    ------
    ShapeError
        When there is no rung.

    >>> valley(np.array([9.0, 3.0, 9.0, 5.0, 4.0, 5.0, 6.0]))      # 3 is a lucky spike
    4
    """
    if len(costs) == 0:
        raise ShapeError("no settings to choose from; give at least one")
    return int(np.argmin(smoothed(costs)))

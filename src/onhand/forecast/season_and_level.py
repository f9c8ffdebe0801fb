"""Is it the season, or did the shop grow? What a history of one or two years says about either.

A shop that sold twice as much in December as in January is growing, or had its season: one year
alone fits both. What tells them apart is that a season closes: the last December stands next to the
first January of the history, a week apart on the circle of the year, and what lies between them is
growth. The logarithm of how high the shop stood in each period is taken for a sum of

    level     a random walk with a drift, l and ½ a year
    season    a smooth curve around the year (s, five weeks wide) and what single periods add (s / 2)
    chance    n a period

all Gaussian with the mean 0. Given l, s and n the season and the level expected after what was seen
are linear in it; each of a few (l, s, n) speaks in proportion to how likely it makes the history. What
was seen once is so believed in part only, sharp peaks less than broad ones.

Source: C. E. Rasmussen and C. K. I. Williams (2006), Gaussian Processes for Machine Learning, chapters 2,
4.2.3 (periodic covariance) and 5.4.1 (marginal likelihood).
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky

__all__ = ["season_and_level"]

Array = NDArray[np.float64]

_WALKS = (0.05, 0.3)  # l: standard deviation of a year's change of the level, in logarithms
_SEASONS = (0.2, 0.6)  # s: of the season
_CHANCES = (0.05, 0.15, 0.4)  # n: of a single period
_DRIFT = 0.5  # of a year's growth
_ANY = 2.0  # of the level itself
_WIDTH = 5 / 52  # years that a season's smooth curve stays alike
_SHARP = 1 / 52
_LEAST = 0.05  # of the usual standing: a period without any demand has a logarithm too


def season_and_level(
    standing: NDArray[Any], positions: NDArray[np.int64], season: int
) -> tuple[Array, Array]:
    """The factor of each seasonal position, (53,), and the level of each period, (T,), 1 in the last.

    Parameters
    ----------
    standing : (T,) how high the shop stood in each period, in any unit. NaN: unknown.
    positions : (T,) from `onhand.forecast.season.seasonal_positions`
    season : periods of a year

    Positions never seen have the factor 1, the others the mean 1. With nothing known all are 1.

    >>> weeks = np.arange(60)                                  # grows by a half a year, no season
    >>> factors, level = season_and_level(1.5 ** (weeks / 52), weeks % 52, 52)
    >>> bool(abs(factors - 1).max() < 0.02), level[[0, 8, 59]].round(2).tolist()
    (True, [0.63, 0.67, 1.0])
    """
    t = np.arange(len(standing)) / season
    place = np.minimum(positions, season - 1) / season  # the odd 53rd week is as the 52nd
    known = np.isfinite(standing)
    usual = float(standing[known].mean()) if known.any() else 0.0
    if usual <= 0:
        return np.ones(53), np.ones(len(standing))
    told = np.log(np.maximum(standing[known] / usual, _LEAST))
    walk, drift = _walk(t, t[known]), _drift(t, t[known])
    around = _around(np.arange(season) / season, place[known])
    near, chance = _around(place[known], place[known]), np.eye(len(told))

    said: list[tuple[float, Array, Array]] = []
    for walks, swings, chances in product(_WALKS, _SEASONS, _CHANCES):
        of_level = walks**2 * walk + _DRIFT**2 * drift + _ANY**2
        root = cholesky(of_level[known] + swings**2 * near + chances**2 * chance, lower=True)
        weights = cho_solve((root, True), told)
        evidence = -0.5 * told @ weights - np.log(np.diag(root)).sum()
        said.append((float(evidence), swings**2 * around @ weights, of_level @ weights))

    evidence = np.array([one[0] for one in said])
    belief = np.exp(evidence - evidence.max())
    belief /= belief.sum()
    curve = np.exp(belief @ np.array([one[1] for one in said]))
    level = np.exp(belief @ np.array([one[2] for one in said]))
    return _as_factors(curve, positions), level / level[-1]


def _walk(t: Array, u: Array) -> Array:
    """Covariance of a random walk of unit variance a year, told back from the last period."""
    return np.asarray(t[-1] - np.maximum(t[:, None], u[None, :]))


def _drift(t: Array, u: Array) -> Array:
    """Covariance of a straight line of unit slope a year through 0 in the last period."""
    return np.asarray((t[:, None] - t[-1]) * (u[None, :] - t[-1]))


def _around(p: Array, q: Array) -> Array:
    """Covariance of a season at two places of the year, 0..1: a smooth curve, and single periods."""
    apart = np.sin(np.pi * (p[:, None] - q[None, :])) ** 2
    smooth, sharp = (np.exp(-2 * apart / (2 * np.pi * width) ** 2) for width in (_WIDTH, _SHARP))
    return np.asarray(smooth + (sharp + np.isclose(apart, 0)) / 8)


def _as_factors(curve: Array, positions: NDArray[np.int64]) -> Array:
    """The season by position, (53,), with mean 1 over those seen and 1 elsewhere."""
    factors = np.ones(53)
    factors[: len(curve)] = curve
    factors[len(curve) :] = curve[-1]
    seen = np.bincount(positions, minlength=53) > 0
    return np.where(seen, factors / factors[seen].mean(), 1.0)

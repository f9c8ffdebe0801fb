"""Does a nominal 90 % cover 90 %? Where what happened fell within what was thought possible.

The probability integral transform (PIT) of an observation is the forecast's probability of less than
what happened. Counts make it an interval: the probability of less, to the probability of not more.
Spreading each observation evenly over its interval measures calibration exactly, without the excess
that closed intervals of counts have.

Source: C. Czado, T. Gneiting and L. Held (2009), Predictive model assessment for count data,
Biometrics 65(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["CoverageRow", "coverage_by_class", "pit_bounds", "pit_coverage", "pit_histogram"]

Array = NDArray[np.float64]


def pit_bounds(actual: ArrayLike, samples: ArrayLike) -> tuple[Array, Array]:
    """The interval of every observation's PIT, two (N, H) arrays, from samples (N, S, H).

    With y exchangeable with its S samples, its rank is uniform on 0..S: the interval runs from
    #(x < y) / (S + 1) to (#(x <= y) + 1) / (S + 1). NaN where the observation is unknown.

    >>> low, high = pit_bounds([[1.0]], [[[0.0], [1.0], [2.0]]])
    >>> low.tolist(), high.tolist()
    ([[0.25]], [[0.75]])
    """
    y, x = np.asarray(actual, np.float64), np.asarray(samples)
    if x.ndim != 3 or y.shape != (x.shape[0], x.shape[2]):
        raise ShapeError(f"samples {x.shape} do not fit actual {y.shape}; they need (N, S, H)")
    n_samples = x.shape[1]
    low = (x < y[:, None]).sum(axis=1) / (n_samples + 1)
    high = ((x <= y[:, None]).sum(axis=1) + 1) / (n_samples + 1)
    unknown = np.isnan(y)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def pit_histogram(low: ArrayLike, high: ArrayLike, n_bins: int = 10) -> Array:
    """Share of the observations' PIT in each of `n_bins` equal bins; flat at 1 / n_bins is perfect.

    A hill: intervals too wide. A valley: too narrow. A slope: biased.

    >>> pit_histogram([[0.0, 0.5]], [[0.5, 1.0]], n_bins=4).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    edges = np.linspace(0, 1, n_bins + 1)
    return np.array([pit_coverage(low, high, a, b) for a, b in pairwise(edges)])


def pit_coverage(low: ArrayLike, high: ArrayLike, start: float, stop: float) -> float:
    """Share of the observations whose PIT lies between start and stop; perfect: stop - start.

    >>> pit_coverage([[0.0, 0.5]], [[0.5, 1.0]], 0.25, 0.75)
    0.5
    """
    inside = _inside(low, high, start, stop)
    known = np.isfinite(inside)
    return float(inside[known].mean()) if known.any() else float("nan")


@dataclass(frozen=True)
class CoverageRow:
    """How often a central interval covered, in one class at one step of the horizon.

    Parameters
    ----------
    label : str
        The class of series.
    step : int
        Periods ahead, 1..H; 0: all of them together.
    nominal : share 0..1
        What the interval promises.
    covered : share 0..1
        What it held.
    n : int
        Observations behind it.
    """

    label: str
    step: int
    nominal: float
    covered: float
    n: int


def coverage_by_class(
    low: ArrayLike, high: ArrayLike, labels: ArrayLike, nominal: float = 0.9
) -> list[CoverageRow]:
    """Coverage of the central `nominal` interval per class (N,) and step, and over all steps.

    >>> rows = coverage_by_class([[0.0], [0.5]], [[0.5], [1.0]], ["a", "a"], nominal=0.5)
    >>> [(row.label, row.step, row.covered, row.n) for row in rows]
    [('a', 0, 0.5, 2), ('a', 1, 0.5, 2)]
    """
    tail = (1 - nominal) / 2
    inside = _inside(low, high, tail, 1 - tail)  # (N, H)
    names = np.asarray(labels)
    rows = []
    for label in np.unique(names):
        of_class = inside[names == label]
        for step in range(of_class.shape[1] + 1):
            values = of_class[:, step - 1] if step else of_class
            known = np.isfinite(values)
            if known.any():
                covered = float(values[known].mean())
                rows.append(CoverageRow(str(label), step, nominal, covered, int(known.sum())))
    return rows


def _inside(low: ArrayLike, high: ArrayLike, start: float, stop: float) -> NDArray[Any]:
    """Share of each PIT interval that lies between start and stop; NaN where unknown."""
    a, b = np.asarray(low, np.float64), np.asarray(high, np.float64)
    return np.clip(np.minimum(b, stop) - np.maximum(a, start), 0, None) / (b - a)

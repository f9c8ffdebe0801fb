"""How far was the forecast from what happened? Exact scores of points, quantiles and samples.

Everywhere `actual` is (N, H) with NaN where demand is not known: such periods are not judged, as if
they were not there. Lower is better, except for `bias`, `wpe` and `coverage`, which have a target.
A score with nothing to judge, or nothing to divide by, is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = [
    "bias",
    "coverage",
    "crps",
    "crps_of_each",
    "interval_score",
    "mae",
    "mase",
    "pinball",
    "rmse",
    "rmsse",
    "scale_absolute",
    "scale_squared",
    "vn1_score",
    "wape",
    "wpe",
    "wrmsse",
    "wspl",
]

Array = NDArray[np.float64]

M5_QUANTILES = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)


# Points


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean of forecast - actual, in units. Positive: too much was forecast.

    >>> bias([[1, 2, float("nan")]], [[2, 4, 9]])
    1.5
    """
    y, f = _judged(actual, forecast)
    return _ratio((f - y).sum(), y.size)


def wpe(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Weighted percentage error: sum of (forecast - actual) / sum of |actual|.

    >>> wpe([[1, 3]], [[2, 4]])
    0.5
    """
    y, f = _judged(actual, forecast)
    return _ratio((f - y).sum(), np.abs(y).sum())


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Weighted absolute percentage error: sum of |forecast - actual| / sum of |actual|.

    >>> wape([[1, 3]], [[2, 2]])
    0.5
    """
    y, f = _judged(actual, forecast)
    return _ratio(np.abs(f - y).sum(), np.abs(y).sum())


def mae(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean absolute error, in units.

    >>> mae([[1, 3]], [[2, 1]])
    1.5
    """
    y, f = _judged(actual, forecast)
    return _ratio(np.abs(f - y).sum(), y.size)


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Square root of the mean squared error, in units.

    >>> rmse([[0, 0]], [[1, 7]])
    5.0
    """
    y, f = _judged(actual, forecast)
    return math.sqrt(_ratio(((f - y) ** 2).sum(), y.size))


def vn1_score(actual: ArrayLike, forecast: ArrayLike) -> float:
    """The score of the VN1 competition: WAPE + |WPE|.

    Source: N. Vandeput (2024), VN1 Forecasting Accuracy Challenge.

    >>> vn1_score([[1, 3]], [[2, 2]]), vn1_score([[1, 3]], [[2, 4]])
    (0.5, 1.0)
    """
    return wape(actual, forecast) + abs(wpe(actual, forecast))


# Errors scaled by the movement of the history


def scale_squared(history: ArrayLike) -> Array:
    """Mean squared change from one period to the next since the first sale, (N,).

    The M5 rule: only the zeros (and unknown periods) before the first sale are dropped. NaN for a
    series that never sold or has no two known periods in a row.

    >>> scale_squared([[0, 0, 2, 4, 4]]).tolist()
    [2.0]
    """
    return _mean_known(_changes(history) ** 2)


def scale_absolute(history: ArrayLike, season: int = 1) -> Array:
    """Mean absolute change over `season` periods since the first sale, (N,).

    >>> scale_absolute([[0, 0, 2, 4, 4]]).tolist()
    [1.0]
    """
    return _mean_known(np.abs(_changes(history, season)))


def rmsse(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike) -> Array:
    """Root mean squared scaled error of each series, (N,).

    sqrt( mean over the horizon of (y - f)^2 / scale_squared(history) ). NaN where the scale is 0
    or unknown, or nothing is judged.

    Source: S. Makridakis, E. Spiliotis and V. Assimakopoulos (2022), The M5 accuracy competition,
    International Journal of Forecasting 38(4).

    >>> rmsse([[4, 6]], [[4, 4]], [[0, 2, 4, 4]]).tolist()
    [1.0]
    """
    y, f = _pair(actual, forecast)
    return np.sqrt(_over(_mean_known((y - f) ** 2), scale_squared(history)))


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, season: int = 1) -> Array:
    """Mean absolute scaled error of each series, (N,): MAE over that of the seasonal naive forecast.

    Source: R. J. Hyndman and A. B. Koehler (2006), International Journal of Forecasting 22(4); here
    the scale starts at the first sale.

    >>> mase([[4, 6]], [[4, 4]], [[2, 4, 4]]).tolist()
    [1.0]
    """
    y, f = _pair(actual, forecast)
    return _over(_mean_known(np.abs(y - f)), scale_absolute(history, season))


# Quantiles and samples


def pinball(actual: ArrayLike, forecast: ArrayLike, q: float) -> float:
    """Mean pinball loss of a forecast of the q-quantile, in units.

    q (y - f) where demand was above the forecast, (1 - q) (f - y) where it was below.

    >>> pinball([[4, 4]], [[2, 6]], 0.75)
    1.0
    """
    y, f = _judged(actual, forecast)
    return _ratio(np.maximum(q * (y - f), (q - 1) * (y - f)).sum(), y.size)


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of periods in which demand was between low and high, both included.

    For counts a closed interval covers more than its nominal share even if the forecast is perfect;
    `onhand.evaluate.calibration` measures without that excess.

    >>> coverage([[1, 5, 9]], [[1, 1, 1]], [[5, 5, 5]]) * 3
    2.0
    """
    y, lo = _pair(actual, low)
    _, hi = _pair(actual, high)
    known = np.isfinite(y)
    return _ratio(((y >= lo) & (y <= hi) & known).sum(), known.sum())


def interval_score(actual: ArrayLike, low: ArrayLike, high: ArrayLike, level: float) -> float:
    """Mean interval score of central intervals of the nominal `level` (0.9: 5 % on each side).

    Width + 2 / (1 - level) x the distance by which demand fell outside.

    Source: T. Gneiting and A. E. Raftery (2007), JASA 102(477), equation 43.

    >>> interval_score([[5, 12]], [[0, 0]], [[10, 10]], 0.8)
    20.0
    """
    y, lo = _judged(actual, low)
    _, hi = _judged(actual, high)
    outside = np.maximum(lo - y, 0) + np.maximum(y - hi, 0)
    return _ratio((hi - lo + 2 / (1 - level) * outside).sum(), y.size)


def crps_of_each(actual: ArrayLike, samples: ArrayLike, *, fair: bool = True) -> Array:
    """Continuous ranked probability score of every period, (N, H), from samples (N, S, H).

    mean |x - y| - 1/2 mean |x - x'|. With `fair` the second mean leaves out each sample's distance
    to itself, so that the score does not depend on how many samples were drawn; without, it is the
    score of the empirical distribution of exactly these samples. One sample: the absolute error.

    Source: C. A. T. Ferro (2014), Quarterly Journal of the Royal Meteorological Society 140.

    >>> crps_of_each([[1.0]], [[[0.0], [2.0]]], fair=False).tolist()
    [[0.5]]
    >>> crps_of_each([[1.0]], [[[0.0], [2.0]]]).tolist()
    [[0.0]]
    """
    y, x = np.asarray(actual, np.float64), np.asarray(samples)
    if x.ndim != 3 or y.shape != (x.shape[0], x.shape[2]):
        raise ShapeError(f"samples {x.shape} do not fit actual {y.shape}; they need (N, S, H)")
    n_samples = x.shape[1]
    distance = np.abs(x - y[:, None, :]).mean(axis=1, dtype=np.float64)
    if n_samples == 1:
        return distance
    # The sum of |x - x'| over all pairs is 2 sum (2 i - S + 1) x_(i), i = 0..S-1, x sorted.
    rank_weight = (2 * np.arange(n_samples) - n_samples + 1).astype(np.float64)
    pairs = 2 * np.einsum("nsh,s->nh", np.sort(x, axis=1), rank_weight)
    n_pairs = n_samples * (n_samples - 1) if fair else n_samples**2
    return distance - 0.5 * pairs / n_pairs


def crps(actual: ArrayLike, samples: ArrayLike, *, fair: bool = True) -> float:
    """Mean of `crps_of_each` over the judged periods, in units.

    >>> crps([[1.0, float("nan")]], [[[0.0, 0.0], [2.0, 2.0]]], fair=False)
    0.5
    """
    each = crps_of_each(actual, samples, fair=fair)
    known = np.isfinite(each)
    return _ratio(each[known].sum(), known.sum())


# The M5 competition: levels of aggregation, weighted by revenue


def wrmsse(
    actual: ArrayLike,
    forecast: ArrayLike,
    history: ArrayLike,
    revenue: ArrayLike,
    levels: Sequence[ArrayLike],
) -> float:
    """Weighted RMSSE over levels of aggregation, each level with equal weight.

    Parameters
    ----------
    actual, forecast : (N, H)
    history : (N, T)
        The scale of an aggregate is that of its own summed history. Unknown periods count as 0.
    revenue : (N,)
        Share of each series in the money of the last 28 days; need not be normalised.
    levels : sequence of (N,) labels
        One array per level: series with the same label are summed. `[range(N)]` scores series.

    Source: the M5 competitors' guide (2020). Aggregates whose scale is 0 or unknown are left out.

    >>> wrmsse([[4, 6]], [[4, 4]], [[2, 4, 4]], [1.0], [[0]])
    1.0
    """
    y, f = _pair(actual, forecast)
    past, money = np.nan_to_num(np.asarray(history, np.float64)), np.asarray(revenue, np.float64)
    per_level = []
    for labels in levels:
        groups = _groups(labels)
        error = rmsse(_sum_by(groups, y), _sum_by(groups, f), _sum_by(groups, past))
        per_level.append(_weighted(error, _sum_by(groups, money)))
    return float(np.mean(per_level))


def wspl(
    actual: ArrayLike,
    samples: ArrayLike,
    history: ArrayLike,
    revenue: ArrayLike,
    levels: Sequence[ArrayLike],
    quantiles: Sequence[float] = M5_QUANTILES,
) -> float:
    """Weighted scaled pinball loss over levels of aggregation and quantiles.

    Parameters are those of `wrmsse`, with joint samples (N, S, H) for the forecast: an aggregate's
    quantiles are those of its summed samples.

    Source: S. Makridakis et al. (2022), The M5 uncertainty competition, International Journal of
    Forecasting 38(4). The scale is the mean absolute change since the first sale.

    >>> wspl([[4.0, 6.0]], [[[4.0, 4.0]]], [[2, 4, 4]], [1.0], [[0]], quantiles=[0.5])
    0.5
    """
    y, x = np.asarray(actual, np.float64), np.asarray(samples, np.float64)
    past, money = np.nan_to_num(np.asarray(history, np.float64)), np.asarray(revenue, np.float64)
    per_level = []
    for labels in levels:
        groups = _groups(labels)
        total = _sum_by(groups, y)[None]
        told = np.quantile(_sum_by(groups, x), quantiles, axis=1)  # (Q, G, H)
        q = np.asarray(quantiles, np.float64)[:, None, None]
        loss = np.maximum(q * (total - told), (q - 1) * (total - told))
        scaled = _over(_mean_known(loss.mean(axis=0)), scale_absolute(_sum_by(groups, past)))
        per_level.append(_weighted(scaled, _sum_by(groups, money)))
    return float(np.mean(per_level))


# How the scores read their arrays


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[Array, Array]:
    y, f = np.asarray(actual, np.float64), np.asarray(forecast, np.float64)
    if y.shape != f.shape:
        raise ShapeError(f"forecast has shape {f.shape}, actual {y.shape}; they must be the same")
    return y, f


def _judged(actual: ArrayLike, forecast: ArrayLike) -> tuple[Array, Array]:
    """Both at the periods whose demand is known, flat."""
    y, f = _pair(actual, forecast)
    known = np.isfinite(y)
    return y[known], f[known]


def _changes(history: ArrayLike, season: int = 1) -> Array:
    past = np.atleast_2d(np.asarray(history, np.float64)).copy()
    has_sold = np.maximum.accumulate(past > 0, axis=1)
    past[~has_sold] = np.nan
    return past[:, season:] - past[:, :-season]


def _mean_known(values: Array) -> Array:
    known = np.isfinite(values)
    return _over(np.where(known, values, 0).sum(axis=1), known.sum(axis=1))


def _over(numerator: NDArray[Any], denominator: NDArray[Any]) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def _ratio(numerator: Any, denominator: Any) -> float:
    return float(numerator) / float(denominator) if denominator > 0 else math.nan


def _weighted(scores: Array, weights: Array) -> float:
    known = np.isfinite(scores)
    return _ratio((scores * weights)[known].sum(), weights[known].sum())


def _groups(labels: ArrayLike) -> NDArray[np.intp]:
    return np.unique(np.asarray(labels), return_inverse=True)[1].ravel()


def _sum_by(groups: NDArray[np.intp], values: Array) -> Array:
    total = np.zeros((groups.max() + 1, *values.shape[1:]))
    np.add.at(total, groups, values)
    return total

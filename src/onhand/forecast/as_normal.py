"""What is left of a forecast when only an expected demand and a sigma are handed over?

The textbook's separation of forecasting and decision: errors are taken for normal and for independent
from one period to the next. It stands here to be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, of_rows

__all__ = ["AsNormal", "as_normal", "rectified_normal"]

Array = NDArray[np.float64]

_N_TOLD = 200  # worlds from which a sigma is worked out


@dataclass(frozen=True)
class AsNormal:
    """Another forecaster's mean and standard deviation, with normal and independent errors.

    Each period's demand is max(0, m + s Z), its m and s such that mean and standard deviation are
    those of the forecaster's own paths: demand cannot be negative, and a normal one that is simply cut
    at zero would expect more than was forecast. What is lost is the shape, and what periods share.

    Parameters
    ----------
    forecaster : Forecaster

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast import MovingAverage
    >>> history = believe(Panel.of([[4, 8, 4, 8]]))
    >>> AsNormal(MovingAverage(4)).fit(history).mean(1).tolist()
    [[6.0]]
    """

    forecaster: Forecaster

    @property
    def name(self) -> str:
        """`moving average 4, as normal`."""
        return f"{self.forecaster.name}, as normal"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The forecaster, fitted, of which only mean and sigma will be told."""
        return as_normal(self.forecaster.fit(history))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the forecaster learned, where it learns once; else the forecaster itself."""
        return _Learned(taught(self.forecaster, history))


@dataclass(frozen=True)
class _Learned:
    inner: Refitter

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return as_normal(self.inner.fit(history))


def as_normal(fitted: FittedForecaster) -> FittedForecaster:
    """A fitted forecaster that tells only its mean and sigma."""
    return _FittedNormal(fitted)


@dataclass(frozen=True)
class _FittedNormal:
    inner: FittedForecaster

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The forecaster's own, (N, H)."""
        return self.inner.mean(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Normal and independent around that mean, (len(rows), n_samples, H)."""
        seed = draw_seed(rng)
        mean = self.inner.mean(horizon)
        # The sigma is a forecast's, not a sample's: it does not depend on how many worlds are asked.
        told = self.inner.paths(horizon, _N_TOLD, rng=np.random.default_rng(seed), rows=rows)
        sigma = told.values.std(axis=1, dtype=np.float64)
        centre, scale = rectified_normal(mean[rows].astype(np.float64), sigma)  # (n, H)
        values = np.empty((len(sigma), n_samples, horizon), dtype=np.float32)
        for place, row in enumerate(of_rows(rows, len(mean))):
            # A row's worlds do not depend on the block that it stands in.
            z = np.random.default_rng([int(seed), int(row)]).standard_normal((n_samples, horizon))
            values[place] = np.maximum(0.0, centre[place] + scale[place] * z)
        return DemandPaths(values, told.items, told.locations, told.dates)


_K = np.linspace(-6.0, 9.0, 3001)
_DENSITY = np.exp(-(_K**2) / 2) / np.sqrt(2 * np.pi)
_FIRST = _K * ndtr(_K) + _DENSITY  # E max(0, k + Z)
_SPREAD = np.sqrt(np.maximum((_K**2 + 1) * ndtr(_K) + _K * _DENSITY - _FIRST**2, 1e-30))


def rectified_normal(mean: Array, sigma: Array) -> tuple[Array, Array]:
    """m and s, so that max(0, m + s Z) has this mean and standard deviation; any shape.

    With k = m / s, the mean over the standard deviation of max(0, k + Z) rises with k: k is looked up
    in a table of it, and s is what makes the mean right. Where sigma is 0: m is the mean.

    >>> m, s = rectified_normal(np.array([1.0, 100.0]), np.array([2.0, 1.0]))
    >>> z = np.random.default_rng(0).standard_normal(200_000)
    >>> bool(abs(np.maximum(0, m[0] + s[0] * z).mean() - 1) < 0.02), m[1].round(3).item()
    (True, 100.0)
    """
    is_noisy = (sigma > 0) & (mean > 0)
    ratio = np.divide(mean, sigma, out=np.full(np.shape(mean), np.inf), where=is_noisy)
    k = np.interp(ratio, _FIRST / _SPREAD, _K)
    scale = np.where(is_noisy, mean / np.interp(k, _K, _FIRST), 0.0)
    # Beyond the table nothing is cut away, and a plain normal is meant.
    is_far = is_noisy & (ratio >= _K[-1])
    scale = np.where(is_far, sigma, scale)
    return np.where(is_far | ~is_noisy, mean, k * scale), scale

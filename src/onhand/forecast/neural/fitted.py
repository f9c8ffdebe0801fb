"""Which futures may come, if the network tells how likely each demand is in each period?

The network tells every period on its own. Real demand hangs together: a good week follows a good week,
and what strikes the shop strikes all its shelves. `Dependence` measures both on periods that the network
was not trained on, and `FittedNeural` draws paths from the told distributions that hang together as much.

Sources: the normal copula, A. Sklar (1959); the check and correction of told probabilities against
what happened: V. Kuleshov, N. Fenner and S. Ermon (2018), Accurate Uncertainties for Deep Learning Using
Calibrated Regression, arXiv:1807.00263.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.forecast.neural.heads.head import LEVELS, TellsSpread
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, of_rows

__all__ = ["Dependence", "FittedNeural", "positions"]

Floats = NDArray[np.float32]
_PRIOR = 500.0  # observations' worth of trust in the told probabilities
_BLOCK = 512  # series whose quantiles are laid out at once


@dataclass(frozen=True)
class Dependence:
    """How told probabilities came true, and how surprises hung together.

    Parameters
    ----------
    levels : (L,) in 0..1, rising
        How often demand stayed below what was told for each of `LEVELS`.
    memory : correlation of a period's surprise with the next one's, 0..1
    shared : share of the surprise that the whole shop has in common, 0..1
    """

    levels: tuple[float, ...] = tuple(LEVELS.tolist())
    memory: float = 0.0
    shared: float = 0.0

    @classmethod
    def seen(cls, place: NDArray[np.float64]) -> Dependence:
        """From the place (O, N, H) of what happened in what was told, NaN where not judged."""
        from scipy.special import ndtri

        known = place[np.isfinite(place)]
        if len(known) < 30:
            return cls()
        counts = np.searchsorted(np.sort(known), LEVELS, side="right")
        levels = (counts + _PRIOR * LEVELS) / (len(known) + _PRIOR)
        levels[0], levels[-1] = 0.0, 1.0
        score = ndtri(np.clip(place, 1e-3, 1 - 1e-3))
        score = score - np.nanmean(score)
        return cls(tuple(levels.tolist()), _memory(score), _shared(score))

    def scores(self, n_samples: int, horizon: int, row: int, seed: int) -> NDArray[np.float64]:
        """Normal scores (S, H) of one series, the shop's common part not included."""
        rng = np.random.default_rng([seed, row])
        return _autoregressive(rng.standard_normal((n_samples, horizon)), self.memory)


def _memory(score: NDArray[np.float64]) -> float:
    """Correlation of consecutive scores, shrunk to 0 by 30 pairs; never negative."""
    if score.shape[2] < 2:
        return 0.0
    a, b = score[..., :-1].ravel(), score[..., 1:].ravel()
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if len(a) < 10:
        return 0.0
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(float(a @ b) / max(size, 1e-9) * len(a) / (len(a) + 30), 0, 0.95))


def _shared(score: NDArray[np.float64]) -> float:
    """Variance of the shop's mean score over time, less what chance explains, over that of all."""
    count = np.isfinite(score).sum(axis=1)  # (O, H)
    if count.size < 3 or count.min() < 5:
        return 0.0
    mean = np.nansum(score, axis=1) / count
    total = float(np.nanvar(score))
    excess = float(mean.var() - np.mean(total / count))
    return float(np.clip(excess / max(total, 1e-9), 0, 0.9))


def _autoregressive(noise: NDArray[np.float64], memory: float) -> NDArray[np.float64]:
    """Noise (S, H) with correlation `memory` between neighbours, of unit variance."""
    for h in range(1, noise.shape[1]):
        noise[:, h] = memory * noise[:, h - 1] + np.sqrt(1 - memory**2) * noise[:, h]
    return noise


def positions(
    actual: Floats, quantiles: Floats, is_count: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The place (N, H) of what happened in what was told, 0..1; NaN where `actual` is.

    Where several levels tell the same demand, as they do for small counts, the place is drawn evenly
    among them (the randomised probability integral transform, Smith 1985,
    doi:10.1002/for.3980040305). Of a series in whole units, k stands for all from k - 1/2 to k + 1/2.
    """
    half = np.where(is_count, 0.5, 1e-5)[:, None, None]
    n_below = (quantiles < actual[..., None] - half).sum(axis=2)
    n_upto = (quantiles < actual[..., None] + half).sum(axis=2)
    middle = np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2, [1.0]])
    last = len(LEVELS) - 1
    is_between = n_below == n_upto
    low = np.where(is_between, LEVELS[np.clip(n_below - 1, 0, last)], middle[n_below])
    high = np.where(is_between, LEVELS[np.clip(n_below, 0, last)], middle[n_upto])
    place = low + rng.random(actual.shape) * (high - low)
    return np.where(np.isfinite(actual), place, np.nan)


@dataclass(frozen=True)
class FittedNeural:
    """What a network with a spread head says of the periods after one origin.

    Parameters
    ----------
    panel : Panel
        Names and dates are read there.
    head : TellsSpread
    raw : (N, C, K) float32, the network's numbers for the next C periods
    scale : (N,) float32, units
    is_count : (N,) bool
    dependence : Dependence

    Beyond C periods the last season is repeated, or the last period where it is shorter.
    """

    panel: Panel
    head: TellsSpread
    raw: Floats
    scale: Floats
    is_count: NDArray[np.bool_]
    dependence: Dependence

    def mean(self, horizon: int) -> Floats:
        """Expected demand, (N, H)."""
        n, n_told = self.raw.shape[:2]
        mean = np.empty((n, n_told), np.float32)
        for start in range(0, n, _BLOCK):
            rows = slice(start, start + _BLOCK)
            mean[rows] = self._expected(self._quantiles(rows))
        return mean[:, self._steps(horizon)]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.kernels import round_at_random

        seed = draw_seed(rng)
        common = np.random.default_rng([int(seed), self.panel.n_series])
        shop = _autoregressive(common.standard_normal((n_samples, horizon)), self.dependence.memory)
        index = of_rows(rows, self.panel.n_series)
        values = np.empty((len(index), n_samples, horizon), np.float32)
        for start in range(0, len(index), _BLOCK):
            block = index[start : start + _BLOCK]
            values[start : start + _BLOCK] = self._drawn(block, shop, int(seed))
        values = round_at_random(values, self.is_count[rows], index, seed)
        panel = self.panel
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )

    def _drawn(self, index: NDArray[np.int64], shop: NDArray[np.float64], seed: int) -> Floats:
        """Demand (n, S, H) of the series `index`."""
        from scipy.special import ndtr

        n_samples, horizon = shop.shape
        steps, told = self._steps(horizon), self._quantiles(index)
        levels = np.array(self.dependence.levels)
        share = self.dependence.shared
        out = np.empty((len(index), n_samples, horizon), np.float32)
        for i, row in enumerate(index):
            own = self.dependence.scores(n_samples, horizon, int(row), seed)
            u = ndtr(np.sqrt(share) * shop + np.sqrt(1 - share) * own)
            for h in range(horizon):
                out[i, :, h] = np.interp(u[:, h], levels, told[i, steps[h]])
        return out

    def _quantiles(self, rows: slice | NDArray[np.int64]) -> Floats:
        return self.head.quantiles(self.raw[rows], self.scale[rows])

    def _expected(self, quantiles: Floats) -> Floats:
        """Mean (n, C) of the distributions drawn straight between the quantiles (n, C, L)."""
        levels = np.array(self.dependence.levels)
        middle = (quantiles[..., 1:] + quantiles[..., :-1]) / 2
        return (middle @ np.diff(levels)).astype(np.float32)

    def _steps(self, horizon: int) -> NDArray[np.int64]:
        n_told = self.raw.shape[1]
        season = self.panel.frequency.season
        cycle = season if season <= n_told else 1
        step = np.arange(horizon)
        return np.where(step < n_told, step, n_told - cycle + (step - n_told) % cycle)

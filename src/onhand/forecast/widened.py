"""Was it as sure of itself as it should have been? Intervals widened until they keep their promise.

Spreads are learned from a past in which less happened than will: the first autumn of a shop is in
no earlier error. How often what came lay beyond a quantile is seen at every origin, though, and
tells by how much the next quantile has to be moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import is_count, of_rows

__all__ = ["FittedWidened", "Widened"]

Floats = NDArray[np.float32]
Array = NDArray[np.float64]

_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 6}
_PARTS = 3  # of the horizon, each with its own factors
_TRIED = np.array(
    [1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5]
)  # beyond, more is wrong than the spread
_FEWEST = 100  # periods seen in a part of the horizon; fewer teach nothing
_SAMPLES = 60  # paths of each past origin
_MEAN_SAMPLES = 100  # paths from which the shift of the mean is taken
_MEAN_BLOCK = 4096  # stock points whose paths are held for it


@dataclass(frozen=True)
class Widened:
    """A forecaster whose paths are moved away from their median as far as its past misses ask for.

    It is fitted again at earlier origins, and its paths there are compared with what came. A path x
    with median m becomes m + a (x - m) above the median and m + b (x - m) below it, never below 0;
    a >= 1 is the least with which no more than (1 - level) / 2 of what came was above the upper
    quantile, b the same for the lower one. Both are learned for early, middle and late steps, and
    drawn to 1 as n / (n + doubt) of their logarithm, with n origins that saw those steps. Paths are
    never narrowed. Counts stay counts: what lies between two is rounded to one of them by its share.

    Parameters
    ----------
    inner : Forecaster
        A `Learner` learns once, before the first of the origins.
    horizon : int or None, periods
        How far it is looked at; the last factor goes for what is beyond. None: 28 days, 13 weeks or
        6 months.
    n_origins : int
        Earlier origins, a sixth of the horizon apart, the last one a period ago. None of them knows
        less than a fourth of the history or less than three periods.
    level : share 0..1
        Of the central interval that is to be kept.
    doubt : float, origins, >= 0
    n_series : int
        The most stock points that are looked at, evenly spaced.

    Raises
    ------
    ConfigError
        When a number is out of its range.

    Source: conformalised quantiles, Y. Romano, E. Patterson and E. J. Candès (2019), NeurIPS 32;
    learned again at each origin as in I. Gibbs and E. J. Candès (2021), Adaptive conformal inference
    under distribution shift, NeurIPS 34.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast import MovingAverage
    >>> drift = np.random.default_rng(0).normal(0, 0.1, (200, 60)).cumsum(axis=1)
    >>> history = believe(Panel.of(np.random.default_rng(1).poisson(20 * np.exp(drift))))
    >>> sure = MovingAverage(5)                     # levels drift away from it, step by step
    >>> fitted = Widened(sure, horizon=6).fit(history)
    >>> bool(fitted.above[0] < fitted.above[-1])
    True
    """

    inner: Forecaster
    horizon: int | None = None
    n_origins: int = 6
    level: float = 0.9
    doubt: float = 1.0
    n_series: int = 3000

    def __post_init__(self) -> None:
        for name in ("horizon", "n_origins", "n_series"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; it must be at least 1")
        if not 0 < self.level < 1:
            raise ConfigError(f"level is {self.level}; choose a share between 0 and 1")
        if not (self.doubt >= 0 and math.isfinite(self.doubt)):
            raise ConfigError(f"doubt is {self.doubt} origins; it must be 0 or above")

    @property
    def name(self) -> str:
        """`analogues, widened`."""
        return f"{self.inner.name}, widened"

    def fit(self, history: DemandHistory) -> FittedWidened:
        """The forecaster, fitted, and by how much its paths are spread."""
        horizon = self.horizon or _HORIZON[history.panel.frequency]
        origins = self._origins(history.n_periods, horizon)
        misses = []
        if origins:
            scout = taught(self.inner, history.until(origins[0]))
            misses = [self._misses(scout, history, origin, horizon) for origin in origins]
        above, below = (self._factors(misses, side, horizon) for side in (0, 1))
        return FittedWidened(self.inner.fit(history), above, below, is_count(history.values))

    def _origins(self, n_periods: int, horizon: int) -> list[int]:
        """Earlier origins, in order of time."""
        step = -(-horizon // 6)
        origins = [n_periods - 1 - k * step for k in range(self.n_origins)]
        return [o for o in reversed(origins) if o >= max(3, n_periods // 4)]

    def _misses(
        self, scout: Refitter, history: DemandHistory, origin: int, horizon: int
    ) -> _Misses:
        """How much of what came after `origin` lay beyond the quantiles, for every factor."""
        before = history.until(origin)
        n_seen = min(horizon, history.n_periods - origin)
        rows = slice(None, None, -(-history.n_series // self.n_series))
        told = scout.fit(before).paths(n_seen, _SAMPLES, rng=np.random.default_rng(0), rows=rows)
        seen = slice(origin, origin + n_seen)
        came = np.where(history.is_censored[rows, seen], np.nan, history.values[rows, seen])
        had_past = np.isfinite(before.values[rows]).any(axis=1, keepdims=True)
        is_known = np.isfinite(came) & had_past
        numbers = of_rows(rows, history.n_series)
        is_whole = is_count(history.values[rows])
        beyond = np.zeros((2, len(_TRIED), n_seen))
        for k, factor in enumerate(_TRIED):
            both = np.full(n_seen, factor, np.float32)
            paths = spread_apart(told.values, both, both, is_whole, numbers)
            upper, lower = shares_beyond(came, paths, (1 - self.level) / 2)
            beyond[0, k] = np.where(is_known, upper, 0).sum(axis=0)
            beyond[1, k] = np.where(is_known, lower, 0).sum(axis=0)
        return _Misses(beyond, is_known.sum(axis=0))

    def _factors(self, misses: list[_Misses], side: int, horizon: int) -> Floats:
        """The factor of each step, (H,), of the upper (0) or lower (1) half."""
        part = np.arange(horizon) * _PARTS // horizon
        factors = np.ones(horizon, np.float32)
        for p in np.unique(part):
            steps = np.flatnonzero(part == p)
            beyond = sum(m.beyond[side][:, steps[steps < len(m.n)]].sum(axis=1) for m in misses)
            n = sum(int(m.n[steps[steps < len(m.n)]].sum()) for m in misses)
            n_origins = sum(float((steps < len(m.n)).mean()) for m in misses)
            if n >= _FEWEST:
                share = np.minimum.accumulate(np.asarray(beyond) / n)  # falls as factors grow
                least = np.interp(-(1 - self.level) / 2, -share, _TRIED)
                factors[steps] = least ** (n_origins / (n_origins + self.doubt))
        return factors


@dataclass(frozen=True)
class _Misses:
    """What lay beyond the upper and the lower quantile, (2, K, h), of n (h,) periods that came."""

    beyond: Array
    n: NDArray[np.int64]


def spread_apart(
    paths: Floats,
    above: Floats,
    below: Floats,
    is_whole: NDArray[np.bool_],
    numbers: NDArray[np.int64],
) -> Floats:
    """Paths (n, S, H) moved away from their medians by the factors (H,) above and below them.

    Whole numbers become one of the two next to what they should be, as often as it is near: which,
    depends on the number of the series and of the sample, and on nothing drawn.

    >>> two = np.ones(1, np.float32) * 2
    >>> paths = np.array([[[1], [3], [8]]], np.float32)
    >>> spread_apart(paths, two, two, np.array([True]), np.array([0]))[0, :, 0].tolist()
    [0.0, 3.0, 13.0]
    """
    middle = np.median(paths, axis=1, keepdims=True)
    apart = paths - middle
    moved = np.maximum(middle + np.where(apart > 0, above, below) * apart, 0)
    _, n_samples, horizon = paths.shape
    turn = (
        0.618034 * np.arange(1, n_samples + 1)[None, :, None]
        + 0.754878 * (numbers[:, None, None] + 1)
        + 0.569840 * np.arange(horizon)
    ) % 1
    rounded = np.where(is_whole[:, None, None], np.floor(moved + turn), moved)
    return np.asarray(rounded, dtype=np.float32)


def shares_beyond(came: Array, paths: Floats, tail: float) -> tuple[Array, Array]:
    """Which share of each value that came lies in the upper and in the lower tail, (n, H) each.

    A value ties with many paths where demand is a count: its probabilities, from that of less to
    that of not more, are taken as spread evenly.

    >>> told = np.array([[[0.0], [1.0], [2.0]]])
    >>> shares_beyond(np.array([[2.0]]), told, 0.25)
    (array([[0.5]]), array([[0.]]))
    """
    n_paths = paths.shape[1] + 1
    low = (paths < came[:, None]).sum(axis=1) / n_paths
    high = ((paths <= came[:, None]).sum(axis=1) + 1) / n_paths
    width = np.maximum(high - low, 1e-12)
    upper = np.clip(high - np.maximum(low, 1 - tail), 0, None) / width
    lower = np.clip(np.minimum(high, tail) - low, 0, None) / width
    return upper, lower


@dataclass(frozen=True)
class FittedWidened:
    """A fitted forecaster, and the factors (H,) by which its paths are spread above and below."""

    inner: FittedForecaster
    above: Floats
    below: Floats
    is_whole: NDArray[np.bool_]
    kept: dict[int, Floats] = field(default_factory=dict, repr=False, compare=False)

    def mean(self, horizon: int) -> Floats:
        """The inner mean, and what moving a hundred of its paths adds to theirs, (N, H)."""
        if horizon not in self.kept:
            self.kept.clear()
            self.kept[horizon] = self._moved_mean(horizon)
        return self.kept[horizon]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The inner paths, spread apart, (len(rows), S, H)."""
        told = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        return replace(told, values=self._spread(told.values, rows))

    def _moved_mean(self, horizon: int) -> Floats:
        mean = self.inner.mean(horizon)
        if (self.above == 1).all() and (self.below == 1).all():
            return mean
        moved = mean.copy()
        for first in range(0, len(mean), _MEAN_BLOCK):
            rows = slice(first, min(first + _MEAN_BLOCK, len(mean)))
            rng = np.random.default_rng(0)
            told = self.inner.paths(horizon, _MEAN_SAMPLES, rng=rng, rows=rows).values
            moved[rows] += (self._spread(told, rows) - told).mean(axis=1)
        return np.asarray(np.maximum(moved, 0), dtype=np.float32)

    def _spread(self, values: Floats, rows: slice) -> Floats:
        step = np.minimum(np.arange(values.shape[2]), len(self.above) - 1)
        above, below = self.above[step], self.below[step]
        if (above == 1).all() and (below == 1).all():
            return values
        numbers = of_rows(rows, len(self.is_whole))
        return spread_apart(values, above, below, self.is_whole[rows], numbers)

"""How unsteady is each item itself? A forecast with a spread learned from the item's own past."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Learner, Refitter
from onhand.forecast.paths import DemandPaths
from onhand.forecast.response import response_of
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["FittedOwnWidth", "OwnSpread"]

Array = NDArray[np.float64]

_FEWEST = 8  # known periods from which a variance is worth looking at


@dataclass(frozen=True)
class OwnSpread:
    """A forecaster's paths, in every period as wide as the item's own demand has been.

    The ratio of variance to mean of the last year is taken per item, around the mean of each weekday
    where periods are days, and drawn towards that of items that sell as much:

    log ratio = k · own + (1 - k) · (a + b·log m + c·log² m),   k = n / (n + strength)

    m is the item's mean demand, n its known periods, and a, b, c are fitted to the shop. Each period's
    demand is negative binomial around the forecaster's mean, and its worlds stand in the order of the
    forecaster's own paths: a world that is high for it in week 1 and in week 5, for this item and for
    others, is high here, too (the Schaake shuffle). So sums over a lead time and over items are as
    joint as the paths they are ordered by. `Calibrated` knows how wrong a forecast has been, and lends
    that among items of like demand; this knows which of two items of like demand is the unsteady one.
    Which of them earns more is for a replay to say.

    Parameters
    ----------
    point : Forecaster
        Gives the mean, and the order of the worlds.
    strength : float, periods, >= 0
        How many periods of its own an item needs to be believed as much as its likes. 0: at once.
    is_responsive : bool
        Whether `point` answers to planned promotions and prices, so that what those did to demand is
        none of its unrest (see `onhand.forecast.response`).

    Source: variance-to-mean shrinkage as for dispersion in count data, M. D. Robinson and
    G. K. Smyth (2007), Moderated statistical tests, Bioinformatics 23, doi:10.1093/bioinformatics/btm453;
    order of worlds: M. Clark, S. Gangopadhyay, L. Hay, B. Rajagopalan and R. Wilby (2004), The Schaake
    shuffle, Journal of Hydrometeorology 5, section 3.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> lumps = [0, 0, 0, 0, 10, 0, 0, 0, 0, 10] * 3
    >>> panel = Panel.of([lumps, [2] * 30], frequency=Frequency.WEEK)
    >>> fitted = OwnSpread(MovingAverage(30)).fit(believe(panel))
    >>> paths = fitted.paths(1, 500, rng=np.random.default_rng(0)).values
    >>> bool(paths[0].std() > 1.5 * paths[1].std())
    True
    """

    point: Forecaster
    strength: float = 20.0
    is_responsive: bool = False

    def __post_init__(self) -> None:
        if not (self.strength >= 0 and math.isfinite(self.strength)):
            raise ConfigError(f"strength is {self.strength} periods; it must be 0 or above")

    @property
    def name(self) -> str:
        """`default, own spread`."""
        return f"{self.point.name}, own spread"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The point forecast from now, and how wide each item's demand has been."""
        return self.around(self.point.fit(history), history)

    def learn(self, history: DemandHistory) -> Refitter:
        """What the point forecaster learned from `history`, where that is dear; itself elsewhere."""
        if not isinstance(self.point, Learner):
            return self
        return _Learned(self.point.learn(history), self)

    def around(self, point: FittedForecaster, history: DemandHistory) -> FittedForecaster:
        """A fitted point forecast, as wide as the items of `history` are."""
        response = response_of(history) if self.is_responsive else None
        own = history
        if response is not None:
            own = replace(history, values=(history.values / response.cleared).astype(np.float32))
        return FittedOwnWidth(
            panel=history.panel,
            point=point,
            ratio=variance_ratios(own, self.strength),
            is_count=is_count(history.values),
        )


@dataclass(frozen=True)
class _Learned:
    """A point forecaster that only looks again, and the spread of the history it looks at."""

    point: Refitter
    spread: OwnSpread

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return self.spread.around(self.point.fit(history), history)


@dataclass(frozen=True)
class FittedOwnWidth:
    """Negative binomials around the mean of a fitted forecaster, in the order of its worlds."""

    panel: Panel
    point: FittedForecaster
    ratio: NDArray[np.float32]
    is_count: NDArray[np.bool_]
    kept: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H). Paths are drawn block by block, and each asks for it: it is kept."""
        if horizon not in self.kept:
            self.kept.clear()
            self.kept[horizon] = np.maximum(self.point.mean(horizon), 0).astype(np.float32)
        return self.kept[horizon]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.kernels import counts_in_order

        told = self.point.paths(horizon, n_samples, rng=rng, rows=rows)
        values = counts_in_order(
            np.ascontiguousarray(told.values, dtype=np.float32).view(np.uint32),
            self.mean(horizon)[rows],
            self.ratio[rows],
            self.is_count[rows],
            of_rows(rows, self.panel.n_series),
            draw_seed(rng),
        )
        return DemandPaths(values, told.items, told.locations, told.dates)


def variance_ratios(history: DemandHistory, strength: float) -> NDArray[np.float32]:
    """Variance over mean of each item's demand, drawn towards that of its likes, (N,) >= 1."""
    mean, variance, n_known = _moments(history)
    is_usable = (mean > 0) & (n_known >= _FEWEST)
    level = np.log(np.maximum(mean, 0.02))
    own = np.log(np.clip(np.divide(variance, mean, out=np.ones_like(mean), where=mean > 0), 1, 1e4))
    likes = _trend(level, own, is_usable)
    share = np.where(is_usable, n_known / np.maximum(n_known + strength, 1), 0.0)
    return np.exp(np.clip(share * own + (1 - share) * likes, 0, math.log(1e4))).astype(np.float32)


def _moments(history: DemandHistory) -> tuple[Array, Array, NDArray[np.int64]]:
    """Mean, variance around the mean of each weekday, and known periods of the last year, each (N,)."""
    year = round(history.panel.frequency.per_year)
    values = history.values[:, -year:].astype(np.float64)
    known = np.isfinite(values)
    values[~known] = 0.0
    n_known = known.sum(axis=1)
    n_phases = 7 if history.panel.frequency is Frequency.DAY else 1
    squares = np.zeros(len(values))
    n_means = np.zeros(len(values), dtype=np.int64)
    for phase in range(n_phases):
        here, seen = values[:, phase::n_phases], known[:, phase::n_phases]
        count = seen.sum(axis=1)
        usual = here.sum(axis=1) / np.maximum(count, 1)
        squares += (np.where(seen, here - usual[:, None], 0.0) ** 2).sum(axis=1)
        n_means += count > 0
    mean = values.sum(axis=1) / np.maximum(n_known, 1)
    return mean, squares / np.maximum(n_known - n_means, 1), n_known


def _trend(level: Array, own: Array, is_usable: NDArray[np.bool_]) -> Array:
    """The usual log ratio of items at each level, (N,): a parabola; their mean where they are few."""
    if is_usable.sum() < 10:
        return np.full(len(level), float(own[is_usable].mean()) if is_usable.any() else 0.0)
    terms = np.stack([np.ones_like(level), level, level**2], axis=1)  # (N, 3)
    weights, *_ = np.linalg.lstsq(terms[is_usable], own[is_usable], rcond=None)
    return np.asarray(terms @ weights)

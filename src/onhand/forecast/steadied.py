"""What would each sell in an ordinary week? A forecaster of demand without its shop's ups and downs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.align import groups_of, of_groups
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Learner, Refitter
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, is_count, of_rows
from onhand.forecast.typical import OrdinaryLevel

__all__ = ["FittedSteadied", "Steadied", "movement_of", "standing_of"]

_PASSES = 4
_MOST = 3.0  # times the ordinary level that a period is believed to stand above or below it


@dataclass(frozen=True)
class Steadied:
    """Another forecaster, shown demand divided by how high its group stood in each period.

    With less than a season of weeks nobody can tell Christmas from growth: a learner that saw the
    shop rise into December expects it to go on. What all of a group do together is told apart from
    what one of them does: every period is divided by the group's movement, which is 1 at the
    ordinary level of today (`OrdinaryLevel`). With more history the season is known, and demand is
    shown as it is, at once or by and by; so it is in days, whose weekdays are a movement that is well
    known.

    Parameters
    ----------
    point : Forecaster
        Sees steady demand; its forecasts are meant for ordinary periods.
    by : str
        The groups: a static attribute of the panel, "item", "location", or "all" for the whole shop.
        An attribute that the panel does not have stands for "all".
    n_seasons : seasons, > 0
        A history longer than this is shown as it is.
    fading : seasons, >= 0
        Within so many more, demand is divided by a power of the movement that falls from 1 to 0: for a
        point that is shown demand without a season which is hardly known yet.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> history = believe(Panel.of([[4, 4, 12, 4], [6, 6, 18, 6]], frequency=Frequency.WEEK))
    >>> MovingAverage(4).fit(history).mean(1).tolist()
    [[6.0], [9.0]]
    >>> Steadied(MovingAverage(4)).fit(history).mean(1).round(2).tolist()
    [[4.0], [6.0]]
    """

    point: Forecaster
    by: str = "all"
    n_seasons: float = 1.0
    fading: float = 0.0

    def __post_init__(self) -> None:
        if not self.n_seasons > 0:
            raise ConfigError(f"n_seasons is {self.n_seasons}; choose a number above 0")
        if not self.fading >= 0:
            raise ConfigError(f"fading is {self.fading}; choose 0 or a number of seasons above it")

    @property
    def name(self) -> str:
        """The inner forecaster's: with a season behind it, it is that one."""
        return self.point.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The inner forecaster, fitted on steady demand."""
        return _fitted(self.point, self.steady(history), history)

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learned from steady demand, to look at that of later origins."""
        if isinstance(self.point, Learner):
            return _Learned(self.point.learn(self.steady(history)), self)
        return self

    def steady(self, history: DemandHistory) -> DemandHistory:
        """The history without its groups' movements, as far as it is short."""
        frequency = history.panel.frequency
        share = self._share(history.n_periods / frequency.season)
        if share == 0 or frequency is Frequency.DAY:
            return history
        groups = groups_of(history.panel, self.by)
        values = history.values / movement_of(history, groups)[groups] ** share
        return replace(history, values=values.astype(np.float32))

    def _share(self, n_seasons: float) -> float:
        """The power of the movement that demand is divided by, 0..1."""
        beyond = n_seasons - self.n_seasons
        if beyond <= 0:
            return 1.0
        return max(1 - beyond / self.fading, 0.0) if self.fading > 0 else 0.0


@dataclass(frozen=True)
class _Learned:
    """What learned from steady demand, and how a later history is made steady."""

    point: Refitter
    steadied: Steadied

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return _fitted(self.point, self.steadied.steady(history), history)


@dataclass(frozen=True)
class FittedSteadied:
    """A fitted forecaster, the steady demand that it was shown, and whose demand is whole units (N,)."""

    point: FittedForecaster
    history: DemandHistory
    is_count: NDArray[np.bool_]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand in ordinary periods, (N, H)."""
        return self.point.mean(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the inner forecaster; whole units stay whole."""
        from onhand.forecast.kernels import round_at_random

        told = self.point.paths(horizon, n_samples, rng=rng, rows=rows)
        index = of_rows(rows, self.history.n_series)
        whole = self.is_count[rows]
        return replace(told, values=round_at_random(told.values, whole, index, draw_seed(rng)))


def _fitted(point: Refitter, steady: DemandHistory, history: DemandHistory) -> FittedForecaster:
    """The inner forecaster itself where it was shown demand as it is."""
    fitted = point.fit(steady)
    if steady is history:
        return fitted
    return FittedSteadied(fitted, steady, is_count(history.values))


def movement_of(history: DemandHistory, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """How high each group stood in each period, in ordinary levels of today, (G, T).

    `standing_of` over its own ordinary level; from 1/3 to 3.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> panel = Panel.of([[4, 4, 8, 4], [np.nan, np.nan, 4, 2]], frequency=Frequency.WEEK)
    >>> movement_of(believe(panel), np.zeros(2, np.int64)).round(1).tolist()
    [[1.0, 1.0, 2.0, 1.0]]
    """
    movement = standing_of(history.values, groups)
    ordinary = OrdinaryLevel().level(of_groups(history.panel, movement.astype(np.float32)))
    relative = movement / np.where(ordinary > 0, ordinary, 1.0)[:, None]
    return np.clip(relative, 1 / _MOST, _MOST)


def standing_of(
    values: NDArray[np.floating[Any]], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How high each group stood in each period, over what its members usually sell, (G, T).

    The demand of those whose demand is known in a period, over what the same ones usually sell, so
    that who joins or leaves moves nothing; what is usual is in turn told from the periods that they
    were there, a few times in turn. 1 where nothing is known.

    Parameters
    ----------
    values : (N, T), units. NaN: unknown.
    groups : (N,) the group of each

    >>> values = np.array([[4, 4, 8, 4], [np.nan, np.nan, 4, 2]])
    >>> standing_of(values, np.zeros(2, np.int64)).round(1).tolist()
    [[0.8, 0.8, 1.5, 0.8]]
    """
    is_known = np.isfinite(values)
    demand = np.nan_to_num(values).astype(np.float64)
    n_groups, n_periods = int(groups.max(initial=-1)) + 1, values.shape[1]
    sold, movement = np.zeros((n_groups, n_periods)), np.ones((n_groups, n_periods))
    np.add.at(sold, groups, demand)
    for _ in range(_PASSES):
        present = (is_known * movement[groups]).sum(axis=1)
        usual = demand.sum(axis=1) / np.where(present > 0, present, 1)
        expected = np.zeros_like(sold)
        np.add.at(expected, groups, is_known * usual[:, None])
        movement = np.where(expected > 0, sold / np.where(expected > 0, expected, 1), 1.0)
    return movement

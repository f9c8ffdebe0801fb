"""What does the whole shop's past say about each stock point's future?

One gradient-boosted model learns from all series at once. Demand is divided by the level of its
series, so that a slow seller teaches a fast one; the horizon is a feature, so that one model speaks
for the whole future without feeding on its own forecasts; what is not known (empty shelves, closed
shops) is left out rather than taken for zero.

Sources: the recipes of the best entries of M5 (Makridakis et al. 2022,
doi:10.1016/j.ijforecast.2021.11.013), VN1 and VN2 (Szablowski 2026, arXiv:2601.18919).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.features import Past, describe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.boosted.directions import Directions, directions
from onhand.forecast.boosted.members import Ensemble, Member, Trees, train
from onhand.forecast.boosted.rows import Rows, draw_rows, lay_out, weights_of
from onhand.forecast.calibrated import earlier_origins, error_library, liveliness
from onhand.forecast.forecaster import FittedForecaster, refuse_hindsight
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import is_count

__all__ = ["Boosted"]

Floats = NDArray[np.float32]
_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 6}
_CHUNK = 100_000  # rows laid out at a time when forecasting


@dataclass(frozen=True)
class Boosted:
    """A global boosted forecaster of demand that nobody had to forgo.

    Parameters
    ----------
    horizon : int or None, periods
        How far it learns to see. None: 28 days, 13 weeks or 6 months. Beyond it, the last season
        seen is repeated.
    members : boosters whose equal-weight mean is the forecast
    trees : their size
    n_rows, n_origins : the most examples, and origins they come from
    n_error_origins : int
        Recent origins at which the first member, trained again on only what came before all of
        them, is compared with what happened. Its error trajectories become the spread of the paths. 0: no
        spread, all paths are the mean.
    censored_weight : share 0..1
        How much is learned from a period whose shelf emptied before its end. 0: nothing, it only
        shapes the features; 1: as much as the share of it that was stocked. Shelves empty on busy
        days, so what such a period "would have sold" is a guess, and on days with a full shelf the
        forecast is closer without it.
    omega : (N,) or (N, T) or None
        Extra weight of each series in training, for instance the money an error costs, or of each
        of its periods as a target; 0 leaves it out. Later columns than the history has are not
        read, so one array serves every origin. It arrives as data: the forecaster knows no costs.
    n_error_series : int
        The most series whose errors are looked at, drawn evenly; those of the others are like them.
    falls_with, rises_with : names of known covariates with which demand never rises, or never falls,
        such as ("price",) and ("discount",); None: those that are called so
        The forecast is then monotone in their planned values, so that a what-if curve is sane. Columns
        that `onhand.demand.occasions` made of a price follow it.
    power, n_neighbours : how errors are lent between series, see `Calibrated`
    seed : of the draw of examples

    Raises
    ------
    ConfigError
        When a number is out of its range; on `fit` or `learn`, when nothing of a name is known.
    ShapeError
        On `fit` or `learn`, when `omega` does not fit the history or holds a negative or no number.

    >>> Boosted().name
    'boosted'
    """

    horizon: int | None = None
    members: tuple[Member, ...] = (Member("tweedie", 1.0, 1), Member("tweedie", 1.0, 2))
    trees: Trees = field(default_factory=Trees)
    n_rows: int = 1_500_000
    n_origins: int = 200
    n_error_origins: int = 6
    n_error_series: int = 5_000
    power: float = 0.75
    n_neighbours: int = 600
    censored_weight: float = 0.0
    falls_with: tuple[str, ...] | None = ()
    rises_with: tuple[str, ...] | None = ()
    omega: Floats | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.horizon is not None and self.horizon < 1:
            raise ConfigError(f"horizon is {self.horizon}; choose at least 1 period, or None")
        for name in ("n_rows", "n_origins", "n_error_series"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if not 0 <= self.censored_weight <= 1:
            raise ConfigError(f"censored_weight is {self.censored_weight}; choose a share 0..1")
        if self.n_error_origins < 0:
            raise ConfigError(f"n_error_origins is {self.n_error_origins}; it must be 0 or more")
        if not self.members:
            raise ConfigError("members is empty; give at least one Member")

    @property
    def name(self) -> str:
        """`boosted`."""
        return "boosted"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The ensemble's forecast from now, with the spread of its errors at earlier origins."""
        horizon = self.horizon or _HORIZON[history.panel.frequency]
        past = Past.of(history, horizon)
        ways = directions(history.panel, self.falls_with, self.rises_with)
        examples = self._examples(history, past, horizon, ways)
        ensemble = self._grown(examples, self.members, ways)
        point = FittedMean(history.panel, _expected(ensemble, past, horizon), ensemble)
        origins = earlier_origins(
            history.n_periods, horizon, -(-horizon // 4), self.n_error_origins
        )
        if not origins:
            return point
        # The errors of one member that saw half of the examples are nearly those of all.
        half = -(-self.n_rows // 2)
        before = None if examples is None else examples.before(min(origins), half)
        earlier = self._grown(before, self.members[:1], ways)
        some = _some(history.n_series, self.n_error_series)
        library = error_library(
            history.rows(some),
            FittedMean(history.panel.rows(some), point.forecast[some]),
            {o: _expected(earlier, past.until(o), horizon, some) for o in origins},
            power=self.power,
            n_neighbours=self.n_neighbours,
            bias_correction=0.0,
        )
        level = point.mean(library.errors.shape[2]).mean(axis=1)
        return replace(  # what some have shown is lent to all
            library,
            panel=history.panel,
            point=point,
            is_count=is_count(history.values),
            liveliness=liveliness(history.values, level),
        )

    def learn(self, history: DemandHistory) -> Learned:
        """Trees trained on `history`, to forecast from its end or from any later origin."""
        horizon = self.horizon or _HORIZON[history.panel.frequency]
        ways = directions(history.panel, self.falls_with, self.rises_with)
        examples = self._examples(history, Past.of(history, horizon), horizon, ways)
        ensemble = self._grown(examples, self.members, ways)
        return Learned(ensemble, horizon, history.n_periods)

    def _examples(
        self, history: DemandHistory, past: Past, horizon: int, ways: Directions
    ) -> Rows | None:
        """What there is to learn from; None where nothing ever sold."""
        return draw_rows(
            past,
            horizon=horizon,
            n_rows=self.n_rows,
            n_origins=self.n_origins,
            per_year=history.panel.frequency.per_year,
            censored_weight=self.censored_weight,
            omega=weights_of(self.omega, history.values.shape),
            left_out=ways.left_out,
            rng=np.random.default_rng(self.seed),
        )

    def _grown(
        self, examples: Rows | None, members: tuple[Member, ...], ways: Directions
    ) -> Ensemble | None:
        """The trees that the examples grow; None where there are too few for a single split."""
        if examples is None or len(examples.target) < 2 * self.trees.min_rows:
            return None
        return train(examples, members, self.trees, ways)


@dataclass(frozen=True)
class Learned:
    """Trees that learned once and look again at later origins. No spread: all paths are the mean.

    ensemble : None where too little had sold; the level is then all there is to say
    n_periods : length of the history they learned from
    """

    ensemble: Ensemble | None
    horizon: int
    n_periods: int

    def fit(self, history: DemandHistory) -> FittedMean:
        """The forecast from the end of `history`.

        Raises
        ------
        HistoryError
            When the trees have seen more than this history.
        """
        refuse_hindsight("the ensemble", self.n_periods, history)
        past = Past.of(history, self.horizon)
        told = _expected(self.ensemble, past, self.horizon)
        return FittedMean(history.panel, told, self.ensemble)


def _flat(past: Past, horizon: int) -> Floats:
    """The mean of every series so far, 0 where it never sold, (N, H)."""
    level = past.filled.sum(axis=1) / np.maximum(past.is_known.sum(axis=1), 1)
    return np.repeat(level[:, None], horizon, axis=1).astype(np.float32)


def _some(n: int, most: int) -> NDArray[np.int64]:
    """At most so many of n rows, evenly spaced."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).round().astype(np.int64)


def _expected(
    ensemble: Ensemble | None, past: Past, horizon: int, rows: NDArray[np.int64] | None = None
) -> Floats:
    """Expected unconstrained demand (n, H) of `rows` from the origin at the end of `past`."""
    rows = np.arange(len(past.filled)) if rows is None else rows
    if ensemble is None:  # next to nothing sold: no tree can say more than the level does
        return _flat(past, horizon)[rows]
    n = len(rows)
    columns, scale = describe(past, horizon, rows)
    # A calendar that reached far enough ahead when the trees learned may not do so at a later origin.
    unknown = np.full((1, 1), np.nan, dtype=np.float32)
    columns = {name: columns.get(name, unknown) for name in ensemble.names}
    forecast = np.empty((n, horizon), dtype=np.float32)
    block = max(1, _CHUNK // horizon)
    for start in range(0, n, block):
        series = np.arange(start, min(n, start + block))
        step = np.tile(np.arange(horizon), len(series))
        features = lay_out(columns, np.repeat(series, horizon), step)
        forecast[series] = ensemble.predict(features).reshape(-1, horizon)
    return forecast * scale[:, None]


@dataclass(frozen=True)
class FittedMean:
    """Expected demand (N, C), worked out when fitted, and no spread.

    Beyond its C periods the last season is repeated, or the last period where it is shorter. The
    trees are kept to be asked what they saw, see `onhand.forecast.parts`.
    """

    panel: Panel
    forecast: Floats
    ensemble: Ensemble | None = None

    def mean(self, horizon: int) -> Floats:
        """Expected demand, (N, H)."""
        n_seen = self.forecast.shape[1]
        season = self.panel.frequency.season
        cycle = season if season <= n_seen else 1
        step = np.arange(horizon)
        step = np.where(step < n_seen, step, n_seen - cycle + (step - n_seen) % cycle)
        return self.forecast[:, step]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The mean, `n_samples` times, (len(rows), n_samples, H)."""
        del rng  # nothing is drawn
        panel = self.panel
        values = np.repeat(self.mean(horizon)[rows, None, :], n_samples, axis=1)
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )

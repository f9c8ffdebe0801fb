"""What do forecasts of the shop, its categories and its places say about each stock point?

Forecasts of single series are summed, level by level: those sums are coherent by construction, and so are
the paths. But a sum is smoother than its parts, and forecast on its own it may know better. Then two
stories are told of the same future, one from below and one from above, and neither should have the last
word: the stock points' forecasts move by as little as possible, so that all levels are met as well as their
past errors deserve. With a forecast b̂ (N,) of the stock points, â (G,) of the groups, A (G, N) the sums
over groups, and diagonal variances V of b̂'s errors and U of â's,

    b = b̂ + V A' (U + A V A')⁻¹ (â - A b̂)

is the minimum of Σ (b - b̂)² / V + Σ (â - A b)² / U: weighted least squares, the minimum trace
reconciliation with a diagonal error matrix. Top-down proportions are `Aligned` around a forecaster that gives
them (`onhand.forecast.align`).

Source: S. L. Wickramasuriya, G. Athanasopoulos and R. J. Hyndman (2019), Optimal forecast reconciliation
for hierarchical and grouped time series through trace minimization, Journal of the American Statistical
Association 114(526), doi:10.1080/01621459.2018.1448825, in the form of their equation for a diagonal matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from onhand.data.panel import Frequency, Panel
from onhand.demand.believe import full_shelf_rate
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.align import groups_of, of_groups
from onhand.forecast.calibrated import earlier_origins
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths

__all__ = ["Levels", "Reconciled", "levels_of"]

Array = NDArray[np.float64]

_AHEAD = {
    Frequency.DAY: 28,
    Frequency.WEEK: 8,
    Frequency.MONTH: 3,
}  # periods that past errors are taken over
_SHARE_WON = 0.75  # of the earlier origins, from which a level earns its say


@dataclass(frozen=True)
class Levels:
    """The sums above N stock points, level by level.

    names : of the levels
    sums : sparse (G, N), a row of ones for the members of each group of each level
    tier : (G,) which level a group belongs to
    """

    names: tuple[str, ...]
    sums: Any
    tier: NDArray[np.int64]

    def up(self, values: Array) -> Array:
        """Sums over the members of each group: (N, ...) -> (G, ...)."""
        return np.asarray(self.sums @ values)


def levels_of(panel: Panel, names: tuple[str, ...]) -> Levels:
    """The groups of every named level: "all", "item", "location" or a static attribute of the panel.

    A level that puts no two stock points together, or that another one already holds, is left out.

    >>> panel = Panel.of([[1.0], [2.0], [4.0]], locations=["a", "a", "b"], items=["x", "y", "x"])
    >>> levels_of(panel, ("all", "location", "item")).up(panel.sales[:, 0]).tolist()
    [7.0, 3.0, 4.0, 5.0, 2.0]
    """
    blocks: list[Any] = []
    kept: list[str] = []
    tier: list[int] = []
    seen: set[bytes] = set()
    n = panel.n_series
    for name in names:
        groups = groups_of(panel, name)
        size = int(groups.max(initial=-1)) + 1
        if size >= n or groups.tobytes() in seen:
            continue
        seen.add(groups.tobytes())
        ones = np.ones(n)
        blocks.append(sparse.csr_matrix((ones, (groups, np.arange(n))), shape=(size, n)))
        tier += [len(kept)] * size
        kept.append(name)
    sums = sparse.vstack(blocks).tocsr() if blocks else sparse.csr_matrix((0, n))
    return Levels(tuple(kept), sums, np.array(tier, dtype=np.int64))


@dataclass(frozen=True)
class Reconciled:
    """A forecaster of stock points, reconciled with forecasts of the sums above them.

    Parameters
    ----------
    inner : Forecaster
        Of every stock point.
    aggregate : Forecaster
        Of the sums; only its mean is used.
    levels : as in `levels_of`
    n_origins : int, >= 2
        Earlier origins whose errors weigh the levels against each other.
    is_tried : bool
        True: only where the reconciled forecast was the better one, over all levels together, at three of
        four of these origins (each judged by weights from the others); else the inner forecaster speaks
        alone. False: always.
    limit : float, >= 1
        A stock point is stretched by at most this factor, and shrunk by at most its inverse.

    Too short a history for two earlier origins leaves the inner forecaster alone.

    >>> from onhand.demand import believe
    >>> from onhand.forecast import MovingAverage, SeasonalNaive
    >>> week = np.array([1, 1, 1, 1, 1, 3, 6])
    >>> rng = np.random.default_rng(0)
    >>> history = believe(Panel.of(rng.poisson(np.tile(week, 20) / 4, (40, 140))))
    >>> bare, sums = MovingAverage(28), SeasonalNaive(7)
    >>> bare.fit(history).mean(7).sum(axis=0).round(-1).tolist()     # each flat; together they have a week
    [20.0, 20.0, 20.0, 20.0, 20.0, 20.0, 20.0]
    >>> total = Reconciled(bare, sums).fit(history).mean(7).sum(axis=0)
    >>> bool(total[6] > 1.5 * total[0])
    True
    """

    inner: Forecaster
    aggregate: Forecaster
    levels: tuple[str, ...] = ("all",)
    n_origins: int = 4
    is_tried: bool = True
    limit: float = 3.0

    def __post_init__(self) -> None:
        if self.n_origins < 2:
            raise ConfigError(
                f"n_origins is {self.n_origins}; errors of at least 2 origins are needed"
            )
        if self.limit < 1:
            raise ConfigError(f"limit is {self.limit}; a stock point is stretched by at least 1")

    @property
    def name(self) -> str:
        """`naive reconciled with tsb by all, location`."""
        return (
            f"{self.inner.name} reconciled with {self.aggregate.name} by {', '.join(self.levels)}"
        )

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """Both forecasters fitted, and the say of each level; or the inner one alone."""
        inner = self.inner.fit(history)
        levels = levels_of(history.panel, self.levels)
        ahead = min(_AHEAD[history.panel.frequency], history.n_periods // 3)
        origins = earlier_origins(history.n_periods, ahead, ahead, self.n_origins)
        origins = [origin for origin in origins if origin >= history.n_periods // 3]
        if not levels.names or len(origins) < 2:
            return inner
        filled = _filled(history)
        past = [self._missed(history, filled, levels, origin, ahead) for origin in origins]
        if self.is_tried and not _wins(past, levels, self.limit):
            return inner
        variances = _variances(past, levels)
        above = self.aggregate.fit(_pooled(history, filled, levels))
        return FittedReconciled(inner, above, levels, *variances, self.limit)

    def _missed(
        self, history: DemandHistory, filled: Array, levels: Levels, origin: int, ahead: int
    ) -> _Missed:
        then = history.until(origin)
        below = self.inner.fit(then).mean(ahead).astype(np.float64)
        pooled = _pooled(then, filled[:, :origin], levels)
        above = self.aggregate.fit(pooled).mean(ahead).astype(np.float64)
        return _Missed(below, above, filled[:, origin : origin + ahead])


@dataclass(frozen=True)
class _Missed:
    """What both forecasters said at an earlier origin, (N, H) and (G, H), and what came, (N, H)."""

    below: Array
    above: Array
    came: Array


@dataclass(frozen=True)
class FittedReconciled:
    """Fitted stock points and fitted sums; `of_points` (N,) and `of_groups` (G,) are error variances."""

    inner: FittedForecaster
    above: FittedForecaster
    levels: Levels
    of_points: Array
    of_groups: Array
    limit: float

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H); of every level the sum of its members."""
        return (self.inner.mean(horizon) * self._stretch(horizon)).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the inner forecaster, each stretched."""
        paths = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        stretch = self._stretch(horizon)[rows, None, :].astype(np.float32)
        return replace(paths, values=paths.values * stretch)

    def _stretch(self, horizon: int) -> Array:
        """What each stock point is multiplied by, (N, H)."""
        below = self.inner.mean(horizon).astype(np.float64)
        above = self.above.mean(horizon).astype(np.float64)
        told = reconcile(below, above, self.levels, self.of_points, self.of_groups)
        return _held(told, below, self.limit)


def reconcile(
    below: Array, above: Array, levels: Levels, of_points: Array, of_groups: Array
) -> Array:
    """The stock points' forecasts (N, H) that fit both stories best; the formula stands above.

    below, above : (N, H) and (G, H)
    of_points, of_groups : error variances, (N,) >= 0 and (G,) > 0

    >>> levels = levels_of(Panel.of([[1.0], [1.0]]), ("all",))
    >>> told = reconcile(np.array([[4.0], [4.0]]), np.array([[12.0]]), levels, np.array([3.0, 1.0]), np.ones(1))
    >>> told.round(2).tolist(), float(told.sum().round(2))           # 8 from below, 12 from above
    ([[6.4], [4.8]], 11.2)
    """
    weighted = levels.sums.multiply(of_points[None, :]).tocsr()  # A V
    left = (weighted @ levels.sums.T + sparse.diags(of_groups)).tocsc()
    gap = above - levels.up(below)
    return np.asarray(below + weighted.T @ splu(left).solve(gap))


def _held(told: Array, below: Array, limit: float) -> Array:
    """told / below, within the limit; 1 where nothing is expected."""
    ratio = np.divide(told, below, out=np.ones_like(below), where=below > 0)
    return np.clip(ratio, 1 / limit, limit)


def _filled(history: DemandHistory) -> Array:
    """Demand (N, T) with the stock point's running mean where it is unknown, 0 where it was not there."""
    values = history.values
    rate = full_shelf_rate(values)
    is_there = np.isfinite(history.panel.sales) & (history.panel.is_open > 0)[None, :]
    told = np.where(np.isfinite(values), values, np.where(is_there, np.nan_to_num(rate), 0.0))
    return told.astype(np.float64)


def _pooled(history: DemandHistory, filled: Array, levels: Levels) -> DemandHistory:
    """The history of the sums; unknown where no demand was known anywhere."""
    says_nothing: NDArray[np.bool_] = np.all(np.isnan(history.values), axis=0, keepdims=True)
    values = np.where(says_nothing, np.nan, levels.up(filled)).astype(np.float32)
    return of_groups(history.panel, values)


def _variances(past: list[_Missed], levels: Levels) -> tuple[Array, Array]:
    """Mean square errors of the sums over the horizon, of stock points (N,) and groups (G,).

    Each drawn half of the way towards what is usual at its level for its size: variance in proportion to
    what was expected.
    """
    below = np.stack([(p.came - p.below).sum(axis=1) for p in past])  # (K, N)
    above = np.stack([levels.up(p.came).sum(axis=1) - p.above.sum(axis=1) for p in past])
    expected = np.mean([p.below.sum(axis=1) for p in past], axis=0)
    expected_above = np.mean([p.above.sum(axis=1) for p in past], axis=0)
    of_groups = np.empty(len(expected_above))
    for tier in range(len(levels.names)):
        mine = levels.tier == tier
        of_groups[mine] = _drawn((above[:, mine] ** 2).mean(axis=0), expected_above[mine])
    return _drawn((below**2).mean(axis=0), expected), of_groups


def _drawn(square: Array, expected: Array) -> Array:
    usual = square.sum() / max(float(expected.sum()), 1e-9) * np.maximum(expected, 0)
    return np.asarray(np.maximum((square + usual) / 2, 1e-9 * max(float(square.max()), 1.0)))


def _wins(past: list[_Missed], levels: Levels, limit: float) -> bool:
    """Whether the reconciled forecast was better at most origins, each with weights from the others."""
    won = 0
    for k, one in enumerate(past):
        variances = _variances(past[:k] + past[k + 1 :], levels)
        told = reconcile(one.below, one.above, levels, *variances)
        made = one.below * _held(told, one.below, limit)
        won += _error(made, one, levels) < _error(one.below, one, levels)
    return won >= _SHARE_WON * len(past)


def _error(told: Array, one: _Missed, levels: Levels) -> float:
    """WAPE of the stock points and of each level, all levels alike."""
    apart = levels.up(told - one.came)
    total = max(float(one.came.sum()), 1e-9)
    of_levels = [np.abs(apart[levels.tier == t]).sum() for t in range(len(levels.names))]
    return float(np.mean([np.abs(told - one.came).sum(), *of_levels]) / total)

"""Which forecasters deserve to be heard here, and how much? Their shares are learned from the past.

Equal shares are hard to beat where all members are about as good; a member that is bad on this very shop
then spoils the mean. So every member forecasts some past origins, from what was known then, and the
shares are those whose weighted mean would have erred least there: none below 0, all together 1.

Sources: J. M. Bates and C. W. J. Granger (1969), The Combination of Forecasts,
doi:10.1057/jors.1969.103; L. Breiman (1996), Stacked Regressions, doi:10.1007/BF00117832, for shares
that are not negative and learned from forecasts of what the members had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.blend import told_by
from onhand.forecast.calibrated import earlier_origins
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Learner, Refitter
from onhand.forecast.paths import DemandPaths

__all__ = ["FittedStack", "Stacked", "best_shares"]

Floats = NDArray[np.float32]
_MOST_ROUNDS = 20
_CLOSE = {"xatol": 1e-3}
_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 6}


@dataclass(frozen=True)
class Stacked:
    """The weighted mean of its members; each sample path comes from one of them, as often as it counts.

    Parameters
    ----------
    members : forecasters, at least one
    horizon : int or None, periods over which they are compared
        None: 28 days, 13 weeks or 6 months.
    n_origins : int
        Past origins at which they are compared, at most: the last ones that leave room for seeing a
        future, half a horizon apart, within the last fourth of the history.
    power : float, at least 1
        The shares make the sum of |error| ** power least, in units. 1: what WAPE counts; 2: what
        RMSE counts.
    prior : float, in origins
        The shares are drawn towards equal ones as if so many origins had shown all members to be alike.

    Notes
    -----
    Members that are dear to teach (`Learner`) are taught twice: on what was known at the first of the
    past origins, to be compared, and on the whole history, to forecast. Where a history is too short to
    look back, or nothing was sold at those origins, all members count the same.

    Raises
    ------
    ConfigError
        Without members, or when a number is out of its range.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast import MovingAverage, Naive
    >>> growing = believe(Panel.of([[1, 2, 3, 4, 5, 6, 7, 8, 9]]))
    >>> stack = Stacked([Naive(), MovingAverage(8)], horizon=1, prior=0)
    >>> stack.fit(growing).shares.round(2).tolist()                    # the last value was nearer
    [1.0, 0.0]
    """

    members: Sequence[Forecaster]
    horizon: int | None = None
    n_origins: int = 8
    power: float = 1.0
    prior: float = 2.0

    def __post_init__(self) -> None:
        if not self.members:
            raise ConfigError("a stack has no members; give it at least one forecaster")
        if self.horizon is not None and self.horizon < 1:
            raise ConfigError(f"horizon is {self.horizon}; choose at least 1 period, or None")
        if self.n_origins < 1 or not self.power >= 1 or not self.prior >= 0:
            raise ConfigError(
                f"n_origins is {self.n_origins}, power {self.power} and prior {self.prior}; "
                "the first two are at least 1, the last at least 0"
            )
        object.__setattr__(self, "members", tuple(self.members))

    @property
    def name(self) -> str:
        """`stack of naive, tsb`."""
        return "stack of " + ", ".join(member.name for member in self.members)

    def fit(self, history: DemandHistory) -> FittedStack:
        """Every member fitted on `history`, with the shares that its past suggests."""
        shares = self._taught_at(self._first_origin(history), history).shares(history)
        return FittedStack(tuple(member.fit(history) for member in self.members), shares)

    def learn(self, history: DemandHistory) -> LearnedStack:
        """What the dear members learned from `history`; the shares are learned anew at each origin."""
        early = self._taught_at(self._first_origin(history), history)
        return LearnedStack(early, tuple(_ready(member, history) for member in self.members))

    def _first_origin(self, history: DemandHistory) -> int:
        """Where members that are to be compared stop learning; 0: the history is too short."""
        return min(self._origins(history), default=0)

    def _origins(self, history: DemandHistory) -> list[int]:
        """Past origins; none but the last before the last fourth of the history, so that members that
        stop learning at the first of them know nearly as much as those that forecast."""
        horizon = self.horizon or _HORIZON[history.panel.frequency]
        origins = earlier_origins(history.n_periods, horizon, -(-horizon // 2), self.n_origins)
        return [o for o in origins if 4 * o >= 3 * history.n_periods] or origins[-1:]

    def _taught_at(self, origin: int, history: DemandHistory) -> _Compared:
        if origin == 0 or len(self.members) == 1:
            return _Compared(self, origin, ())
        before = history.until(origin)
        return _Compared(self, origin, tuple(_ready(member, before) for member in self.members))


def _ready(forecaster: Forecaster, history: DemandHistory) -> Refitter:
    return forecaster.learn(history) if isinstance(forecaster, Learner) else forecaster


@dataclass(frozen=True)
class _Compared:
    """Members that know nothing after `origin`, and can be asked what they would have said later."""

    stack: Stacked
    origin: int
    members: tuple[Refitter, ...]

    def shares(self, history: DemandHistory) -> NDArray[np.float64]:
        """The share of each member (M,), from origins of `history` whose future is in it."""
        n = len(self.stack.members)
        origins = [o for o in self.stack._origins(history) if o >= self.origin]
        if not self.members or not origins:
            return np.full(n, 1 / n)
        horizon = self.stack.horizon or _HORIZON[history.panel.frequency]
        told, actual = [], []
        for origin in origins:
            seen = slice(origin, min(origin + horizon, history.n_periods))
            demand = np.where(history.is_censored[:, seen], np.nan, history.values[:, seen])
            is_known = np.isfinite(demand)
            before = history.until(origin)
            means = [member.fit(before).mean(demand.shape[1]) for member in self.members]
            told.append(np.stack([mean[is_known] for mean in means], axis=1))
            actual.append(demand[is_known])
        best = best_shares(np.concatenate(told), np.concatenate(actual), self.stack.power)
        trust = len(origins) / (len(origins) + self.stack.prior)
        return trust * best + (1 - trust) / n


@dataclass(frozen=True)
class LearnedStack:
    """Members that learned once and look again at later origins, compared anew at each.

    compared : members that learned from less, so that they can be judged on what came after
    members : what the same members learned from all that was known
    """

    compared: _Compared
    members: tuple[Refitter, ...]

    def fit(self, history: DemandHistory) -> FittedStack:
        """The weighted forecast from the end of `history`."""
        shares = self.compared.shares(history)
        return FittedStack(tuple(member.fit(history) for member in self.members), shares)


@dataclass(frozen=True)
class FittedStack:
    """Fitted members and the share of each.

    members : M fitted forecasters
    shares : (M,), >= 0, together 1
    """

    members: tuple[FittedForecaster, ...]
    shares: NDArray[np.float64]

    def mean(self, horizon: int) -> Floats:
        """Weighted mean of the members' means, (N, H)."""
        told = [
            s * m.mean(horizon) for s, m in zip(self.shares, self.members, strict=True) if s > 0
        ]
        return np.stack(told).sum(axis=0).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H): each world is told by one member, for all rows."""
        teller = rng.permutation(np.repeat(np.arange(len(self.shares)), self._counts(n_samples)))
        return told_by(self.members, teller, horizon, rng, rows)

    def _counts(self, n_samples: int) -> NDArray[np.int64]:
        """How many of the worlds each member tells: its share, the largest remainders rounded up."""
        exact = self.shares * n_samples
        counts = np.floor(exact + 1e-9).astype(np.int64)
        missing = n_samples - int(counts.sum())
        counts[np.argsort(counts - exact, kind="stable")[:missing]] += 1
        return counts


def best_shares(
    told: NDArray[np.floating], actual: NDArray[np.floating], power: float = 1.0
) -> NDArray[np.float64]:
    """The shares (M,) whose weighted mean of `told` (R, M) has the least sum of |error| ** power.

    They are >= 0 and together 1. Where nothing was told or sold, all are the same.

    The sum is convex, but at power 1 it has edges. So it is walked down from the best corner and
    from the middle, along the lines on which one member gives a part of its share to another, until no
    such exchange helps.

    >>> told = np.array([[1.0, 3.0], [2.0, 4.0], [5.0, 7.0]])
    >>> best_shares(told, np.array([1.5, 2.5, 5.5])).round(3).tolist()
    [0.75, 0.25]
    """
    x, y = told.astype(np.float64), actual.astype(np.float64)
    n = x.shape[1]
    if not y.any():
        return np.full(n, 1 / n)
    starts = [np.full(n, 1 / n), *np.eye(n)]
    errors = [_total(x @ start - y, power) for start in starts]
    ends = [_walk(x, y, starts[k], power) for k in (0, 1 + int(np.argmin(errors[1:])))]
    return min(ends, key=lambda end: end[1])[0]


def _walk(
    told: NDArray[np.float64],
    actual: NDArray[np.float64],
    shares: NDArray[np.float64],
    power: float,
) -> tuple[NDArray[np.float64], float]:
    """Shares from which no exchange between two members helps, and their error."""
    shares = shares.copy()
    error = told @ shares - actual
    least = _total(error, power)
    for _ in range(_MOST_ROUNDS):
        before = least
        for a, b in combinations(range(len(shares)), 2):
            way = told[:, a] - told[:, b]
            step, value = _best_step(error, way, -shares[a], shares[b], power)
            if value < least:
                shares[[a, b]] += step, -step
                error += step * way
                least = value
        if least >= before * (1 - 1e-6):
            break
    return shares, least


def _best_step(
    error: NDArray[np.float64], way: NDArray[np.float64], low: float, high: float, power: float
) -> tuple[float, float]:
    """The step between `low` and `high` along `way` that makes the error least, and that error."""
    from scipy.optimize import minimize_scalar

    def at(step: float) -> float:
        return _total(error + step * way, power)

    steps = [low, high]  # a bounded search never tries its bounds
    if high - low > 1e-6:
        steps.append(
            float(minimize_scalar(at, bounds=(low, high), method="bounded", options=_CLOSE).x)
        )
    values = [at(step) for step in steps]
    best = int(np.argmin(values))
    return steps[best], values[best]


def _total(error: NDArray[np.float64], power: float) -> float:
    size = np.abs(error)
    return float((size if power == 1 else size**power).sum())

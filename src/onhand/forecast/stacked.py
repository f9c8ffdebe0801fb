"""Several forecasters that err in different places: what do they say together, and how much does each count?

Every member forecasts some past origins, from what was known then, and counts the more the less it erred
there. Shares learned by regression are better only where there is much to learn them from: a few past
weeks, in which the whole shop sold more or less than anybody foresaw, say little about which member
is best, and equal shares are hard to beat. So the shares rest on how large the errors of each member
were and not on how they hang together, which keeps them near equal where members are about as good.

Sources: J. M. Bates and C. W. J. Granger (1969), The Combination of Forecasts, doi:10.1057/jors.1969.103,
for shares by past errors; J. H. Stock and M. W. Watson (2004), Combination Forecasts of Output Growth
in a Seven-Country Data Set, doi:10.1002/for.928, for powers of them; J. Smith and K. F. Wallis (2009), A
Simple Explanation of the Forecast Combination Puzzle, doi:10.1111/j.1468-0084.2008.00541.x, for leaving out how errors
hang together; K. C. Lichtendahl, Y. Grushka-Cockayne and R. L. Winkler (2013), Is It Better to Average
Probabilities or Quantiles?, doi:10.1287/mnsc.1120.1667, for the spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.calibrated import earlier_origins
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["FittedStack", "Stacked", "shares_by_errors"]

Floats = NDArray[np.float32]
_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 6}
_LEAST = 1e-9  # units; where members together expect less there is nothing to scale


@dataclass(frozen=True)
class Stacked:
    """The weighted mean of its members, with the mean of their spreads.

    Parameters
    ----------
    members : forecasters, at least one
        Each should have a spread of its own: one that is sure of itself narrows that of all. The worlds of
        the sample paths hang together as those of the first do.
    horizon : int or None, periods over which they are compared
        None: 28 days, 13 weeks or 6 months.
    n_origins : int
        Past origins at which they are compared, at most: the last ones that leave room for seeing a
        future, half a horizon apart, within the last fourth of the history.
    trust : float, >= 0, in the past errors
        Shares are in proportion to (sum of |error|) ** -trust, were there past origins without end. 0: all count
        the same, and nobody is compared; 2 is the rule of independent errors. Members see the same demand, so
        that their errors are alike and small differences tell more: of two members whose errors are
        correlated by 0.9 one that is 5 % better should have three times the other's share, which is a
        power of 22.
    prior : float, >= 0, in origins
        The power is trust * n / (n + prior) after n origins: shares are drawn towards equal ones as if so
        many more origins had shown all members to be alike.

    Notes
    -----
    Demand is missed by a factor rather than by units, and where members disagree the highest is most often
    wrong. So the mean is that of square roots, squared, (sum of share * sqrt(mean)) ** 2: between the
    arithmetic mean and the geometric one, and nothing becomes zero because one member says so.

    The paths have at each rank the weighted mean of what the members tell at that rank (their quantile
    functions are averaged, not their probabilities, which would be wider than each of them), moved to
    the mean in proportion, in the order of the first member's worlds.

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
    trust: float = 16.0
    prior: float = 4.0

    def __post_init__(self) -> None:
        if not self.members:
            raise ConfigError("a stack has no members; give it at least one forecaster")
        if self.horizon is not None and self.horizon < 1:
            raise ConfigError(f"horizon is {self.horizon}; choose at least 1 period, or None")
        if self.n_origins < 1 or not 0 <= self.trust < np.inf or not 0 <= self.prior < np.inf:
            raise ConfigError(
                f"n_origins is {self.n_origins}, trust {self.trust} and prior {self.prior}; "
                "the first is at least 1, the others are numbers from 0"
            )
        object.__setattr__(self, "members", tuple(self.members))

    @property
    def name(self) -> str:
        """`stack of naive, tsb`."""
        return "stack of " + ", ".join(member.name for member in self.members)

    def fit(self, history: DemandHistory) -> FittedStack:
        """Every member fitted on `history`, with the shares that its past suggests."""
        shares = self._taught_at(self._first_origin(history), history).shares(history)
        return _together(self.members, history, shares)

    def learn(self, history: DemandHistory) -> LearnedStack:
        """What the dear members learned from `history`; the shares are learned anew at each origin."""
        early = self._taught_at(self._first_origin(history), history)
        return LearnedStack(early, tuple(taught(member, history) for member in self.members))

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
        if origin == 0 or len(self.members) == 1 or self.trust == 0:
            return _Compared(self, origin, ())
        before = history.until(origin)
        return _Compared(self, origin, tuple(taught(member, before) for member in self.members))


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
        missed, sold = np.zeros(n), 0.0  # units
        for origin in origins:
            seen = slice(origin, min(origin + horizon, history.n_periods))
            demand = np.where(history.is_censored[:, seen], np.nan, history.values[:, seen])
            sold += float(np.nansum(demand))
            before = history.until(origin)
            for m, member in enumerate(self.members):
                missed[m] += np.nansum(np.abs(member.fit(before).mean(demand.shape[1]) - demand))
        power = self.stack.trust * len(origins) / (len(origins) + self.stack.prior)
        return shares_by_errors(missed, power if sold > 0 else 0.0)


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
        return _together(self.members, history, shares)


def _together(
    members: Sequence[Refitter], history: DemandHistory, shares: NDArray[np.float64]
) -> FittedStack:
    fitted = tuple(member.fit(history) for member in members)
    return FittedStack(fitted, shares, is_count(history.values))


@dataclass(frozen=True)
class FittedStack:
    """Fitted members and the share of each.

    members : M fitted forecasters
    shares : (M,), >= 0, together 1
    is_count : (N,) bool, True where demand comes in whole units
    """

    members: tuple[FittedForecaster, ...]
    shares: NDArray[np.float64]
    is_count: NDArray[np.bool_]
    kept: dict[int, tuple[Floats, Floats]] = field(default_factory=dict, repr=False, compare=False)

    def mean(self, horizon: int) -> Floats:
        """The members' means together, (N, H)."""
        return self._told(horizon)[0]

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H): ranks of all, worlds of the first.

        Whole units stay whole: what lies between them is rounded up as often as its fraction says.
        """
        from onhand.forecast.stacked_kernel import in_order_of

        first = self.members[0].paths(horizon, n_samples, rng=rng, rows=rows)
        ranked = np.zeros(first.values.shape, np.float32)
        for member, share in zip(self.members, self.shares, strict=True):
            if share > 0:
                is_first = member is self.members[0]
                told = first if is_first else member.paths(horizon, n_samples, rng=rng, rows=rows)
                ranked += np.float32(share) * np.sort(told.values, axis=1)
        ranked *= self._told(horizon)[1][rows][:, None]
        values = in_order_of(
            np.ascontiguousarray(first.values, dtype=np.float32).view(np.uint32),
            ranked,
            self.is_count[rows],
            of_rows(rows, len(self.is_count)),
            draw_seed(rng),
        )
        return DemandPaths(values, first.items, first.locations, first.dates)

    def _told(self, horizon: int) -> tuple[Floats, Floats]:
        """The mean, and by how much the plain mean of the members is scaled to it, both (N, H).

        Paths are drawn block by block, and each block needs both of all series: they are kept.
        """
        if horizon not in self.kept:
            plain, roots = 0.0, 0.0
            for share, member in zip(self.shares, self.members, strict=True):
                told = np.maximum(member.mean(horizon), 0).astype(np.float64)
                plain, roots = plain + share * told, roots + share * np.sqrt(told)
            mean = np.square(roots)
            factor = np.divide(mean, plain, out=np.ones_like(mean), where=plain > _LEAST)
            self.kept.clear()
            self.kept[horizon] = mean.astype(np.float32), factor.astype(np.float32)
        return self.kept[horizon]


def shares_by_errors(missed: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Shares (M,), >= 0 and together 1, in proportion to `missed` (M,) ** -power.

    Where nobody missed anything, all are the same.

    >>> shares_by_errors(np.array([10.0, 10.0, 20.0]), 2.0).round(3).tolist()
    [0.444, 0.444, 0.111]
    """
    if not missed.any():
        return np.full(len(missed), 1 / len(missed))
    nearest = max(float(missed.min()), 1e-9 * float(missed.max()))
    shares = (nearest / np.maximum(missed, nearest)) ** power
    return np.asarray(shares / shares.sum())

"""How much money does one unit of forecast error cost at each stock point?

A model that learns from the whole shop at once has to err somewhere; these weights tell it where an
error is dear. They are worked out from the decision that the forecast is for, or set by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ShapeError
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Learner, Refitter
from onhand.inventory.costs import Costs
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import ArrowSettings
from onhand.plan.members import changed, found_in
from onhand.plan.plan import Assumption

__all__ = [
    "Lesson",
    "Weighed",
    "learns_from_weights",
    "money_per_error",
    "omega_of",
    "weight_notes",
    "weighted_error",
]

Array = NDArray[np.float64]
Known = dict[int, tuple[Forecaster, Forecaster]]

_MOST = 20.0  # times the usual weight that a stock point may have, or one part of so many
_SUREST = 0.99  # beyond it a few periods of history cannot tell a quantile


def money_per_error(totals: Array, shortage_cost: Array, leftover_cost: Array) -> Array:
    """Expected money lost per unit by which a target is wrong, (N,) >= 0, for errors of the usual size.

    With C(S) = p E(D - S)+ + h E(S - D)+ the expected cost of stocking up to S, S* the S at which it
    is least, that is the p / (p + h) quantile of D, and δ the mean absolute deviation of D,

        ω = [C(S* + δ) + C(S* - δ) - 2 C(S*)] / 2δ

    For small errors this is ½ (p + h) f(S*) δ, f being the density of D: the curvature of the cost
    where the decision stands. It is 0 where nothing ever sold, and where neither a lost sale nor a
    leftover costs anything.

    Parameters
    ----------
    totals : (N, K) units, demand of K past protection intervals; NaN: not known
    shortage_cost : (N,) money per unit short
    leftover_cost : (N,) money per unit left over until the next review

    References
    ----------
    The curvature of the newsvendor's cost; Silver, Pyke & Thomas (2017), *Inventory and Production
    Management in Supply Chains*, 4th ed., section 9.2. Training by the money that a decision loses:
    Elmachtoub & Grigas (2022), *Smart "Predict, then Optimize"*, Management Science 68(1).

    >>> totals = np.array([[0.0, 10.0], [0.0, 10.0], [0.0, 0.0]])
    >>> money_per_error(totals, np.array([1.0, 2.0, 1.0]), np.array([1.0, 2.0, 1.0])).tolist()
    [0.5, 1.0, 0.0]
    """
    known = np.isfinite(totals)
    n_known = np.maximum(known.sum(axis=1), 1)
    demand = np.where(known, totals, 0.0)
    mean = demand.sum(axis=1) / n_known
    usual = (np.abs(demand - mean[:, None]) * known).sum(axis=1) / n_known  # δ
    both = shortage_cost + leftover_cost
    ratio = np.divide(shortage_cost, both, out=np.full(len(both), 0.5), where=both > 0)
    target = _quantiles(np.where(known, totals, np.inf), n_known, np.minimum(ratio, _SUREST))

    def cost(level: Array) -> Array:
        gap = (demand - level[:, None]) * known
        short, left = np.maximum(gap, 0).sum(axis=1), np.maximum(-gap, 0).sum(axis=1)
        return np.asarray((shortage_cost * short + leftover_cost * left) / n_known)

    lost = cost(target + usual) + cost(target - usual) - 2 * cost(target)
    return np.maximum(0.0, np.divide(lost, 2 * usual, out=np.zeros(len(mean)), where=usual > 0))


def _quantiles(totals: Array, n_known: NDArray[np.int64], ratio: Array) -> Array:
    """The smallest known total that at least a share `ratio` does not exceed, (N,); 0: none known."""
    ordered = np.sort(totals, axis=1)
    place = np.clip(np.ceil(ratio * n_known).astype(np.int64) - 1, 0, totals.shape[1] - 1)
    found = np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
    return np.where(np.isfinite(found), found, 0.0)


def omega_of(history: DemandHistory, costs: Costs, terms: SupplyTerms) -> NDArray[np.float32]:
    """Weights of the stock points, (N,), 1 on average: what an error costs in relation to the others.

    Demand over protection intervals of the last year stands for what may come, so that nothing later
    than `history` is used. No stock point weighs more than twenty times the usual, or less than a
    twentieth of it: what sells next to nothing today may be a bestseller next year.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand import believe
    >>> history = believe(Panel.of([[0, 9, 1, 8, 2], [0, 9, 1, 8, 2]]))
    >>> costs = Costs.of(holding_cost=[1.0, 3.0], shortage_cost=[1.0, 3.0], n_series=2)
    >>> omega_of(history, costs, SupplyTerms.of(0, n_series=2)).tolist()     # three times as dear
    [0.5, 1.5]
    """
    year = round(history.panel.frequency.per_year)
    recent = history.values[:, -year:].astype(np.float64)
    omega = np.zeros(history.n_series)
    for interval in np.unique(terms.protection_interval):
        rows = np.flatnonzero(terms.protection_interval == interval)
        length = min(int(interval), recent.shape[1])
        totals = np.lib.stride_tricks.sliding_window_view(recent[rows], length, axis=1).sum(axis=2)
        leftover = costs.holding_cost[rows] * terms.review_period[rows]
        omega[rows] = money_per_error(totals, costs.shortage_cost[rows], leftover)
    return _about_one(omega)


def _about_one(omega: Array) -> NDArray[np.float32]:
    """The same weights with a mean of 1, none of them far from the usual."""
    if not omega.any():
        return np.ones(len(omega), dtype=np.float32)
    usual = float(np.median(omega[omega > 0]))
    kept = np.clip(omega, usual / _MOST, usual * _MOST)
    return (kept / kept.mean()).astype(np.float32)


def weighted_error(errors: ArrayLike, omega: ArrayLike) -> float:
    """Σ ω_i E_i: the error of the whole shop, each stock point's own error E_i (N,) by its weight.

    Raises
    ------
    ShapeError
        When they are not as many, or a weight is negative or not a number.

    >>> weighted_error([2.0, 1.0], [0.5, 3.0])
    4.0
    """
    error, weight = np.asarray(errors, dtype=np.float64), np.asarray(omega, dtype=np.float64)
    if error.shape != weight.shape or error.ndim != 1:
        raise ShapeError(
            f"errors have shape {error.shape} and weights {weight.shape}; give one of each per stock "
            "point"
        )
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ShapeError("a weight is negative, infinite or missing; weights are >= 0")
    return float(error @ weight)


@dataclass(frozen=True)
class Lesson:
    """The weights of the last history, and the members that were taught with them.

    Forecasters that stand on the same trees then learn them once, not once each.
    """

    _kept: list[tuple[DemandHistory, NDArray[np.float32], Known]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def of(
        self, history: DemandHistory, omega: Callable[[DemandHistory], NDArray[np.float32]]
    ) -> tuple[NDArray[np.float32], Known]:
        """The weights for `history`, and what `changed` shall keep of its members."""
        if not (self._kept and self._kept[0][0] is history):
            self._kept[:] = [(history, omega(history), {})]
        return self._kept[0][1:]


@dataclass(frozen=True)
class Weighed:
    """A forecaster that is taught to err less where an error costs more.

    Members with a setting `omega` get the weights of the history they learn from; the others are left
    as they are.

    Parameters
    ----------
    forecaster : Forecaster
    items, locations : (M,) names of the stock points that the costs below belong to
    costs, terms : (M,)
    by_hand : (M,) weights that nobody works out, or None
    lesson : shared by forecasters that stand on the same members
    """

    forecaster: Forecaster
    items: NDArray[np.str_]
    locations: NDArray[np.str_]
    costs: Costs
    terms: SupplyTerms
    by_hand: Array | None = None
    lesson: Lesson = field(default_factory=Lesson, repr=False, compare=False)

    @property
    def name(self) -> str:
        """That of the forecaster."""
        return self.forecaster.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What it learns from `history` under the weights of that history."""
        return self._taught(history).fit(history)

    def learn(self, history: DemandHistory) -> Refitter:
        """What it learned from `history`, for later origins; or itself, where it is cheap to teach."""
        taught = self._taught(history)
        return taught.learn(history) if isinstance(taught, Learner) else self

    def _taught(self, history: DemandHistory) -> Forecaster:
        omega, known = self.lesson.of(history, self._omega)
        return changed(self.forecaster, lambda member: _with_omega(member, omega), known)

    def _omega(self, history: DemandHistory) -> NDArray[np.float32]:
        rows = self._rows(history)
        if self.by_hand is not None:
            return _about_one(self.by_hand[rows])
        return omega_of(history, self.costs.rows(rows), self.terms.rows(rows))

    def _rows(self, history: DemandHistory) -> NDArray[np.int64]:
        """Where the stock points of `history` stand among ours."""
        places = {
            key: place
            for place, key in enumerate(
                zip(self.items.tolist(), self.locations.tolist(), strict=True)
            )
        }
        panel = history.panel
        keys: Sequence[tuple[str, str]] = list(
            zip(panel.items.tolist(), panel.locations.tolist(), strict=True)
        )
        return np.array([places[key] for key in keys], dtype=np.int64)


def learns_from_weights(forecaster: Forecaster) -> bool:
    """Whether any member has a setting for weights.

    >>> from onhand.forecast import TSB
    >>> from onhand.forecast.boosted import Boosted
    >>> learns_from_weights(TSB()), learns_from_weights(Boosted())
    (False, True)
    """
    return any(hasattr(member, "omega") for member in found_in(forecaster))


def weight_notes(arrows: ArrowSettings, chosen: Forecaster) -> tuple[Assumption, ...]:
    """That weights which were asked for change nothing in this plan, and why; empty where they do.

    chosen : the forecaster that the plan's orders stand on

    >>> from onhand.forecast import TSB
    >>> weight_notes(ArrowSettings(omega="stakes"), TSB())[0].why
    'weights by this column were asked for, but arrows.weigh is off: all stock points weigh the same'
    >>> weight_notes(ArrowSettings(weigh=True), TSB())[0].why
    'weights were asked for, but tsb does not learn from weights: all stock points weigh the same'
    """
    same = "all stock points weigh the same"
    if arrows.omega and not arrows.weigh:
        why = f"weights by this column were asked for, but arrows.weigh is off: {same}"
        return (Assumption("arrows.omega", arrows.omega, "", "config", why),)
    if arrows.weigh and not learns_from_weights(chosen):
        why = f"weights were asked for, but {chosen.name} does not learn from weights: {same}"
        key, value = ("arrows.omega", arrows.omega) if arrows.omega else ("arrows.weigh", "true")
        return (Assumption(key, value, "", "config", why),)
    return ()


def _with_omega(member: Forecaster, omega: NDArray[np.float32]) -> Forecaster:
    return replace(member, omega=omega) if hasattr(member, "omega") else member  # type: ignore[type-var]

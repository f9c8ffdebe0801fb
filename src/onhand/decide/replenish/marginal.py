"""What is the next unit worth, and the one after that?

A unit ordered now is on the shelf from the start of period L. In every world it waits there until
demand has used up all that was there before it. With worst_j the shortfall up to period L + j, the
q-th unit ordered

    saves a lost sale   where  worst_{R-1} >= q      (before the next review's order can help)
    is held in period   L + j  where  worst_j < q    (for j = 0 .. J-1)

so its expected worth is

    p · P(worst_{R-1} >= q)  -  h · Σ_{j<J} P(worst_j < q)

which falls with q. The first term alone against one review's holding is the newsvendor's; the sum
knows that what is left over will lie there for longer where demand is slow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.cover import Shortage, protection_horizon
from onhand.errors import ConfigError, ShapeError
from onhand.inventory.policy import Situation
from onhand.inventory.terms import SupplyTerms

__all__ = ["MarginalValue", "Worth", "worth_of_steps"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Worth:
    """What each successive step of an order is expected to earn.

    step : (N,) units per step
    worth : (N, K) money; falls along its second axis; negative: the step costs more than it saves
    """

    step: Array
    worth: Array


def worth_of_steps(
    situation: Situation,
    *,
    step: ArrayLike | None = None,
    look_ahead: int = 13,
    holding_weight: float = 1.0,
    n_steps: int = 64,
    shortage: Shortage = "lost_sales",
    until_sold: float = 0.0,
) -> Worth:
    """The expected worth of the first `n_steps` steps of an order at each stock point.

    Parameters
    ----------
    step : (N,) units, > 0
        None: the pack size. Widened in whole packs where `n_steps` of them would not reach the
        largest shortfall.
    look_ahead : periods after the arrival for which leftover stock is charged, J; fewer if the
        paths end earlier
    holding_weight : factor on the holding cost, >= 0
    shortage : what becomes of demand before the order arrives: lost, or owed and worth its steps then.
        What is owed already is worth its steps either way.
    until_sold : periods at most for which what is left after the look ahead is charged too, while it
        sells at mean demand; 0: nothing more is charged

    Raises
    ------
    ShapeError
        When the paths do not reach the end of the protection interval.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> money = worth_of_steps(two_worlds(), look_ahead=2, n_steps=6)
    >>> money.worth.round(2).tolist()      # only the fast world needs 5
    [[0.3, 0.3, 0.3, 0.3, 0.3, -0.3]]
    """
    from onhand.decide.replenish.marginal_kernel import step_worths, step_worths_in_worlds

    reach = protection_horizon(situation.terms)
    if reach > situation.paths.shape[2]:
        raise ShapeError(
            f"paths reach {situation.paths.shape[2]} periods ahead; this decision needs {reach}: "
            "forecast at least `policy.horizon(terms)` periods"
        )
    n = len(situation.paths)
    smallest = situation.terms.pack_size if step is None else np.asarray(step, dtype=np.float64)
    steps = np.array(np.broadcast_to(smallest, (n,)))
    supply, stock = situation.supply, situation.stock
    seen = np.ascontiguousarray(situation.paths), np.ascontiguousarray(stock.net_inventory)
    charged = (
        np.array(situation.costs.shortage_cost),  # a copy: what may be written to compiles once
        holding_weight * situation.costs.holding_cost,
        steps,
        look_ahead,
        n_steps,
        shortage == "backorder",
        until_sold,
    )
    if supply is not None:
        arrivals = np.ascontiguousarray(supply.arrivals)
        due = arrivals, supply.lead_time, supply.relief, supply.share
        return Worth(steps, step_worths_in_worlds(*seen, *due, *charged))
    pipeline = np.ascontiguousarray(stock.pipeline)
    promised = pipeline, situation.terms.lead_time, situation.terms.review_period
    return Worth(steps, step_worths(*seen, *promised, *charged))


@dataclass(frozen=True)
class MarginalValue:
    """Orders every unit that is expected to earn more than it costs to hold.

    Looks along the sample paths beyond the protection interval, so no quantile has to be chosen:
    it follows from the costs, stock point by stock point.

    Parameters
    ----------
    holding_weight : float, > 0
        Factor on the holding cost. 1: the costs as they are. Tune it where the paths are not
        perfectly calibrated.
    look_ahead : int, >= 1
        Periods after the arrival over which leftover stock is charged.

    References
    ----------
    Marginal analysis of the newsvendor (Arrow, Harris & Marschak 1951) on projected paths; the
    "stock reward" of practice.

    >>> from onhand.decide.replenish.examples import two_worlds
    >>> MarginalValue(look_ahead=2).order(two_worlds()).tolist()     # the fast world lacks 5
    [5.0]
    """

    holding_weight: float = 1.0
    look_ahead: int = 8

    def __post_init__(self) -> None:
        if not (self.holding_weight > 0 and math.isfinite(self.holding_weight)):
            raise ConfigError(f"holding_weight is {self.holding_weight}; it must be above 0")
        if self.look_ahead < 1:
            raise ConfigError(f"look_ahead is {self.look_ahead}; it must be at least 1 period")

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        return f"marginal value, holding cost x {self.holding_weight:g}"

    def horizon(self, terms: SupplyTerms) -> int:
        """How many future periods of paths it must be given."""
        beyond = int(terms.lead_time.max(initial=0)) + self.look_ahead
        return max(protection_horizon(terms), beyond)

    def order(self, situation: Situation) -> NDArray[np.float64]:
        """Units to order now, (N,), finite and >= 0, in steps of at most 1/256 of the worst case."""
        money = worth_of_steps(
            situation,
            step=np.minimum(situation.terms.pack_size, 1.0),
            look_ahead=self.look_ahead,
            holding_weight=self.holding_weight,
            n_steps=256,
        )
        # A unit whose worth is a rounding error is not worth an order.
        return np.asarray(money.step * (money.worth > 1e-9).sum(axis=1))

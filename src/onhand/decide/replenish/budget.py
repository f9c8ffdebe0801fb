"""Which units should money buy first? One ranked list over all stock points.

Every stock point offers its next packs, one after the other. A pack's worth is what its units are
expected to earn, less what they are expected to cost if nobody wants them:

    value(q0 -> q1) = (gain + waste) * (G(q1) - G(q0)) - waste * (q1 - q0),   G(q) = E[min(X+, q)]

with X the shortfall that an order placed now can still meet (`onhand.decide.replenish.projection`).
G is concave, so a stock point's packs are worth less and less, and buying down the list in order of
value per unit of money is the optimum of the Lagrangian relaxation (Everett 1963, "Generalized
Lagrange multiplier method", Operations Research 11(3)); only the last pack can be in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError

__all__ = ["BuyList", "buy_list", "frontier", "spend"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BuyList:
    """What could be bought, best value for money first; each (B,), one row per block of packs.

    row : stock point, 0..N-1; the blocks of one stock point appear in the order to buy them
    units : units in the block
    value : expected money earned by the block, > 0
    cost : money to buy the block
    """

    n_series: int
    row: NDArray[np.int64]
    units: Array
    value: Array
    cost: Array

    @property
    def return_on_cost(self) -> Array:
        """Expected money earned per unit of money spent, falling along the list."""
        return self.value / self.cost


def buy_list(
    shortfall: NDArray[np.float32],
    *,
    gain: ArrayLike,
    waste: ArrayLike,
    unit_cost: ArrayLike,
    pack_size: ArrayLike = 1.0,
    minimum_order: ArrayLike = 0.0,
    n_steps: int = 64,
) -> BuyList:
    """Every worthwhile block of every stock point, ranked by value per unit of money.

    Parameters
    ----------
    shortfall : (N, S) units each world would miss without an order; negative: nothing missed
    gain : (N,) money earned by a unit that meets a shortage
    waste : (N,) money lost by a unit that does not (capital, space, expiry)
    unit_cost : (N,) money per unit, > 0
    pack_size, minimum_order : (N,) units
        Blocks are whole packs; the first one is at least the minimum order.
    n_steps : most blocks per stock point; the blocks of a stock point that would need more are
        made of several packs.

    Raises
    ------
    ShapeError
        When a unit cost or pack size is not above 0.

    >>> import numpy as np
    >>> worlds = np.array([[0.0, 1.0, 2.0, 3.0]], dtype=np.float32)
    >>> plan = buy_list(worlds, gain=4.0, waste=1.0, unit_cost=2.0)
    >>> plan.units.tolist(), plan.value.tolist()    # P(X >= 1) = 0.75, 0.5, 0.25
    ([1.0, 1.0, 1.0], [2.75, 1.5, 0.25])
    """
    n = shortfall.shape[0]
    g, w, c, pack, least = (
        np.broadcast_to(np.asarray(v, dtype=np.float64), (n,))
        for v in (gain, waste, unit_cost, pack_size, minimum_order)
    )
    if n and (c.min() <= 0 or pack.min() <= 0):
        raise ShapeError("unit_cost and pack_size must be above 0 for every stock point")
    wanted = np.sort(np.maximum(shortfall, 0), axis=1).astype(np.float64)  # (N, S)
    from onhand.decide.replenish.budget_kernel import blocks

    row, units, value = blocks(wanted, g, w, pack, least, n_steps)
    cost = units * c[row]
    order = np.argsort(-value / cost, kind="stable")
    return BuyList(n, row[order], units[order], value[order], cost[order])


def spend(plan: BuyList, budget: float) -> Array:
    """Units to buy at each stock point, (N,), for at most `budget` of money.

    Takes blocks from the top. A block that no longer fits is passed over together with the later
    blocks of its stock point, and cheaper ones further down may still fit.

    >>> import numpy as np
    >>> worlds = np.array([[0.0, 1.0, 2.0, 3.0]], dtype=np.float32)
    >>> spend(buy_list(worlds, gain=4.0, waste=1.0, unit_cost=2.0), budget=5.0).tolist()
    [2.0]
    """
    from onhand.decide.replenish.budget_kernel import take

    taken = take(plan.row, plan.cost, plan.n_series, float(budget))
    quantity = np.zeros(plan.n_series)
    np.add.at(quantity, plan.row[taken], plan.units[taken])
    return quantity


def frontier(plan: BuyList) -> tuple[Array, Array]:
    """Money spent and expected money earned after each block of the list, each (B + 1,).

    The curve a budget moves along: it starts at (0, 0) and rises ever more slowly.
    """
    spent = np.concatenate([[0.0], np.cumsum(plan.cost)])
    earned = np.concatenate([[0.0], np.cumsum(plan.value)])
    return spent, earned

"""Which units should money buy first? One ranked list over all stock points.

Every stock point offers its next packs, one after the other, each with its expected worth
(`onhand.decide.replenish.marginal`). A stock point's packs are worth less and less, so buying down
the list in order of worth per unit of money is the optimum of the Lagrangian relaxation (Everett
1963, "Generalized Lagrange multiplier method", Operations Research 11(3)); only the last pack can
be in doubt. The limit may be money, but also space or weight: `size` says how much of it a unit takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.decide.replenish.marginal import Worth
from onhand.errors import ShapeError

__all__ = ["BuyList", "buy_list", "frontier", "spend"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BuyList:
    """What could be bought, best first; each (B,), one row per block of packs.

    row : stock point, 0..N-1; the blocks of one stock point appear in the order to buy them
    units : units in the block
    value : expected money earned by the block, > 0
    size : how much of the limit the block takes: money, volume, weight
    """

    n_series: int
    row: NDArray[np.int64]
    units: Array
    value: Array
    size: Array


def buy_list(worth: Worth, *, unit_size: ArrayLike, minimum_order: ArrayLike = 0.0) -> BuyList:
    """Every worthwhile block of every stock point, ranked by value per unit of the limit.

    Parameters
    ----------
    worth : the packs on offer, (N, K)
    unit_size : (N,) how much of the limit one unit takes, > 0; its unit cost, if the limit is money
    minimum_order : (N,) units
        The first block of a stock point is at least this large; it is left out altogether where
        it would cost more than it earns.

    Raises
    ------
    ShapeError
        When a unit takes nothing of the limit.

    >>> import numpy as np
    >>> offer = Worth(np.array([1.0]), np.array([[2.75, 1.5, 0.25, -1.0]]))
    >>> plan = buy_list(offer, unit_size=2.0)
    >>> plan.units.tolist(), plan.value.tolist()
    ([1.0, 1.0, 1.0], [2.75, 1.5, 0.25])
    """
    n = len(worth.step)
    each = np.broadcast_to(np.asarray(unit_size, dtype=np.float64), (n,))
    if n and each.min() <= 0:
        i = int(np.argmin(each))
        raise ShapeError(
            f"stock point {i}: a unit takes {each[i]} of the limit; it must take more than 0"
        )
    units, value = _first_block_of_at_least(worth, np.broadcast_to(minimum_order, (n,)))
    kept = value > 0
    row = np.nonzero(kept)[0]
    size = units[kept] * each[row]
    order = np.argsort(-value[kept] / size, kind="stable")
    return BuyList(n, row[order], units[kept][order], value[kept][order], size[order])


def spend(plan: BuyList, limit: float) -> Array:
    """Units to buy at each stock point, (N,), taking at most `limit`.

    Takes blocks from the top. A block that no longer fits is passed over together with the later
    blocks of its stock point, and smaller ones further down may still fit.

    >>> import numpy as np
    >>> offer = Worth(np.array([1.0]), np.array([[2.75, 1.5, 0.25, -1.0]]))
    >>> spend(buy_list(offer, unit_size=2.0), limit=5.0).tolist()
    [2.0]
    """
    quantity = np.zeros(plan.n_series)
    ended = np.zeros(plan.n_series, dtype=np.bool_)
    # The head of the list that fits whole needs no loop; what follows it is walked.
    taken = np.cumsum(plan.size)
    head = int(np.searchsorted(taken, limit, side="right"))
    np.add.at(quantity, plan.row[:head], plan.units[:head])
    left = limit - (taken[head - 1] if head else 0.0)
    for row, units, size in zip(
        plan.row[head:].tolist(), plan.units[head:].tolist(), plan.size[head:].tolist(), strict=True
    ):
        if ended[row]:
            continue
        if size <= left:
            quantity[row] += units
            left -= size
        else:
            ended[row] = True
    return quantity


def frontier(plan: BuyList) -> tuple[Array, Array]:
    """What is taken of the limit and earned in money after each block of the list, each (B + 1,).

    The curve a budget moves along: it starts at (0, 0) and rises ever more slowly.
    """
    return (
        np.concatenate([[0.0], np.cumsum(plan.size)]),
        np.concatenate([[0.0], np.cumsum(plan.value)]),
    )


def _first_block_of_at_least(worth: Worth, minimum: Array) -> tuple[Array, Array]:
    """Units and value of the blocks, (N, K), with the steps below the minimum order put together."""
    k = worth.worth.shape[1]
    units = np.repeat(worth.step[:, None], k, axis=1)
    first = np.ceil(np.maximum(minimum, worth.step) / worth.step - 1e-9).astype(np.int64)  # steps
    beyond = first > k  # more than any world could use in the time: not on offer
    inside = np.arange(k) < np.minimum(first, k)[:, None]
    value = np.where(inside, 0.0, worth.worth)
    value[:, 0] = np.where(beyond, -1.0, (worth.worth * inside).sum(axis=1))
    units[:, 0] = first * worth.step
    # Without its first block nothing else of a stock point can be bought.
    value[value[:, 0] <= 0] = 0.0
    return units, value

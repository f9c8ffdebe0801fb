"""How long should an order last when placing it costs something?

An order to a supplier costs K, whatever is on it, and k_i for each line. Holding one unit of item i for a
period costs h_i, and λ_i units of it are sold per period. When every order brings what item i sells
in T_i periods, a period costs

    K / T  +  Σ_i k_i / T_i  +  Σ_i h_i λ_i T_i / 2,      T_i >= T, the time between orders

For one item that is Harris's formula, T = √(2 (K + k) / (h λ)). For a family, the items whose own fee alone
asks for less than T are on every order, and T = √(2 (K + Σ k_i) / Σ h_i λ_i) over them; the others keep their own
longer √(2 k_i / (h_i λ_i)). An order whose sales do not earn what even the best T costs is not worth placing for.

Harris (1913), "How many parts to make at once"; Silver, Pyke & Thomas (2017), *Inventory and Production
Management in Supply Chains*, 4th ed., ch. 10 (coordinated replenishment).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["order_cycle"]

Array = NDArray[np.float64]


def order_cycle(
    order_cost: float, line_cost: ArrayLike, holding_cost: ArrayLike, rate: ArrayLike
) -> tuple[float, Array]:
    """Periods between orders to one supplier, and periods that each line of an order lasts, (N,).

    0 where nothing is charged; infinity where something is charged and nothing is sold, or holding
    costs nothing.

    Parameters
    ----------
    order_cost : money per order;  line_cost : (N,) money per line
    holding_cost : (N,) money per unit and period
    rate : (N,) units sold per period

    >>> between, lasts = order_cycle(40.0, [0.0, 500.0], [0.1, 0.1], [50.0, 10.0])
    >>> round(between, 2), lasts.round(2).tolist()        # the second is not on every order
    (4.0, [4.0, 31.62])
    """
    fee, held = np.broadcast_arrays(
        np.asarray(line_cost, dtype=np.float64),
        np.asarray(holding_cost, dtype=np.float64) * np.asarray(rate, dtype=np.float64),
    )
    own = _root(fee, held)
    turn = np.argsort(own, kind="stable")
    between = _root(order_cost + np.cumsum(fee[turn]), np.cumsum(held[turn]))
    # Items join, the shortest first, as long as they would come round sooner by themselves.
    joins = own[turn] <= between
    n = int(np.argmin(joins)) if not joins.all() else len(joins)
    every = float(between[max(n, 1) - 1]) if len(own) else 0.0
    return every, np.maximum(own, every)


def _root(fee: Array, held: Array) -> Array:
    """√(2 fee / held); 0 without a fee, infinity without holding."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(fee > 0, np.sqrt(2 * fee / held), 0.0)

"""How many containers, and what goes into them?

A supplier that ships whole containers is asked for the number of them that is worth most: the wanted
order is cut to fewer full ones, or filled up to the next one with the packs that cost least to have
early. A container counts as full from nine tenths on, by the measure that fills it first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.whole_order import Limit, WholeOrder
from onhand.errors import ConfigError

__all__ = ["FULL", "Container", "fit_containers"]

Array = NDArray[np.float64]

FULL = 0.9  # share of a container from which it counts as full


@dataclass(frozen=True)
class Container:
    """What a container holds, by each measure, and its freight.

    holds : measures with what one unit takes (N,) and what one container takes, > 0
    cost : money per container, >= 0
    """

    holds: tuple[tuple[str, Array, float], ...]
    cost: float = 0.0

    def __post_init__(self) -> None:
        if not self.holds or any(most <= 0 for _, _, most in self.holds):
            raise ConfigError("a container needs a measure, and must hold more than 0 of each")

    def needed(self, quantity: Array) -> float:
        """Containers that the order fills, by the measure that fills most; a fraction."""
        return max(float(each @ quantity) / most for _, each, most in self.holds)

    def limits(self, n: int, quantity: Array) -> tuple[Limit, ...]:
        """What must hold of an order of `n` full containers."""
        fullest = max(self.holds, key=lambda m: float(m[1] @ quantity) / m[2])[0]
        return tuple(
            Limit(name, each, FULL * n * most if name == fullest else 0.0, n * most)
            for name, each, most in self.holds
        )


def fit_containers(
    quantity: Array, container: Container, fit: Callable[[tuple[Limit, ...]], WholeOrder]
) -> WholeOrder:
    """The order in whole containers that is worth most; `fit` makes the order that keeps limits.

    >>> from onhand.decide.replenish.marginal import Worth
    >>> from onhand.decide.replenish.whole_order import fit_whole_order
    >>> offer = Worth(np.ones(1), np.array([[9.0, 8, 7, 6, -1, -1, -1, -1]]))
    >>> box = Container((("container_volume", np.ones(1), 6.0),), cost=5.0)
    >>> wanted = np.array([4.0])
    >>> order = fit_containers(wanted, box, lambda x: fit_whole_order(wanted, offer, x))
    >>> order.quantity.tolist(), order.worth                       # two more fill the container
    ([6.0], 23.0)
    """
    wanted = container.needed(quantity)
    counts = {max(1, math.floor(wanted + 1e-9)), max(1, math.ceil(wanted - 1e-9))}
    best: WholeOrder | None = None
    for n in sorted(counts):
        order = fit(container.limits(n, quantity))
        if not order.is_deferred:
            order = replace(order, worth=order.worth - n * container.cost)
        if order.worth < 0:
            order = _deferred(order, quantity)
        if best is None or (best.is_deferred, -best.worth) > (order.is_deferred, -order.worth):
            best = order
    assert best is not None  # counts is never empty
    return best


def _deferred(order: WholeOrder, quantity: Array) -> WholeOrder:
    """The order not placed: its freight is more than it earns."""
    increments = dict(order.increments)
    added = sum(increments.values(), np.zeros_like(quantity))
    increments["deferred"] = -(quantity + added)
    return WholeOrder(np.zeros_like(quantity), increments, 0.0, bool(quantity.any()), ())

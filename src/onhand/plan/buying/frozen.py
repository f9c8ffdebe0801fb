"""Which orders of the last plan stay, whatever else could be bought?

A frozen line is bought first, and all of it: others are pulled forward or left out beside it. It gives
way only to what nobody can change: its supplier can deliver less, no longer accepts the order, or the frozen lines
by themselves do not fit into the shop's budget and room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.containers import FULL
from onhand.decide.replenish.marginal import Worth
from onhand.plan.buying.asks import container_of, minima_of
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules, SupplierRule

__all__ = ["frozen_first", "is_accepted", "left_to_ask", "with_frozen"]

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

_FIRST = 1e6  # times the most that any pack earns
_NEVER = -1e8  # money: packs worth less are not on offer


def frozen_first(
    offer: Worth, is_frozen: NDArray[np.bool_]
) -> tuple[Worth, Callable[[Array], float]]:
    """The offer with packs of frozen lines (n,) before all others, and what that adds to an order's worth.

    >>> ranked, bonus = frozen_first(Worth(np.ones(2), np.array([[2.0], [3.0]])), np.array([True, False]))
    >>> ranked.worth.tolist(), bonus(np.array([1.0, 1.0]))
    ([[3000002.0], [3.0]], 3000000.0)
    """
    if not is_frozen.any():
        return offer, lambda _: 0.0
    usual = np.where(offer.worth > _NEVER, offer.worth, 0.0)
    each = _FIRST * max(float(np.abs(usual).max(initial=0.0)), 1e-6)
    more = np.where(is_frozen, each, 0.0)
    return (
        Worth(offer.step, offer.worth + more[:, None]),
        lambda quantity: float((more * quantity / offer.step).sum()),
    )


def with_frozen(
    quantity: Array,
    proposal: Proposal,
    groups: Sequence[tuple[Rows, SupplierRule]],
    rules: Rules,
) -> Array:
    """What is bought first, (N,) units: frozen lines, and what their suppliers take no order without.

    Containers that a frozen line is in go as they are packed; where frozen lines alone stay below a
    minimum, the lines that fill the order up to it stay with them.
    """
    first = np.where(rules.is_frozen, quantity, 0.0)
    for rows, rule in groups:
        if not first[rows].any():
            continue
        minima = minima_of(proposal, rows, rule, rules)
        is_short = any(x.size(first[rows]) < x.least * (1 - 1e-9) for x in minima)
        if is_short or container_of(rules, rows, rule) is not None:
            first[rows] = quantity[rows]
    return first


def is_accepted(
    quantity: Array,
    proposal: Proposal,
    groups: Sequence[tuple[Rows, SupplierRule]],
    rules: Rules,
) -> bool:
    """Whether every supplier takes its part of these orders (N,): minima reached, containers full."""
    for rows, rule in groups:
        mine = quantity[rows]
        if not mine.any():
            continue
        minima = minima_of(proposal, rows, rule, rules)
        if any(x.size(mine) < x.least * (1 - 1e-9) for x in minima):
            return False
        container = container_of(rules, rows, rule)
        if container is not None:
            filled = container.needed(mine)
            if filled < FULL * math.ceil(filled - 1e-9) - 1e-9:
                return False
    return True


def left_to_ask(first: Array, rows: Rows, rule: SupplierRule) -> SupplierRule:
    """What a supplier asks of the lines beside those bought first: nothing, for these are an order already."""
    if not first[rows].any():
        return rule
    return replace(
        rule,
        order_cost=0.0,
        minimum_value=0.0,
        minimum_weight=0.0,
        minimum_volume=0.0,
        container_volume=0.0,
        container_weight=0.0,
        container_cost=0.0,
    )

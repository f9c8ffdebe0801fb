"""What would more money bring, as suppliers would accept it?

Beyond the plan, one pack more may not be had: a supplier asks for a minimum, ships whole containers, takes a fee.
So the orders are made anew, by the same rules, with more money and room than there is, then with all limits
away, and at last with packs added that are still worth their money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.plan.buying.buy import buy
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules

__all__ = ["orders_beyond"]

Array = NDArray[np.float64]

_MORE = (1.1, 1.25, 1.5, 2.0)  # times what the limits allow
_SHARES = (
    0.25,
    0.5,
    1.0,
)  # of the packs that are still worth something, the best for their money first


def orders_beyond(lines: Proposal, supplier: NDArray[np.str_], rules: Rules) -> Iterator[Array]:
    """Orders (N,) that suppliers accept and that take more than the limits allow, or more than is needed."""
    for more in _MORE if rules.has_limits else ():
        rooms = {name: left * more for name, left in rules.rooms.items()}
        larger = replace(rules, budget=rules.budget * more, space=rules.space * more, rooms=rooms)
        yield buy(lines, supplier, larger).quantity
    free = rules.without_limits()
    if rules.has_limits:
        yield buy(lines, supplier, free).quantity
    for share in _SHARES:
        yield buy(_with_more(lines, share), supplier, free).quantity


def _with_more(lines: Proposal, share: float) -> Proposal:
    """The lines with further packs that are worth something, up to a share of them all."""
    worth = np.minimum.accumulate(lines.worth, axis=1)
    is_next = np.arange(worth.shape[1]) >= (lines.quantity / lines.step - 1e-9)[:, None]
    rate = worth / np.maximum(lines.unit_cost * lines.step, 1e-9)[:, None]
    useful = rate[is_next & (worth > 0)]
    if not len(useful):
        return lines
    least = np.quantile(useful, 1 - share)
    n_more = (is_next & (worth > 0) & (rate >= least)).sum(axis=1)
    room = np.floor((lines.most - lines.quantity) / lines.step + 1e-9)
    wanted = lines.quantity + lines.step * np.clip(n_more, 0, np.maximum(room, 0.0))
    is_line = (n_more > 0) & (wanted >= lines.least - 1e-9)
    return replace(lines, quantity=np.where(is_line, wanted, lines.quantity))

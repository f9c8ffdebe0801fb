"""What does a supplier ask of its order as a whole, line by line of the proposal?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.containers import Container
from onhand.decide.replenish.whole_order import Limit
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules, SupplierRule

__all__ = ["container_of", "minima_of"]


def container_of(rules: Rules, rows: NDArray[np.int64], rule: SupplierRule) -> Container | None:
    """The supplier's container, by the measures that its items have; None: it ships as it likes."""
    measures = (
        ("container_volume", rules.volume[rows], rule.container_volume),
        ("container_weight", rules.weight[rows], rule.container_weight),
    )
    holds = tuple(m for m in measures if m[2] > 0 and m[1].any())
    return Container(holds, rule.container_cost) if holds else None


def minima_of(
    proposal: Proposal, rows: NDArray[np.int64], rule: SupplierRule, rules: Rules
) -> tuple[Limit, ...]:
    """What the supplier asks of the order as a whole, and the most that it delivers."""
    measures = (
        ("minimum_value", proposal.unit_cost[rows], rule.minimum_value),
        ("minimum_weight", rules.weight[rows], rule.minimum_weight),
        ("minimum_volume", rules.volume[rows], rule.minimum_volume),
    )
    asked = [Limit(name, each, least) for name, each, least in measures if least > 0]
    if np.isfinite(rule.capacity):
        asked.append(Limit("capacity", np.ones(len(rows)), most=rule.capacity))
    return tuple(asked)

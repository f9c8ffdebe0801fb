"""Which offers are the best together, proven?

Every stock point takes one offer and so many steps of it; x_ok says that option o is taken with k steps.

    minimise   Σ cost_ok x_ok  +  Σ_s (order cost · open_s + freight · containers_s)

    Σ_{o of a stock point, k} x_ok = 1
    Σ_{k > 0} x_ok <= open_s                         nothing from who is not ordered from
    Σ size_o k x_ok >= least_s open_s                minimum value, weight, volume
    Σ units k x_ok <= capacity_s open_s
    0.9 hold_s containers_s <= Σ size_o k x_ok <= hold_s containers_s

Quantities are the line's own; more where a minimum may pull packs forward; any where a container or a capacity may
also cut. That is all that a supplier's order can become (`onhand.plan.buying.buy`), and more: so what is
found here has to be judged by the orders that come of it, and the bound holds for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.containers import FULL
from onhand.errors import ConfigError
from onhand.optimize.linear import LinearProgram, Rows
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import SupplierRule

__all__ = ["Assigned", "assign"]

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_MOST_NUMBERS = 12_000
_MOST_CONTAINERS = 50


@dataclass(frozen=True)
class Assigned:
    """One option for each stock point, and money that no assignment can undercut."""

    option: Whole
    bound: float


def assign(
    row: Whole,
    supplier: NDArray[np.str_],
    lines: Proposal,
    cost: Array,
    suppliers: Mapping[str, SupplierRule],
    sizes: tuple[Array, Array],
    solver: Solver,
) -> Assigned | None:
    """The best option for each stock point, by HiGHS; None where it did not finish.

    Parameters
    ----------
    row, supplier : (O,) stock point, rising, and supplier of each option;  lines : its own line
    cost : (O, K + 1) landed cost with k steps ordered
    suppliers : what they ask of an order as a whole
    sizes : weight and volume (O,) of one unit
    """
    rules = [suppliers.get(name, SupplierRule()) for name in supplier.tolist()]
    steps = [_steps(o, rule, lines, cost.shape[1] - 1) for o, rule in enumerate(rules)]
    option = np.concatenate([np.full(len(k), o) for o, k in enumerate(steps)])
    taken = np.concatenate(steps)
    x = len(option)
    if x > _MOST_NUMBERS:
        return None
    names = sorted({n for n in supplier.tolist() if n in suppliers})
    n_s = len(names)
    rows = Rows(x + 2 * n_s)
    start = np.searchsorted(row[option], np.unique(row))
    for first, last in zip(start.tolist(), [*start[1:].tolist(), x], strict=True):
        rows.add(range(first, last), [1.0] * (last - first), low=1.0, high=1.0)
    units = taken * lines.step[option]
    for s, name in enumerate(names):
        _add_rules(rows, suppliers[name], supplier[option] == name, units, option, lines, sizes,
                   opens=x + s, boxes=x + n_s + s)  # fmt: skip
    asked = [suppliers[name] for name in names]
    d = rows.n_columns
    program = LinearProgram(
        cost=np.concatenate(
            [
                cost[option, taken],
                [rule.order_cost for rule in asked],
                [rule.container_cost for rule in asked],
            ]
        ),
        rows=rows.matrix(),
        row_lower=np.array(rows.low),
        row_upper=np.array(rows.high),
        lower=np.zeros(d),
        upper=np.concatenate([np.ones(x + n_s), np.full(n_s, float(_MOST_CONTAINERS))]),
        is_whole=np.ones(d, dtype=np.bool_),
    )
    try:
        answer = solver.effort.solve(program, gap=solver.gap)
    except ConfigError:
        return None
    if answer.gap > 2 * solver.gap:
        return None
    return Assigned(option[np.flatnonzero(answer.value[:x] > 0.5)], answer.bound)


def _steps(o: int, rule: SupplierRule, lines: Proposal, most_steps: int) -> Whole:
    """The numbers of steps that option `o` can come to."""
    step = float(lines.step[o])
    own = int(np.rint(lines.quantity[o] / step))
    most = max(own, int(min(np.floor(lines.most[o] / step + 1e-9), most_steps)))
    least = int(np.ceil(lines.least[o] / step - 1e-9))
    if rule.has_container or np.isfinite(rule.capacity):
        more = np.arange(least, most + 1)
    elif rule.minimum_value > 0 or rule.minimum_weight > 0 or rule.minimum_volume > 0:
        more = np.arange(max(own, least), most + 1)
    else:
        more = np.zeros(0, dtype=np.int64)
    nothing = [0] if rule != SupplierRule() else []
    found = np.unique(np.concatenate([nothing, [own], more])).astype(np.int64)
    return found[found <= most_steps]


def _add_rules(
    rows: Rows,
    rule: SupplierRule,
    is_mine: NDArray[np.bool_],
    units: Array,
    option: Whole,
    lines: Proposal,
    sizes: tuple[Array, Array],
    *,
    opens: int,
    boxes: int,
) -> None:
    """What one supplier asks, as rows; `opens` and `boxes` are the numbers of its own columns."""
    mine = np.flatnonzero(is_mine & (units > 0))
    for o in np.unique(option[mine]).tolist():
        its = mine[option[mine] == o].tolist()
        rows.add([*its, opens], [*[1.0] * len(its), -1.0], high=0.0)
    weight, volume = (units[mine] * size[option[mine]] for size in sizes)
    value = units[mine] * lines.unit_cost[option[mine]]
    columns = mine.tolist()
    for size, least in (
        (value, rule.minimum_value),
        (weight, rule.minimum_weight),
        (volume, rule.minimum_volume),
    ):
        if least > 0:
            rows.add([*columns, opens], [*size, -least], low=0.0)
    if np.isfinite(rule.capacity):
        rows.add(columns, units[mine].tolist(), high=rule.capacity)
    holds = [
        (size, held)
        for size, held in ((volume, rule.container_volume), (weight, rule.container_weight))
        if held > 0 and size.any()
    ]
    for size, held in holds:
        rows.add([*columns, boxes], [*size, -held], high=0.0)
    if len(holds) == 1:  # of two, either may be the one that is full: then no row asks for it
        ((size, held),) = holds
        rows.add([*columns, boxes], [*size, -FULL * held], low=0.0)

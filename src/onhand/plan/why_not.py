"""Why is something that is needed not ordered, and what will be thrown away?"""

from __future__ import annotations

import numpy as np

from onhand.plan.buying.buy import Wait
from onhand.plan.plan import Trouble
from onhand.plan.wording import money, periods, units
from onhand.plan.workings import Workings

__all__ = ["cause_of", "held_back", "perishing", "why_not"]


def why_not(work: Workings, row: int) -> str:
    """What keeps a need from being ordered, in a sentence; empty: it is ordered, or nothing is needed."""
    line, out = work.bought.proposal, work.outlook
    need = float(out.need[row])
    if need < 0.005 or out.quantity[row] > 0:
        return ""
    for wait in work.bought.waits:
        if row in wait.rows and wait.supplier == str(work.economics.supplier[row]):
            return (
                f"{units(need)} are needed; the order to {wait.supplier} waits: {cause_of(wait)}."
            )
    taken = {
        "they would perish before they sell": line.by_shelf_life,
        "the item ends": line.by_phase_out,
        _silence(work, row): line.by_silence,
        "the supplier can deliver no more": line.by_capacity,
        "placing the line costs more than it earns": line.by_fee,
        **{name.replace("_", " "): change for name, change in work.bought.increments.items()},
    }
    reasons = [why for why, change in taken.items() if change[row] < 0]
    if not reasons:
        return f"{units(need)} are needed; rounding leaves nothing of them."
    return f"{units(need)} are needed and not ordered: {'; '.join(reasons)}."


def cause_of(wait: Wait) -> str:
    """Why an order is not placed now."""
    said = [_CAUSES.get(reason, reason.replace("_", " ")) for reason in wait.reasons]
    return " and ".join(said) or "as a whole it would cost more than it earns"


_CAUSES = {
    "minimum_value": "it does not come to the supplier's minimum value",
    "minimum_weight": "it does not come to the supplier's minimum weight",
    "minimum_volume": "it does not come to the supplier's minimum volume",
    "container_volume": "it does not fill a container",
    "container_weight": "it does not fill a container by weight",
    "capacity": "the supplier can deliver no more",
    "budget": "the budget earns more elsewhere",
    "space": "the space earns more elsewhere",
    "budget_and_space": "budget and space earn more elsewhere",
}


def _silence(work: Workings, row: int) -> str:
    """How long it has been silent, and what to do about it."""
    silent = periods(float(work.life.silent[row]), work.frequency)
    return (
        f"it has not sold for {silent}. Order it by hand if you know better, or set "
        "plan.hold_dying = false"
    )


def held_back(work: Workings) -> list[Trouble]:
    """Needs of items that hardly sell any more, of which nothing is bought."""
    rows = np.flatnonzero((work.bought.proposal.by_silence < 0) & (work.outlook.quantity <= 0))
    return [
        _trouble(
            work,
            row,
            "held_back",
            float(-work.bought.proposal.by_silence[row] * work.economics.unit_cost[row]),
            why_not(work, row),
        )
        for row in rows.tolist()
    ]


def perishing(work: Workings) -> list[Trouble]:
    """Stock that is expected to be thrown away within the horizon if nothing more is ordered."""
    value = work.outlook.expired * work.economics.unit_cost
    found = []
    for row in np.flatnonzero(value >= 0.01).tolist():
        gone, cost = float(work.outlook.expired[row]), money(value[row], work.config.shop.currency)
        said = (
            f"Of {units(float(work.stock.inventory_position[row]))} on the shelf and on order "
            f"{units(gone)} will perish within {periods(work.ahead.horizon, work.frequency)}: {cost} at "
            "cost. Mark them down while they sell."
        )
        found.append(_trouble(work, row, "perishing", float(value[row]), said))
    return found


def _trouble(work: Workings, row: int, kind: str, value: float, said: str) -> Trouble:
    panel, title = work.panel, str(work.economics.title[row])
    return Trouble(
        kind, str(panel.items[row]), str(panel.locations[row]), title, round(value, 2), said
    )

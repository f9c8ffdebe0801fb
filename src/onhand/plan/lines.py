"""What is ordered, and why exactly so much?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from onhand.plan.buying.bridges import Bridges
from onhand.plan.plan import Increment, IntervalDemand, OrderLine, Reason
from onhand.plan.wording import money, percent, periods, units
from onhand.plan.workings import Workings

__all__ = ["order_lines"]

Array = NDArray[np.float64]


def order_lines(work: Workings) -> tuple[OrderLine, ...]:
    """The lines to order, by supplier, the most money at risk first."""
    rows = np.flatnonzero(work.outlook.quantity > 0)
    lines = [_line(work, int(row)) for row in rows]
    if work.bridges is not None:
        lines += [_bridge_line(work, work.bridges, i) for i in range(len(work.bridges.row))]
    if work.splits is not None:
        lines += [_split_line(work, work.splits, i) for i in range(len(work.splits.row))]
    return tuple(
        sorted(
            lines,
            key=lambda line: (line.supplier, -line.money_at_risk_without, line.item, line.location),
        )
    )


def _line(work: Workings, row: int) -> OrderLine:
    out, terms = work.outlook, work.economics
    item, location = str(work.panel.items[row]), str(work.panel.locations[row])
    reason = _reason(work, row)
    unit_cost = round(float(work.bought.unit_cost[row]), 4)
    timing = work.rules.timing
    ordered, due = timing.order_date[row], timing.due_date[row]
    without, with_it = _at_risk(work, row)
    return OrderLine(
        id=f"{work.made_for}/{item}/{location}",
        supplier=str(terms.supplier[row]),
        item=item,
        location=location,
        title=str(terms.title[row]),
        quantity=reason.quantity,
        unit_cost=unit_cost,
        cost=round(reason.quantity * unit_cost, 2),
        order_date=str(ordered),
        due_date=str(due),
        cover_without=_cover(out.cover[row]),
        cover_with=_cover(out.cover_with[row]),
        stockout_probability_without=round(float(out.stockout[row]), 4),
        stockout_probability_with=round(float(out.stockout_with[row]), 4),
        money_at_risk_without=without,
        money_at_risk_with=with_it,
        reason=reason,
        sentence=_sentence(work, row, reason, str(due)),
        offers=work.compared.get(row, ()),
        late_date=str(timing.late_date[row]),
    )


def _at_risk(work: Workings, row: int) -> tuple[float, float]:
    """Margin at risk without and with the line; what its bridge is for counts on the bridge's line."""
    out, margin = work.outlook, float(work.margin[row])
    without, with_it = float(out.lost[row]), float(out.lost_with[row])
    if work.bridges is not None and row in work.bridges.row:
        without -= float(out.lost_early[row])
        with_it -= float(out.lost_early_with[row])
    return round(max(0.0, without) * margin, 2), round(max(0.0, with_it) * margin, 2)


def _bridge_line(work: Workings, bridges: Bridges, i: int) -> OrderLine:
    """The small order from the fast supplier, until the order beside it comes."""
    row, out = int(bridges.row[i]), work.outlook
    slow, due = str(work.economics.supplier[row]), str(work.rules.timing.due_date[row])
    supplier, comes = str(bridges.supplier[i]), str(bridges.due_date[i])
    quantity, margin = float(bridges.quantity[i]), float(work.margin[row])
    lost, lost_with = float(out.lost_early[row]), float(out.lost_early_with[row])
    gain = money(float(bridges.gain[i]), work.config.shop.currency)
    if out.quantity[row] > 0:
        waited = f"The order from {slow} is promised for {due}. Until then"
    elif out.need[row] > 0:
        waited = (
            f"{units(float(out.need[row]))} are needed from {slow} and not ordered now; they could come on "
            f"{due} at the earliest. Until then"
        )
    else:
        waited = f"Nothing more is wanted from {slow}, whose orders come on {due} at the earliest. Until then"
    return _line_beside(
        work,
        bridges,
        i,
        kind="bridge",
        policy=f"bridge until {slow} delivers",
        rounded_by="minimum_order",
        ordered=quantity,
        at_risk=(round(lost * margin, 2), round(lost_with * margin, 2)),
        sentence=(
            f"{waited} about {units(lost)} would be missing; {units(quantity)} from {supplier}, there "
            f"from {comes}, bring that down to {units(lost_with)}. Until the next plan can bridge again they "
            f"earn {gain} more than they cost."
        ),
    )


def _split_line(work: Workings, splits: Bridges, i: int) -> OrderLine:
    """What the chosen supplier cannot deliver, from a second one; the risks are told on the first line."""
    row, out = int(splits.row[i]), work.outlook
    first, quantity = str(work.economics.supplier[row]), float(splits.quantity[i])
    price = money(round(float(splits.unit_cost[i]), 4), work.config.shop.currency)
    return _line_beside(
        work,
        splits,
        i,
        kind="split",
        policy=f"what {first} cannot deliver",
        rounded_by="pack_size",
        ordered=float(out.quantity[row]) + quantity,
        at_risk=(0.0, 0.0),
        sentence=(
            f"{first} can deliver {units(float(out.quantity[row]))}; of what is missing then, "
            f"{units(quantity)} come from {splits.supplier[i]} at "
            f"{price} each, there from {splits.due_date[i]}. The risk of running "
            "out is told on the other line; this one is counted there."
        ),
    )


def _line_beside(
    work: Workings,
    orders: Bridges,
    i: int,
    *,
    kind: str,
    policy: str,
    rounded_by: str,
    ordered: float,
    at_risk: tuple[float, float],
    sentence: str,
) -> OrderLine:
    """A line beside the stock point's own, from another supplier.

    rounded_by : the constraint that made the quantity differ from what was needed
    ordered : units that the cover with it counts
    at_risk : margin without and with it
    """
    row, out = int(orders.row[i]), work.outlook
    quantity, unit_cost = float(orders.quantity[i]), round(float(orders.unit_cost[i]), 4)
    is_kept = bool(orders.is_kept[i])
    need = round(float(orders.need[i]) if is_kept else min(quantity, float(orders.need[i])), 2)
    if is_kept:
        rounded_by = "kept_from_last_plan"
        sentence += " The last plan had it so, and it is frozen."
    item, location = str(work.panel.items[row]), str(work.panel.locations[row])
    return OrderLine(
        id=f"{work.made_for}/{item}/{location}/{kind}",
        supplier=str(orders.supplier[i]),
        item=item,
        location=location,
        title=str(work.economics.title[row]),
        quantity=quantity,
        unit_cost=unit_cost,
        cost=round(quantity * unit_cost, 2),
        order_date=str(orders.order_date[i]),
        due_date=str(orders.due_date[i]),
        cover_without=_cover(out.cover[row]),
        cover_with=_cover(out.cover[row] + ordered / max(float(out.mean_demand[row]), 1e-9)),
        stockout_probability_without=round(float(out.stockout[row]), 4),
        stockout_probability_with=round(float(out.stockout_with[row]), 4),
        money_at_risk_without=at_risk[0],
        money_at_risk_with=at_risk[1],
        reason=Reason(
            policy=policy,
            quantile=None,
            demand_over_protection_interval=IntervalDemand(0.0, 0.0, 0.0),
            on_hand=round(float(work.stock.on_hand[row]), 2),
            on_order=round(float(work.on_order[row]), 2),
            projected_stock=0.0,
            target=need,
            need=need,
            increments=(Increment(rounded_by, round(quantity - need, 4)),),
            quantity=quantity,
        ),
        sentence=sentence,
        late_date=str(orders.late_date[i]),
        kind=kind,
    )


def _cover(value: float) -> float | None:
    return round(float(value), 2) if math.isfinite(value) else None


def _reason(work: Workings, row: int) -> Reason:
    """The numbers behind the quantity, rounded so that they still add up as printed."""
    out = work.outlook
    quantity = round(float(out.quantity[row]), 4)
    first = _named({"order_cycle": work.bought.proposal.by_cycle}, row)
    others = _other_increments(work, row)
    need = round(float(out.need[row]), 2)
    projected = round(float(out.projected[row]), 2)
    line = work.bought.proposal
    changed = line.by_cycle[row] != 0  # minimum and packs are then those of the larger order
    by_minimum = round(float((line if changed else out).by_minimum[row]), 2)
    quantile = float(out.quantile[row])
    return Reason(
        policy=work.ahead.policy.name,
        quantile=None if math.isnan(quantile) else round(quantile, 4),
        demand_over_protection_interval=IntervalDemand(
            mean=round(float(out.interval_mean[row]), 2),
            p50=round(float(out.interval_p50[row]), 2),
            target=round(float(out.interval_target[row]), 2),
        ),
        on_hand=round(float(work.stock.on_hand[row]), 2),
        on_order=round(float(work.on_order[row]), 2),
        projected_stock=projected,
        target=round(float(out.target[row]), 2),
        need=need,
        increments=(
            *first,
            Increment("minimum_order", by_minimum),
            Increment(
                "pack_size",
                round(
                    quantity - need - by_minimum - math.fsum(x.units for x in (*first, *others)), 4
                ),
            ),
            *others,
        ),
        quantity=quantity,
        besides=tuple(
            Increment(name, round(float(units_[row]), 2))
            for name, units_ in (
                ("owed", out.owed),
                ("perishes", out.by_waste),
                ("by_chance", out.by_chance),
            )
            if abs(units_[row]) >= 0.005
        ),
    )


def _other_increments(work: Workings, row: int) -> tuple[Increment, ...]:
    """What shelf life, price breaks, the supplier's whole order and the shop's limits changed."""
    line = work.bought.proposal
    changes = {
        "shelf_life": line.by_shelf_life,
        "phase_out": line.by_phase_out,
        "no_longer_sells": line.by_silence,
        "kept_from_last_plan": line.kept,
        **_both(line.by_capacity, work.bought.increments.get("capacity")),
        "price_break": line.by_price_break,
        "order_cost": line.by_fee,
        **{k: v for k, v in work.bought.increments.items() if k != "capacity"},
    }
    return _named(changes, row)


def _named(changes: Mapping[str, Array], row: int) -> tuple[Increment, ...]:
    """What each rule changed of a line, those that changed nothing left out."""
    steps = ((name, round(float(change[row]), 4)) for name, change in changes.items())
    return tuple(Increment(name, units) for name, units in steps if units != 0)


def _both(of_line: Array, of_order: Array | None) -> dict[str, Array]:
    """What a line's own capacity took off, and what the supplier's as a whole did."""
    return {"capacity": of_line if of_order is None else of_line + of_order}


_BESIDES = {
    "owed": "that customers are owed",
    "perishes": "for what will perish",
    "by_chance": "for stock and demand varying together",
}


def _sentence(work: Workings, row: int, reason: Reason, due: str) -> str:
    """The same numbers, said aloud."""
    out = work.outlook
    interval = float(np.round(out.interval[row]))
    there = f"{units(reason.on_hand)} on the shelf"
    if reason.on_order > 0:
        there += f" and {units(reason.on_order)} on order"
    parts = [
        f"Customers are expected to want {units(reason.demand_over_protection_interval.mean)} over "
        f"the next {periods(interval, work.frequency)}; there are {there}.",
        f"Of those {units(reason.projected_stock)} should be left for what this order must cover "
        f"from {due}"
        if hasattr(work.ahead.policy, "shortage")
        else f"The stock in hand and on order is {units(reason.projected_stock)}",
    ]
    goal = f"where {units(reason.target)} are wanted"
    if reason.quantile is not None:
        goal = f"where {units(reason.target)} are enough in {percent(reason.quantile)} of cases"
    besides = "".join(
        f", {'and' if x.units > 0 else 'less'} {units(abs(x.units))} {_BESIDES[x.constraint]}"
        for x in reason.besides
    )
    parts[-1] += f", {goal}{besides}: {units(reason.need)} are needed."
    parts += _because(work, row, reason)
    parts += _when(work, row)
    parts += _beside(work, row)
    parts.append(
        f"Without the order the risk of running out is {percent(float(out.stockout[row]))}, with it "
        f"{percent(float(out.stockout_with[row]))}."
    )
    return " ".join(parts)


def _stays(work: Workings, row: int) -> list[str]:
    """Why the last plan's supplier is kept where another is cheaper."""
    mine = str(work.economics.supplier[row])
    offers = {offer.supplier: offer.cost for offer in work.compared[row]}
    cheapest = min(offers, key=offers.__getitem__)
    if cheapest == mine:
        return []
    saving = money(offers[mine] - offers[cheapest], work.config.shop.currency)
    why = (
        "its order is frozen"
        if work.rules.is_frozen[row]
        else f"less than {percent(work.rules.keep_within)} of what it costs is no reason to change"
    )
    return [f"{cheapest} would be {saving} cheaper, but the last plan has it from {mine}: {why}."]


def _when(work: Workings, row: int) -> list[str]:
    """How sure the day of arrival and the quantity are, where the supplier's record says anything."""
    timing, terms = work.rules.timing, work.economics
    supplier = str(terms.supplier[row])
    said = []
    if timing.late_date[row] > timing.due_date[row]:
        share = percent(work.config.supply.lead_time_quantile)
        said.append(f"{share} of deliveries by {supplier} are there by {timing.late_date[row]}.")
    kept = terms.deliveries.share_of(terms.offer["supplier"][row])
    if kept is not None and kept.mean < 0.995 and work.ahead.supply is not None:
        said.append(f"{supplier} delivers {percent(kept.mean)} of what is ordered, on average.")
    return said


def _beside(work: Workings, row: int) -> list[str]:
    """What stands beside this line: its bridge, a cheaper offer that was not taken, what perishes."""
    out, terms = work.outlook, work.economics
    currency, said = work.config.shop.currency, []
    if work.bridges is not None and row in work.bridges.row:
        i = int(np.flatnonzero(work.bridges.row == row)[0])
        said.append(
            f"Until it comes, {units(float(work.bridges.quantity[i]))} from "
            f"{work.bridges.supplier[i]} bridge the gap; they are counted here."
        )
    if work.splits is not None and row in work.splits.row:
        i = int(np.flatnonzero(work.splits.row == row)[0])
        said.append(
            f"Of the rest, {units(float(work.splits.quantity[i]))} come from "
            f"{work.splits.supplier[i]}; they are counted here."
        )
    if row in work.together:
        cheapest = min(work.compared[row], key=lambda offer: offer.cost).supplier
        said.append(
            f"{cheapest} would be cheaper for this line alone; taking {terms.supplier[row]} saves "
            f"{money(work.together[row], currency)} over all orders."
        )
    elif row in work.compared and work.rules.previous[row] > 0:
        said += _stays(work, row)
    if out.expired_with[row] >= 0.05:
        lost = money(float(out.expired_with[row] * terms.unit_cost[row]), currency)
        said.append(
            f"About {units(float(out.expired_with[row]))} will perish within the next "
            f"{periods(work.ahead.horizon, work.frequency)} ({lost} at cost)"
            + f", {units(float(out.expired[row]))} of them even if nothing is ordered."
        )
    return said


_SAID = {
    "order_cycle": "making an order last longer, because placing one costs something,",
    "order_cost": "costing more to place than it earns",
    "shelf_life": "what would perish before it sells",
    "phase_out": "the end of the item",
    "no_longer_sells": "holding back what hardly sells any more",
    "kept_from_last_plan": "staying with the last plan's quantity",
    "capacity": "the supplier's capacity",
    "price_break": "a lower price from here on",
    "minimum_value": "the supplier's minimum value",
    "minimum_weight": "the supplier's minimum weight",
    "minimum_volume": "the supplier's minimum volume",
    "container_volume": "a full container",
    "container_weight": "a full container's weight",
    "budget": "the budget",
    "space": "the space there is",
    "budget_and_space": "the budget or the space there is",
}


def _because(work: Workings, row: int, reason: Reason) -> list[str]:
    """What the supplier's rules did to the need."""
    terms = work.economics.terms
    said = []
    for increment in reason.increments:
        if abs(increment.units) < 0.005:
            continue
        change = f"{'adds' if increment.units > 0 else 'takes off'} {units(abs(increment.units))}"
        if increment.constraint == "minimum_order":
            said.append(f"the minimum order of {units(float(terms.minimum_order[row]))} {change}")
        elif increment.constraint in _SAID:
            said.append(f"{_SAID[increment.constraint]} {change}")
        elif terms.pack_size[row] == 1:
            said.append(f"rounding to whole units {change}")
        else:
            said.append(f"rounding to packs of {units(float(terms.pack_size[row]))} {change}")
    if not said:
        return _too_long(work, row, reason)
    text = " and ".join(said)
    return [
        f"{text[0].upper()}{text[1:]}, which makes {units(reason.quantity)}.",
        *_too_long(work, row, reason),
    ]


def _too_long(work: Workings, row: int, reason: Reason) -> list[str]:
    """A warning where the order makes the stock last beyond what the plan itself calls excess."""
    cover, days = float(work.outlook.cover_with[row]), work.config.plan.excess_days
    if not work.periods(days) < cover < np.inf:
        return []
    weeks = cover * 365.25 / work.panel.frequency.per_year / 7
    added = [x for x in reason.increments if x.units > 0]
    why = "the need itself is for a demand that it may yet meet"
    if added:
        most = max(added, key=lambda x: x.units)
        why = _WHY_SO_MUCH.get(
            most.constraint, f"{_SAID.get(most.constraint, 'the rules')} asks it"
        )
    return [
        f"Mind: with it, stock lasts about {weeks:.0f} weeks at expected sales, more than the "
        f"{days / 7:.0f} beyond which the plan speaks of excess; it was chosen because {why}."
    ]


_WHY_SO_MUCH = {
    "minimum_order": "the supplier sells no less",
    "pack_size": "the supplier sells whole packs",
    "kept_from_last_plan": "the last plan had it so",
    "price_break": "what the lower price saves is more than what holding the stock costs",
    "order_cycle": "with lots of this size orders and stock together cost least",
    "minimum_value": "the supplier asks for a minimum value and this line costs least to have early",
    "minimum_weight": "the supplier asks for a minimum weight and this line costs least to have early",
    "minimum_volume": "the supplier asks for a minimum volume and this line costs least to have early",
    "container_volume": "a container must be filled and this line costs least to have early",
    "container_weight": "a container must be filled and this line costs least to have early",
}

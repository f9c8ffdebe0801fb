"""Why is so much of this item ordered, or nothing?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from onhand.errors import InputError
from onhand.plan.made_of import SURE, said_parts
from onhand.plan.plan import OrderLine, Part, Plan, PointOutlook
from onhand.plan.wording import counted, money, percent, periods, signed, units

__all__ = ["explain", "find"]

_CONSTRAINTS = {
    "minimum_order": "minimum order",
    "pack_size": "whole packs",
    "kept_from_last_plan": "as last plan",
}


def explain(plan: Plan, item: str, location: str | None = None) -> str:
    """The order of one item, step by step in the plan's own numbers, as plain text.

    Parameters
    ----------
    plan : Plan
    item : str
        The shop's own code.
    location : str, optional
        One location; every location that stocks the item unless given.

    Raises
    ------
    InputError
        When the plan has no such item or location, with the nearest names.
    """
    found = find(plan, item, location)
    return "\n\n".join(_explained(plan, point, line) for point, line in found)


def find(
    plan: Plan, item: str, location: str | None = None
) -> list[tuple[PointOutlook, OrderLine | None]]:
    """The stock points of an item, each with its order line if it has one, once for each line.

    One that is only bridged comes without a line as well: its forecast and its stock are to be told, too.
    """
    points = [p for p in plan.stock_points if p.item == item]
    if not points:
        raise InputError(
            f"the plan has no item {item!r}.{_nearest(item, (p.item for p in plan.stock_points))}"
        )
    if location is not None:
        here = [p for p in points if p.location == location]
        if not here:
            places = ", ".join(sorted(p.location for p in points))
            raise InputError(f"item {item!r} is not stocked at {location!r}. It is at: {places}.")
        points = here
    found: list[tuple[PointOutlook, OrderLine | None]] = []
    for point in points:
        lines = [x for x in plan.orders if (x.item, x.location) == (item, point.location)]
        found += [(point, x) for x in sorted(lines, key=lambda x: x.kind, reverse=True)]
        found += [] if any(x.kind == "order" for x in lines) else [(point, None)]
    return found


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(set(known)), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""


def _explained(plan: Plan, point: PointOutlook, line: OrderLine | None) -> str:
    name = point.title if point.title != point.item else "item"
    head = f"{name} ({point.item}) at {point.location}"
    expected = [*_sold(plan, point), *_parts(plan, point)]
    about = _about_the_forecast(plan, point)
    if line is None:
        rows = [*expected, *_standing(plan, point), *_not_ordered(point)]
        said = " ".join(text for text in (_nothing(plan, point), about) if text)
        here = (point.item, point.location)
        beside = " beside" if any((x.item, x.location) == here for x in plan.orders) else ""
        return f"{head}: nothing to order{beside}\n{_rows(rows)}\n\n{said}"
    title = f"{head}: order {units(line.quantity)} from {line.supplier}"
    if line.kind == "split":
        return (
            f"{head}: order {units(line.quantity)} from {line.supplier} as well, due {line.due_date}\n"
            + _rows([_bought(plan, line)])
            + f"\n\n{line.sentence}"
        )
    if line.kind == "bridge":
        rows = [_bought(plan, line), *_effects(plan, line)[1:2]]
        return f"{title} as a bridge, due {line.due_date}\n{_rows(rows)}\n\n{line.sentence}"
    rows = [*expected, *_steps(plan, line), *_effects(plan, line), *_offers(plan, line)]
    said = " ".join(text for text in (line.sentence, about) if text)
    return f"{title}, due {line.due_date}\n{_rows(rows)}\n\n{said}"


def _about_the_forecast(plan: Plan, point: PointOutlook) -> str:
    """What the forecast is made of, and on whose word it stands, said aloud."""
    frequency = plan.shop.frequency
    parts = said_parts(point.parts, frequency, alive=point.alive, likes=point.likes)
    said = [parts]
    if point.likes:
        said.append(f"It is new; the items most like it are {', '.join(point.likes)}.")
    if point.alive < SURE and "is over" not in parts:
        said.append(f"By its silence it is {percent(point.alive)} likely to sell again at all.")
    return " ".join(text for text in said if text)


def _sold(plan: Plan, point: PointOutlook) -> list[tuple[str, str]]:
    """What it sold, to hold the forecast against."""
    seen = point.sold
    if seen is None:
        return []
    if seen.quarter is None:
        return [("sold", "nothing yet")]
    frequency = plan.shop.frequency
    stretches = {
        "in the last 28 days": None if frequency == "month" else seen.month,
        "in the last quarter": seen.quarter,
        "in the last year": None if seen.year == seen.quarter else seen.year,
        "a year before what is planned now": seen.year_ago,
    }
    told = ", ".join(f"{units(n)} {when}" for when, n in stretches.items() if n is not None)
    unknown = (
        f"; {periods(seen.n_unknown, frequency)} of the quarter say nothing of demand"
        if seen.n_unknown
        else ""
    )
    return [("sold", f"per {frequency} {told}{unknown}")]


def _parts(plan: Plan, point: PointOutlook) -> list[tuple[str, str]]:
    """The forecast as a sum, and who made it."""
    by = next((x.value for x in plan.assumptions if x.key == "forecast.forecaster"), "")
    told = f"{units(point.mean_demand)} expected per {plan.shop.frequency}"
    return [
        ("forecast", f"{told} ({by})" if by else told),
        *((f"  {part.group}", signed(part.units)) for part in _telling(point.parts)),
    ]


def _telling(parts: tuple[Part, ...]) -> list[Part]:
    """The parts of which more than a five hundredth of the whole would be seen."""
    least = max(0.002 * sum(abs(part.units) for part in parts), 0.0005)
    return [part for part in parts if abs(part.units) >= least]


def _nothing(plan: Plan, point: PointOutlook) -> str:
    """Why nothing is ordered, where no rule held an order back."""
    if point.not_ordered:
        return ""
    if point.cover is None:
        return "Nothing is expected to sell."
    said = (
        f"What is on the shelf and on order covers {periods(point.cover, plan.shop.frequency)}; in "
        f"{percent(1 - point.stockout_probability)} of worlds it lasts until the next order can help."
    )
    if point.status not in ("excess", "dying"):
        return said
    tied_up = money(point.money, plan.shop.currency)
    if point.status == "dying":
        return f"{said} It has stopped selling, or soon may: {tied_up} at cost are tied up in it."
    days = plan.config.get("plan", {}).get("excess_days", 0)
    return f"{said} {tied_up} of it at cost is more than {days:g} days of expected sales."


def _not_ordered(point: PointOutlook) -> list[tuple[str, str]]:
    return [("why nothing", point.not_ordered)] if point.not_ordered else []


_BESIDES = {
    "owed": "owed",
    "perishes": "will perish",
    "by_chance": "worlds differ",
}


def _steps(plan: Plan, line: OrderLine) -> list[tuple[str, str]]:
    """How the quantity came about."""
    why = line.reason
    wanted = why.demand_over_protection_interval
    covered = f"; {percent(why.quantile)} of worlds want at most" if why.quantile else "; planned"
    rows = [
        (
            "demand",
            f"{units(wanted.mean)} expected until the next order can help, in the middle "
            f"{units(wanted.p50)}{covered} {units(wanted.target)}",
        ),
        ("in hand", f"{units(why.on_hand)} on the shelf, {units(why.on_order)} on order"),
        ("target", f"{counted(why.target)} by {why.policy}"),
        ("minus", f"{counted(why.projected_stock)} projected to be there"),
        *((_BESIDES[part.constraint], counted(part.units, "+")) for part in why.besides),
        ("need", counted(why.need)),
    ]
    rows += [
        (
            _CONSTRAINTS.get(step.constraint, step.constraint.replace("_", " ")),
            counted(step.units, "+"),
        )
        for step in why.increments
    ]
    return [*rows, _bought(plan, line)]


def _bought(plan: Plan, line: OrderLine) -> tuple[str, str]:
    """What is bought, and for how much."""
    currency = plan.shop.currency
    each, total = money(line.unit_cost, currency), money(line.cost, currency)
    return "order", f"{units(line.quantity)} at {each} each: {total}"


def _effects(plan: Plan, line: OrderLine) -> list[tuple[str, str]]:
    """What the order changes."""
    currency, frequency = plan.shop.currency, plan.shop.frequency
    return [
        (
            "stock-out risk",
            f"{percent(line.stockout_probability_without)} without the order, "
            f"{percent(line.stockout_probability_with)} with it",
        ),
        (
            "money at risk",
            f"{money(line.money_at_risk_without, currency)} without, "
            f"{money(line.money_at_risk_with, currency)} with",
        ),
        (
            "cover",
            f"{_cover(line.cover_without, frequency)} without, "
            f"{_cover(line.cover_with, frequency)} with",
        ),
    ]


def _offers(plan: Plan, line: OrderLine) -> list[tuple[str, str]]:
    """The suppliers compared, the cheapest first."""
    currency = plan.shop.currency
    return [
        (
            f"from {offer.supplier}",
            f"{units(offer.quantity)} at {money(offer.unit_cost, currency)} in "
            f"{offer.lead_time_days:g} days costs {money(offer.cost, currency)} over "
            f"{periods(offer.periods, plan.shop.frequency)}: dearer price "
            f"{money(offer.premium, currency)}, order {money(offer.order, currency)}, on the way "
            f"{money(offer.transit, currency)}, on the shelf {money(offer.shelf, currency)}, lost "
            f"margin {money(offer.shortage, currency)}"
            + (
                f", bridged by {offer.bridged_by} {money(offer.bridge, currency)}"
                if offer.bridged_by
                else ""
            ),
        )
        for offer in sorted(line.offers, key=lambda offer: offer.cost)
    ]


def _standing(plan: Plan, point: PointOutlook) -> list[tuple[str, str]]:
    return [
        ("status", point.status.replace("_", " ")),
        ("in hand", f"{units(point.on_hand)} on the shelf, {units(point.on_order)} on order"),
        ("cover", _cover(point.cover, plan.shop.frequency)),
        ("stock-out risk", f"{percent(point.stockout_probability)} until the next order can help"),
    ]


def _cover(count: float | None, frequency: str) -> str:
    return "for ever" if count is None else periods(count, frequency)


def _rows(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in rows)

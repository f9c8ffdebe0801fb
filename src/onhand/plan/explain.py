"""Why is so much of this item ordered, or nothing?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from onhand.errors import InputError
from onhand.plan.made_of import said_parts
from onhand.plan.plan import OrderLine, Plan, PointOutlook
from onhand.plan.wording import money, percent, periods, units

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
    """The stock points of an item, each with its order line if it has one, once for each line."""
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
        found += [] if lines else [(point, None)]
    return found


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(set(known)), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""


def _explained(plan: Plan, point: PointOutlook, line: OrderLine | None) -> str:
    name = point.title if point.title != point.item else "item"
    head = f"{name} ({point.item}) at {point.location}"
    about = _about_the_forecast(plan, point)
    if line is None:
        text = f"{head}: nothing to order\n" + _rows(
            [*_standing(plan, point), *_parts(plan, point)]
        )
        return f"{text}\n\n{about}" if about else text
    if line.kind == "bridge":
        return (
            f"{head}: order {units(line.quantity)} from {line.supplier} as a bridge, due "
            f"{line.due_date}\n"
            + _rows([_bought(plan, line), *_effects(plan, line)[1:2]])
            + f"\n\n{line.sentence}"
        )
    return (
        f"{head}: order {units(line.quantity)} from {line.supplier}, due {line.due_date}\n"
        + _rows(
            [
                *_steps(plan, line),
                *_effects(plan, line),
                *_offers(plan, line),
                *_parts(plan, point),
            ]
        )
        + f"\n\n{' '.join(text for text in (line.sentence, about) if text)}"
    )


def _about_the_forecast(plan: Plan, point: PointOutlook) -> str:
    """What the forecast is made of, and on whose word it stands, said aloud."""
    said = [said_parts(point.parts, plan.shop.frequency)]
    if point.likes:
        said.append(f"It is new; the items most like it are {', '.join(point.likes)}.")
    if point.alive < 0.95:
        said.append(f"By its silence it is {percent(point.alive)} likely to sell again at all.")
    return " ".join(text for text in said if text)


def _parts(plan: Plan, point: PointOutlook) -> list[tuple[str, str]]:
    """The forecast as a sum."""
    if not point.parts:
        return []
    total = f"{units(point.mean_demand)} expected per {plan.shop.frequency}"
    return [
        ("forecast", total),
        *((f"  {part.group}", f"{part.units:+,.4g}") for part in point.parts),
    ]


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
        ("target", f"{units(why.target)} by {why.policy}"),
        ("minus", f"{units(why.projected_stock)} projected to be there"),
        ("need", units(why.need)),
    ]
    rows += [
        (
            _CONSTRAINTS.get(step.constraint, step.constraint.replace("_", " ")),
            f"{step.units:+,.10g}",
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
        ("demand", f"{units(point.mean_demand)} expected per {plan.shop.frequency}"),
        ("cover", _cover(point.cover, plan.shop.frequency)),
        ("stock-out risk", f"{percent(point.stockout_probability)} until the next order can help"),
        *([("why nothing", point.not_ordered)] if point.not_ordered else []),
    ]


def _cover(count: float | None, frequency: str) -> str:
    return "for ever" if count is None else periods(count, frequency)


def _rows(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in rows)

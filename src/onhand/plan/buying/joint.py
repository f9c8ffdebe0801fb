"""What was chosen for many lines at once, and what does that say of the plan?"""

from __future__ import annotations

import numpy as np

from onhand.plan.buying.afford import Afforded
from onhand.plan.buying.packing import Packed
from onhand.plan.buying.sources import SourceAdvice
from onhand.plan.buying.together import Together
from onhand.plan.plan import JointChoice
from onhand.plan.wording import money, plural, units
from onhand.plan.workings import Workings

__all__ = ["joint_choices"]


def joint_choices(work: Workings, sources: SourceAdvice | None) -> tuple[JointChoice, ...]:
    """The containers that were packed, and the suppliers that were chosen together, now and for long."""
    currency = work.config.shop.currency
    found = [_containers(packed, currency) for packed in work.bought.packed]
    if work.bought.afforded is not None:
        found.append(_afforded(work.bought.afforded, currency))
    is_tied = np.isin(work.economics.supplier, work.tied) & (work.outlook.quantity > 0)
    if work.taken is not None and is_tied.any():
        found.append(_suppliers(work.taken, work.tied, currency))
    if sources is not None:
        found.append(_sources(sources, currency))
    return tuple(found)


def _containers(packed: Packed, currency: str) -> JointChoice:
    chosen, by_rule = round(packed.worth, 2), round(packed.worth_by_rule, 2)
    bound = None if packed.bound is None else round(max(packed.bound, packed.worth), 2)
    saved = round(chosen - by_rule, 2)
    if packed.n_containers == 0:
        sentence = "The order waits: nothing that fills a container earns its freight."
        if bound:
            sentence = (
                f"The order waits; no contents would earn more than {money(bound, currency)}."
            )
    else:
        sentence = _packed_as(packed, chosen, saved, currency) + _left(chosen, bound, currency)
    return JointChoice(
        what="containers",
        suppliers=(packed.supplier,),
        method=packed.method,
        is_proven=packed.finished,
        n_containers=packed.n_containers,
        chosen=chosen,
        by_rule=by_rule,
        saved=saved,
        bound=bound,
        sentence=sentence,
    )


def _afforded(left: Afforded, currency: str) -> JointChoice:
    """What the budget or the space left of all orders."""
    chosen, by_list = round(left.worth, 2), round(left.worth_by_list, 2)
    bound = round(max(left.bound, left.worth), 2)
    saved = round(chosen - by_list, 2)
    named = left.limit.replace("_", " ")
    said = (
        f"The {named} {'leave' if ' and ' in named else 'leaves'} orders for {money(left.cost, currency)} "
        f"of the {money(left.wanted_cost, currency)} wanted, expected to earn {money(chosen, currency)} "
        f"instead of {money(left.wanted_worth, currency)}"
    )
    if saved > 0:
        said += f"; {money(saved, currency)} more than packs ranked one by one would"
    elif not left.finished:
        said += "; chosen down the ranked list"
    share = f" ({(bound - chosen) / bound:.1%})" if bound - chosen >= 0.01 else ""
    sentence = f"{said}.{_left(chosen, bound, currency)}"
    return JointChoice(
        what=named,
        suppliers=(),
        method="solver" if saved > 0 else "rule",
        is_proven=left.finished,
        n_containers=0,
        chosen=chosen,
        by_rule=by_list,
        saved=saved,
        bound=bound,
        sentence=f"{sentence[:-1]}{share}." if share else sentence,
    )


def _packed_as(packed: Packed, chosen: float, saved: float, currency: str) -> str:
    said = f"{plural(packed.n_containers, 'container')}, expected to earn {money(chosen, currency)}"
    how = {
        "solver": (
            f"{money(saved, currency)} more than packs ranked one by one would"
            if saved > 0
            else "packed so that all orders together earn most"
        ),
        "last plan": "as the last plan packed them",
        "rule": (
            "packs ranked one by one are as good"
            if packed.finished
            else "packed by the rule: the solver did not finish"
        ),
    }[packed.method]
    return f"{said}; {how}."


def _suppliers(taken: Together, tied: tuple[str, ...], currency: str) -> JointChoice:
    chosen, by_rule = round(taken.cost, 2), round(taken.cost_alone, 2)
    bound = round(taken.bound, 2)
    saved = round(by_rule - chosen, 2)
    is_by_rule = saved <= 0
    how = (
        "The cheapest supplier of each item is also the best for all together"
        if is_by_rule
        else f"{money(saved, currency)} cheaper than each item from its own cheapest supplier"
    )
    if taken.is_limited:
        how = (
            f"{money(saved, currency)} cheaper than what would be chosen without the budget and the space; "
            "found by search"
        )
    elif not taken.proven:
        how += "; found by search, the solver did not finish"
    method = "solver" if taken.proven else "rule" if is_by_rule else "search"
    return JointChoice(
        what="suppliers",
        suppliers=tied,
        method=method,
        is_proven=taken.proven,
        n_containers=0,
        chosen=chosen,
        by_rule=by_rule,
        saved=saved,
        bound=bound,
        sentence=f"{how}.{_left(chosen, bound, currency)}",
    )


def _sources(advice: SourceAdvice, currency: str) -> JointChoice:
    chosen, by_rule = round(advice.cost, 2), round(advice.cost_by_rule, 2)
    bound = None if advice.bound is None else round(min(advice.bound, advice.cost), 2)
    saved = round(by_rule - chosen, 2)
    often = " and ".join(f"{name} every {units(days)} days" for name, days in advice.days)
    by_name: dict[str, list[str]] = {}
    for item, _, supplier in advice.items:
        by_name.setdefault(supplier, []).append(item)
    who = "; ".join(
        f"{', '.join(dict.fromkeys(items[:6]))}{' and others' if len(items) > 6 else ''} from {name}"
        for name, items in by_name.items()
    )
    said = f"For the long run: order from {often}; {who}"
    how = (
        f"{money(saved, currency)} a year less than each item from its own cheapest supplier"
        if saved > 0
        else "as cheap as each item from its own cheapest supplier"
    )
    if bound is None:
        how += "; the solver did not finish"
    return JointChoice(
        what="suppliers and cycles",
        suppliers=advice.suppliers,
        method="rule" if bound is None or saved <= 0 else "solver",
        is_proven=bound is not None,
        n_containers=0,
        chosen=chosen,
        by_rule=by_rule,
        saved=saved,
        bound=bound,
        sentence=f"{said}: {how}.{_left(chosen, bound, currency)}",
        items=advice.items,
        days=advice.days,
    )


def _left(chosen: float, bound: float | None, currency: str) -> str:
    """How much better anything else could be at most."""
    if bound is None:
        return ""
    left = abs(round(bound - chosen, 2))
    if left < 0.01:
        return " Nothing is better."
    return f" Nothing is better by more than {money(left, currency)}."

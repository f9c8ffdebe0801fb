"""Which small orders of the last plan stay beside those of the chosen suppliers?

A bridge, or what a second supplier delivers, that the last plan put inside the frozen window and nobody has placed
yet stays at its quantity, whatever this plan thinks of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.decide.replenish.whole_order import whole_packs
from onhand.plan.buying.choose import Bridge, Choice
from onhand.plan.buying.rules import Rules, frozen_window, unplaced
from onhand.plan.plan import Plan

__all__ = ["FrozenBeside", "as_own", "frozen_beside", "with_frozen_beside"]


_STEPS = 32  # of a small order's worth, as of all others


@dataclass(frozen=True)
class FrozenBeside:
    """A small order of the last plan: its stock point, `bridge` or `split`, supplier and units."""

    row: int
    kind: str
    supplier: str
    quantity: float


def frozen_beside(
    tables: Tables, panel: Panel, previous: Plan | None, frozen_days: float
) -> tuple[FrozenBeside, ...]:
    """The bridges and splits of the last plan that are frozen."""
    inside = frozen_window(panel, frozen_days)
    return tuple(
        FrozenBeside(row, line.kind, line.supplier, line.quantity)
        for row, line in unplaced(tables, panel, previous)
        if line.kind != "order" and inside(line.order_date)
    )


def with_frozen_beside(
    found: Sequence[Bridge], frozen: Sequence[FrozenBeside], choice: Choice
) -> tuple[Bridge, ...]:
    """The small orders of this plan, those of the last plan in place of what was found for their stock points."""
    by_row = {bridge.row: bridge for bridge in found}
    by_row |= {bridge.row: bridge for bridge in _kept(by_row, frozen, choice)}
    return tuple(by_row.values())


def as_own(rules: Rules, frozen: Sequence[FrozenBeside], choice: Choice) -> Rules:
    """The rules with small orders of suppliers who now deliver everything as the stock points' own frozen lines."""
    previous, is_frozen = rules.previous.copy(), rules.is_frozen.copy()
    for line in frozen:
        if str(choice.terms.supplier[line.row]) == line.supplier:
            previous[line.row], is_frozen[line.row] = line.quantity, True
    return replace(rules, previous=previous, is_frozen=is_frozen)


def _kept(
    found: dict[int, Bridge], frozen: Sequence[FrozenBeside], choice: Choice
) -> Iterator[Bridge]:
    for line in frozen:
        row = line.row
        offer = _offer_of(line, choice)
        if offer is None:  # it is no longer on offer, or all comes from that supplier now
            continue
        terms = choice.candidates[offer].rules.timing.terms
        least = max(line.quantity, float(terms.minimum_order[row]))
        quantity = float(whole_packs([least], terms.pack_size[[row]], up=True)[0])
        need, gain, worth = 0.0, 0.0, np.zeros(_STEPS)
        new = found.get(row)
        if new is not None and new.offer == offer:
            need, gain = new.need, float(new.worth[: round(quantity / new.step)].sum())
        worth[0] = gain  # all of it or nothing
        yield Bridge(row, offer, quantity, need, gain, gain, quantity, worth, is_kept=True)


def _offer_of(line: FrozenBeside, choice: Choice) -> int | None:
    """The number of its supplier's offer, where that is not the one chosen for the stock point's own line."""
    names = [str(c.terms.supplier[line.row]) for c in choice.candidates]
    if line.supplier not in names or names[int(choice.number[line.row])] == line.supplier:
        return None
    return names.index(line.supplier)

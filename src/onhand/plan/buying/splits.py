"""Who delivers what the chosen supplier cannot?

Where a supplier's capacity cuts a line, the next best offer of the item gets the remainder, if it can be there
before the chosen supplier could deliver again and if its units are worth their dearer price. The line of the
second supplier stands beside the first one, which keeps its need and says what its capacity took off.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.rounding import RoundingMode, round_order
from onhand.plan.buying.beside import FrozenBeside, with_frozen_beside
from onhand.plan.buying.bridges import Bridges, in_full
from onhand.plan.buying.buy import Bought
from onhand.plan.buying.choose import Bridge, Candidate, Choice
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import Rules

__all__ = ["splits_of"]

Array = NDArray[np.float64]

_STEPS = 32


def splits_of(
    choice: Choice,
    bought: Bought,
    rules: Rules,
    mode: RoundingMode,
    n_samples: int,
    frozen: Sequence[FrozenBeside] = (),
) -> Bridges | None:
    """The lines of second suppliers, in full; None where no capacity left a remainder that pays.

    `rules` are those of the offers chosen, `mode` is how needs become packs; `frozen` lines of the last plan stay.
    """
    nothing = np.zeros(len(bought.quantity))
    cut = -(bought.proposal.by_capacity + bought.increments.get("capacity", nothing))
    # What only makes one supplier's order last longer is not worth another's.
    missing = cut - np.maximum(bought.proposal.by_cycle, 0.0)
    found = []
    for row in np.flatnonzero(missing > 1e-9).tolist():
        for offer in _others(choice, row):
            split = _split(
                choice, bought.proposal, bought.quantity, rules, row, offer, missing, mode
            )
            if split is not None:
                found.append(split)
                break
    lines = with_frozen_beside(found, frozen, choice)
    return in_full(lines, choice, n_samples) if lines else None


def _others(choice: Choice, row: int) -> list[int]:
    """The numbers of the row's other offers, the cheapest as judged first."""
    compared = choice.compared.get(row, ())
    taken = int(choice.number[row])
    order = sorted(range(len(compared)), key=lambda m: compared[m].cost)
    return [m for m in order if m != taken]


def _split(
    choice: Choice,
    lines: Proposal,
    bought: Array,
    rules: Rules,
    row: int,
    offer: int,
    missing: Array,
    mode: RoundingMode,
) -> Bridge | None:
    """The remainder of one line from another offer; None where it comes too late or does not pay."""
    other = choice.candidates[offer]
    own = rules.timing.terms
    terms = other.rules.timing.terms.rows(np.array([row]))
    if terms.lead_time[0] >= own.lead_time[row] + own.review_period[row]:
        return None
    room = min(float(other.rules.capacity[row]), _room(other, row))
    step = float(terms.pack_size[0])
    quantity = float(round_order(missing[[row]], terms, mode).quantity[0])
    quantity = min(quantity, np.floor(room / step + 1e-9) * step)
    if quantity < max(float(terms.minimum_order[0]), step) - 1e-9:
        return None
    price = float(other.rules.ladder.at(_everywhere(other, quantity))[row])
    dearer = price - float(lines.unit_cost[row])
    worth = _worth(lines, row, float(bought[row]), step) - dearer * step
    n_steps = round(quantity / step)
    gain = float(worth[:n_steps].sum()) if n_steps <= len(worth) else float(worth.sum())
    if gain <= 0:
        return None
    need = min(float(missing[row]), quantity)
    return Bridge(row, offer, quantity, need, gain, gain, step, worth)


def _room(other: Candidate, row: int) -> float:
    """What the other supplier can deliver of all its items together."""
    rule = other.rules.suppliers.get(str(other.terms.supplier[row]))
    return np.inf if rule is None else rule.capacity


def _everywhere(other: Candidate, quantity: float) -> Array:
    return np.full(len(other.rules.ladder.start), quantity)


def _worth(lines: Proposal, row: int, after: float, step: float) -> Array:
    """What steps of another size earn once `after` units are ordered, (_STEPS,)."""
    units = np.arange(lines.worth.shape[1] + 1) * lines.step[row]
    earned = np.concatenate([[0.0], np.cumsum(lines.worth[row])])
    at = np.interp(after + np.arange(_STEPS + 1) * step, units, earned)
    return np.diff(at)

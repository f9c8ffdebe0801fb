"""When does an item stay with the supplier that the last plan had it from?

A frozen line stays in any case. Another stays unless changing saves more than `plan.keep_within` of what its orders
cost, goods included; where suppliers tie items together, unless all changes together save more than that of all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.plan.buying.together import Options, Together

__all__ = ["LastTime", "staying", "staying_within_limits"]

Array = NDArray[np.float64]
Marks = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class LastTime:
    """What the last plan says of O options, each (O,).

    is_taken : it ordered this item from this supplier, and nobody has placed it yet
    is_frozen : likewise, inside the frozen window
    spent : money for the goods over the time in which the options are compared
    share : of what is spent and lost, which a change must save
    """

    is_taken: Marks
    is_frozen: Marks
    spent: Array
    share: float

    def is_open(self, options: Options) -> Marks:
        """Options beside which there is no other frozen one of their stock point, (O,)."""
        return self.is_frozen | ~np.isin(options.row, options.row[self.is_frozen])

    def at(self, kept: Marks) -> LastTime:
        """The same of some options."""
        return LastTime(self.is_taken[kept], self.is_frozen[kept], self.spent[kept], self.share)

    def is_little(self, saving: float, cost: float, taken: Whole) -> bool:
        """Whether so much saved is no reason to change, where the options taken cost so much."""
        return saving <= self.share * (abs(cost) + float(self.spent[taken].sum()))


def staying(
    choose: Callable[[Options], Together], options: Options, last: LastTime, *, is_tied: bool
) -> Together:
    """What `choose` takes, the suppliers of last time kept where others save little."""
    free = choose(options)
    own = options.own_cost
    best = np.full(int(options.row.max(initial=-1)) + 1, np.inf)
    np.minimum.at(best, options.row, own)
    saving = own - best[options.row]
    stays = last.is_taken & (saving <= last.share * (np.abs(own) + last.spent))
    kept = stays | ~np.isin(options.row, options.row[stays])
    if kept[free.option].all():
        return free
    calm = _numbered(choose(options.where(kept)), np.flatnonzero(kept))
    if is_tied and not last.is_little(calm.cost - free.cost, calm.cost, calm.option):
        return free
    return replace(calm, bound=min(free.bound, calm.cost), proven=free.proven)


def staying_within_limits(
    choose: Callable[[Options, Whole], Together | None],
    options: Options,
    start: Whole,
    last: LastTime,
) -> Together | None:
    """What `choose` takes from `start` (R,) on, the suppliers of last time kept where all changes save little."""
    free = choose(options, start)
    if free is None:
        return None
    moved = start[(free.option != start) & last.is_taken[start]]
    if not len(moved) or not last.is_little(free.cost_alone - free.cost, free.cost_alone, start):
        return free
    kept = ~np.isin(options.row, options.row[moved])
    kept[moved] = True
    number = np.flatnonzero(kept)
    calm = choose(options.where(kept), np.searchsorted(number, start))
    return None if calm is None else _numbered(calm, number)


def _numbered(taken: Together, number: Whole) -> Together:
    """Options of a part by their numbers among all."""
    return replace(taken, option=number[taken.option], alone=number[taken.alone])

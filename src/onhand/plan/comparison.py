"""What does each arrow between forecast and decision earn? The nouns of the answer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from onhand.plan.contest import Margin

__all__ = ["ARROWS", "Comparison", "Judgement", "Pipeline", "verdict"]

ARROWS = ("paths", "unmask", "calibrate", "weigh", "choose")
"""Every arrow that can be taken away, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The shop replayed with some arrows, over all judged windows; money in the shop's currency.

    name : "full", the arrow that was turned, or "classical"
    label : what it is, in words
    arrows : those that are on
    policies : what decided in each window, with its number
    total : holding + shortage + ordering, money
    fill_rate : share 0..1 of demand met from stock
    inventory_units, inventory_value : on the shelf at the end of a period, on average; units, money
    earned : money that the arrow earned: the cost without it minus the cost with it, over all windows,
        as a share of the full loop's cost; of "classical": what all arrows that are on earned together.
        None for the full loop itself, and where there was nothing to measure
    why_not : why there was nothing to measure; empty where there was
    """

    name: str
    label: str
    arrows: tuple[str, ...]
    policies: tuple[str, ...]
    total: float
    holding: float
    shortage: float
    ordering: float
    fill_rate: float
    inventory_units: float
    inventory_value: float
    earned: Margin | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every pipeline judged by one belief about what customers wanted.

    demand : "believed" or "drawn", see `note`
    note : what that means, in a sentence
    pipelines : the full loop first, then each arrow turned, the classical pipeline last
    """

    demand: str
    note: str
    pipelines: tuple[Pipeline, ...]

    @property
    def full(self) -> Pipeline:
        """The shop with every arrow that is on."""
        return self.pipelines[0]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What each arrow earned on the shop's own past.

    windows : first and last day of each judged window
    n_reviews : rolling origins, each with its own forecast
    n_stock_points : replayed, of n_series
    unknown_share : share 0..1 of the judged periods of stock points of whose demand nothing is known
    judgements : by demand as believed; and, where the shelf was empty, by demand drawn
    note : what was assumed, in one paragraph
    """

    onhand: str
    seed: int
    shop: str
    currency: str
    frequency: str
    windows: tuple[tuple[str, str], ...]
    n_reviews: int
    n_stock_points: int
    n_series: int
    unknown_share: float
    judgements: tuple[Judgement, ...]
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """The contents of compare.json; the same comparison gives the same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def verdict(earned: Margin | None) -> str:
    """What the interval says of an arrow.

    >>> verdict(Margin(5.0, 1.0, 9.0, 0.1, (5.0,))), verdict(Margin(5.0, -1.0, 11.0, 0.1, (5.0,)))
    ('pays', 'not told apart')
    """
    if earned is None:
        return "nothing to measure"
    if earned.low == earned.high == 0:
        return "no difference"
    if earned.low > 0:
        return "pays"
    return "costs" if earned.high < 0 else "not told apart"

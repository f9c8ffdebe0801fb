"""Would it have been worth it? The nouns of the replay, as the plan tells it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Contender", "Contest", "Margin"]

Series = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """One policy replayed over the judged periods; money in the shop's currency.

    label : what the policy is called in a chart, with its tuned numbers
    total : holding + shortage + ordering, money
    fill_rate : share 0..1 of demand met from stock
    cost : money per period; sums to `total`
    inventory_value : on hand at the end of each period at unit cost, money
    fill : fill rate of each period, 0..1 (1 when nothing was asked)
    """

    label: str
    total: float
    holding: float
    shortage: float
    ordering: float
    fill_rate: float
    cost: Series
    inventory_value: Series
    fill: Series


@dataclass(frozen=True, slots=True)
class Margin:
    """How much dearer a rival was than the default, paired over the judged windows.

    mean, low, high : money over the whole replay, and its 95 % interval; above 0: the default was cheaper
    share : `mean` as a share of the rival's total cost
    per_window : the rival's cost minus the default's in each window, money; sums to `mean`
    """

    mean: float
    low: float
    high: float
    share: float
    per_window: Series


@dataclass(frozen=True, slots=True)
class Contest:
    """The default beside its rivals on the shop's own past.

    origins : number of rolling origins, each with its own refit
    contenders : by name; `default` names ours
    differences : by rival name
    note : what was assumed, in one paragraph
    """

    first_date: str
    last_date: str
    dates: tuple[str, ...]
    origins: int
    contenders: dict[str, Contender]
    default: str
    differences: dict[str, Margin]
    note: str

"""How did each contender do, in the numbers that a plan keeps?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from onhand.evaluate.compare import Difference, paired
from onhand.evaluate.replay import Replay
from onhand.plan.config import Config
from onhand.plan.contest import Contender, Contest, Margin
from onhand.plan.past import Stretch, groups
from onhand.plan.stage import Stage
from onhand.plan.trials import of_the_shop

__all__ = ["contest_of", "total_margin"]


def contest_of(
    stage: Stage,
    late: Stretch,
    replays: Mapping[str, Replay],
    config: Config,
) -> Contest:
    """The replays of the later stretch as the plan tells them, for the whole shop; `default` is ours."""
    replays = {name: of_the_shop(past, stage.drawn.weight) for name, past in replays.items()}
    dates = [str(d) for d in stage.panel.dates[late.scored : late.stop]]
    default = replays["default"]
    length = 7 if stage.panel.frequency.value == "day" else 1
    weeks = groups(len(dates), length)
    return Contest(
        first_date=dates[0],
        last_date=dates[-1],
        dates=tuple(dates),
        origins=sum(late.start <= origin < late.stop for origin in stage.origins),
        contenders={name: _contender(r, stage.unit_cost) for name, r in replays.items()},
        default="default",
        differences={
            name: _margin(rival, default, weeks)
            for name, rival in replays.items()
            if name != "default"
        },
        note=_note(config, stage),
    )


def _scored(values: NDArray[np.float64], of: Replay) -> NDArray[np.float64]:
    return values[:, of.first_scored :]


def _contender(past: Replay, unit_cost: NDArray[np.float64]) -> Contender:
    holding, shortage, ordering = (
        _cents(_scored(part, past).sum(axis=0))
        for part in (past.holding, past.shortage, past.ordering)
    )
    cost = [round(sum(parts), 2) for parts in zip(holding, shortage, ordering, strict=True)]
    demand, served = (_scored(part, past).sum(axis=0) for part in (past.demand, past.served))
    fill = np.divide(served, demand, out=np.ones_like(demand), where=demand > 0)
    return Contender(
        label=label_of_name(past.policy),
        total=round(math.fsum(cost), 2),
        holding=round(math.fsum(holding), 2),
        shortage=round(math.fsum(shortage), 2),
        ordering=round(math.fsum(ordering), 2),
        fill_rate=round(past.fill_rate, 4),
        cost=tuple(cost),
        inventory_value=tuple(_cents(unit_cost @ _scored(past.on_hand, past))),
        fill=tuple(round(float(f), 4) for f in fill),
    )


def label_of_name(name: str) -> str:
    """A name with its first letter large."""
    return name[:1].upper() + name[1:]


def _margin(rival: Replay, default: Replay, weeks: Sequence[slice]) -> Margin:
    """The rival's cost minus the default's, over the whole stretch."""
    per_week = [
        [_scored(past.cost, past)[:, week].sum(axis=1) for week in weeks]
        for past in (rival, default)
    ]
    return _in_total(paired(per_week[0], per_week[1], consecutive=True), rival.total_cost)


def total_margin(
    rival: Sequence[NDArray[np.float64]],
    ours: Sequence[NDArray[np.float64]],
    base: float,
    *,
    consecutive: bool = False,
) -> Margin:
    """What the rival cost more than ours in windows that pay for the stock they add, each W x (N,) money.

    base : the money that the margin's share is a share of
    consecutive : windows are so short that neighbours share their luck, see `onhand.evaluate.compare`
    """
    return _in_total(paired(rival, ours, consecutive=consecutive), base)


def _in_total(found: Difference, base: float) -> Margin:
    """A difference per window, told for all of them together."""
    windows = _cents(found.per_window)
    mean = round(math.fsum(windows), 2)
    reach = (found.high - found.low) / 2 * len(windows)
    return Margin(
        mean=mean,
        low=round(mean - reach, 2),
        high=round(mean + reach, 2),
        share=round(mean / base, 4) if base > 0 else 0.0,
        per_window=tuple(windows),
    )


def _cents(values: NDArray[np.float64]) -> list[float]:
    return [round(float(v), 2) for v in values]


def _note(config: Config, stage: Stage) -> str:
    unmet = (
        "unmet demand is lost" if config.policy.shortage == "lost_sales" else "unmet demand waits"
    )
    deliveries = (
        ""
        if stage.supply is None
        else "Orders come as late and as short as the receipts teach, the same for every contender. "
    )
    return (
        f"Replayed on {stage.drawn.said}; {unmet}. {deliveries}Every contender starts from the same stock, that of a buyer "
        f"who tops up to {config.stock.cover_days:g} days of average sales. At each review the "
        "forecast is made anew from what was known then. Every contender's number was tuned on "
        "what came before the stretch judged. What is left at the end, on the shelf and on order, is charged in "
        "the last period for as long as the pace of the last year needs to sell it. Demand is demand as believed today, a peak that stands alone "
        "lowered to the next largest; where it cannot be known, nothing is asked. The interval holds both the luck of a week and the luck of a stock point; "
        "weeks that follow each other are taken together in blocks, for they share their luck."
    )

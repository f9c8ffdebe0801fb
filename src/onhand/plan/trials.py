"""What would every number of every policy have cost on the shop's own past?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.rounding import round_order
from onhand.evaluate.replay import Replay, RoundTo, Window, replay
from onhand.inventory.policy import Policy
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.optimize.ladder import valley
from onhand.plan.config import Config
from onhand.plan.contenders import Family
from onhand.plan.past import Stretch
from onhand.plan.progress import Progress
from onhand.plan.stage import Stage
from onhand.plan.tune import Tuning, tune

__all__ = [
    "Entrant",
    "Tuned",
    "alike",
    "judge",
    "longest",
    "of_the_shop",
    "pace",
    "rounding_of",
    "said",
    "to_be_sold",
    "tune_families",
    "unseen",
]

_N_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Entrant:
    """A policy with its number, and the name of the forecaster whose paths it sees."""

    policy: Policy
    forecaster: str


@dataclass(frozen=True)
class Tuned:
    """What one family cost on the paths of one forecaster, in every stretch."""

    family: str
    forecaster: str
    tuning: Tuning

    def on_stretch(self, stretch: int | slice | list[int]) -> tuple[float, Entrant]:
        """The best number on one stretch, or some, alone, and how dear its surroundings are there.

        Ladders are compared by the mean of three rungs around the best one, at an end the last
        three: a wide valley forgives the mistake of having been found on another stretch.
        """
        costs = self.tuning.totals[:, stretch]
        costs = costs if costs.ndim == 1 else costs.sum(axis=1)
        rung = valley(costs)
        start = min(max(0, rung - 1), max(0, len(costs) - 3))
        around = float(costs[start : start + 3].mean())
        return around, Entrant(self.tuning.policies[rung], self.forecaster)


def unseen(tuned: Sequence[Tuned]) -> NDArray[np.float64]:
    """Cost in each stretch of the number, and of the ladder, chosen on all *other* stretches, (W, N).

    Of one stretch alone: of the number chosen there.
    """
    n_stretches = tuned[0].tuning.costs.shape[1]
    costs = []
    for w in range(n_stretches):
        others = [v for v in range(n_stretches) if v != w] or [w]
        found = [(*ladder.on_stretch(others), ladder.tuning) for ladder in tuned]
        _, entrant, tuning = min(found, key=lambda one: one[0])
        costs.append(tuning.costs[tuning.policies.index(entrant.policy), w])
    return np.stack(costs)


def alike(tuned: Sequence[Tuned]) -> list[Tuned]:
    """The same, with stretches that weigh alike: each costs its cheapest contender the same.

    Otherwise a stretch in which everything is dear, such as one with a Christmas in it, would choose
    for all of them. The money becomes that of a usual stretch.
    """
    cheapest = np.min([t.tuning.totals.min(axis=0) for t in tuned], axis=0)  # (W,)
    scale = np.divide(
        cheapest.mean(), cheapest, out=np.ones_like(cheapest), where=(cheapest > 0).all()
    )
    return [
        replace(t, tuning=replace(t.tuning, costs=t.tuning.costs * scale[:, None])) for t in tuned
    ]


def longest(ladders: Sequence[Family], terms: SupplyTerms) -> int:
    """Periods of paths that every contender can do with."""
    return max(policy.horizon(terms) for family in ladders for policy in family.policies)


def rounding_of(config: Config) -> RoundTo:
    """How needs become quantities that can be ordered."""
    mode = config.policy.rounding
    return lambda need, terms: round_order(need, terms, mode).quantity


def tune_families(
    stage: Stage,
    cut: Sequence[Stretch],
    ladders: Sequence[Family],
    config: Config,
    progress: Progress,
) -> list[Tuned]:
    """The cost of every number of every family in every stretch, all stock points together.

    Each stock point's cost is that of all for which it stands.
    """
    keys = [(family, name) for name in stage.fits for family in ladders]
    parts: list[list[Tuning]] = [[] for _ in keys]
    blocks = stage.blocks()
    done, all_of_them = 0, len(blocks) * (len(keys) + len(stage.fits) * len(cut))

    def one_more() -> None:  # a window takes as long to draw as a family to be tuned on all of them
        nonlocal done
        done += 1
        progress("Tuning policies", done / all_of_them)

    def drawn(stretch: Stretch, rows: slice, name: str) -> Window:
        window = to_be_sold(stage, stretch, rows, name)
        one_more()
        return window

    def collect(under_way: dict[int, Future[Tuning]]) -> None:
        for place, tuning in under_way.items():
            parts[place].append(tuning.result())
            one_more()

    progress("Tuning policies", 0.0)
    # Families do not know of each other, and NumPy lets threads run beside each other: while one
    # forecaster's windows are replayed, those of the next are drawn.
    before: dict[int, Future[Tuning]] = {}
    with ThreadPoolExecutor(_N_THREADS) as pool:
        for rows in blocks:
            for name in stage.fits:
                windows = [drawn(stretch, rows, name) for stretch in cut]
                now = {
                    place: pool.submit(_tuned_on, windows, config, family)
                    for place, (family, whose) in enumerate(keys)
                    if whose == name
                }
                collect(before)
                before = now
        collect(before)
    return [
        Tuned(family.name, forecaster, _side_by_side(part, stage.drawn.weight))
        for (family, forecaster), part in zip(keys, parts, strict=True)
    ]


def _tuned_on(windows: list[Window], config: Config, family: Family) -> Tuning:
    return tune(
        family.policies, windows, round_to=rounding_of(config), shortage=config.policy.shortage
    )


def _side_by_side(blocks: list[Tuning], weight: NDArray[np.float64]) -> Tuning:
    """One tuning of several blocks of stock points, each of which counts `weight` (N,) times."""
    return replace(blocks[0], costs=np.concatenate([t.costs for t in blocks], axis=2) * weight)


def to_be_sold(stage: Stage, stretch: Stretch, rows: slice, forecaster: str) -> Window:
    """The stretch, with what is left at its end charged until the pace of the last year sells it.

    In a stretch that climbs towards Christmas, cover for the weeks after it would otherwise look free.
    """
    rate = pace(stage, stretch)[rows]
    return replace(stage.window(stretch, rows, forecaster), rate_after=rate)


def pace(stage: Stage, stretch: Stretch) -> NDArray[np.float64]:
    """Mean demand per period of the year up to the end of a stretch, (N,)."""
    year = round(stage.panel.frequency.per_year)
    known = stage.history.values[:, max(0, stretch.stop - year) : stretch.stop]
    n_known = np.maximum(np.isfinite(known).sum(axis=1), 1)
    return np.asarray(np.nansum(known, axis=1, dtype=np.float64) / n_known)


def judge(
    stage: Stage,
    stretch: Stretch,
    entrants: Mapping[str, Entrant],
    config: Config,
    progress: Progress,
    *,
    goes_on: bool = False,
) -> dict[str, Replay]:
    """Each contender's replay of a stretch, all stock points drawn together, each for itself.

    goes_on : another stretch follows; what is left at the end is then not charged here
    """
    round_to, shortage = rounding_of(config), config.policy.shortage
    parts: dict[str, list[Replay]] = {name: [] for name in entrants}
    blocks = stage.blocks()
    progress("Replaying the past", 0.0)
    for done, rows in enumerate(blocks, start=1):
        needed = {entrant.forecaster for entrant in entrants.values()}
        view = stage.window if goes_on else partial(to_be_sold, stage)
        seen = {name: view(stretch, rows, name) for name in needed}
        for name, entrant in entrants.items():
            past = replay(
                entrant.policy, seen[entrant.forecaster], round_to=round_to, shortage=shortage
            )
            parts[name].append(past)
        progress("Replaying the past", done / len(blocks))
    first = next(iter(stage.fits))
    return {name: _stacked(replays, entrants[name], first) for name, replays in parts.items()}


def _stacked(replays: list[Replay], entrant: Entrant, first: str) -> Replay:
    """One replay of several blocks of stock points, named after policy and forecaster."""
    joined: dict[str, Any] = {n: np.concatenate([getattr(r, n) for r in replays]) for n in _FLOWS}
    left = [past.closing for past in replays if past.closing is not None]
    parts = ("on_hand", "pipeline", "backorders")
    closing = Stock(*(np.concatenate([getattr(stock, part) for stock in left]) for part in parts))
    return replace(replays[0], policy=said(entrant, first), closing=closing, **joined)


_FLOWS = ("orders", "arrivals", "demand", "served", "on_hand", "holding", "shortage", "ordering")


def of_the_shop(past: Replay, weight: NDArray[np.float64]) -> Replay:
    """The units and the money of all for which the stock points drawn stand: each `weight` (N,) times."""
    if (weight == 1).all():
        return past
    times: dict[str, Any] = {name: getattr(past, name) * weight[:, None] for name in _FLOWS}
    return replace(past, closing=None, **times)


def said(entrant: Entrant, first: str) -> str:
    """The policy's name, and the forecaster's where it is not the usual one."""
    name = entrant.policy.name
    return name if entrant.forecaster == first else f"{name}, {entrant.forecaster}"

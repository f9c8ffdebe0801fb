"""Would it have been worth it? The default and its rivals, replayed on the shop's own past.

The past is cut in two stretches. Every contender, that is a policy with its number on the paths of a
forecaster, is chosen on the earlier one and judged on the later one, with forecasts refitted at each
review from what was known then. The plan itself may then use what was best on both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.rounding import round_order
from onhand.demand.history import DemandHistory
from onhand.evaluate.replay import Replay, RoundTo, Window, replay
from onhand.forecast.forecaster import Forecaster
from onhand.inventory.policy import Policy
from onhand.inventory.terms import SupplyTerms
from onhand.optimize.ladder import valley
from onhand.plan.config import Config
from onhand.plan.contenders import Family, families, untuned
from onhand.plan.contest import Contest
from onhand.plan.economics import Economics
from onhand.plan.judged import contest_of
from onhand.plan.past import Stretch, stretches
from onhand.plan.plan import Assumption
from onhand.plan.progress import Progress, silent
from onhand.plan.stage import Stage, set_stage
from onhand.plan.tune import Tuning, choose, tune

__all__ = ["Entrant", "Rehearsal", "rehearse"]

_N_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Entrant:
    """A policy with its number, and the name of the forecaster whose paths it sees."""

    policy: Policy
    forecaster: str


@dataclass(frozen=True)
class Rehearsal:
    """What the past said: who shall decide now, and how that and its rivals would have done.

    contest : None where the history is too short
    """

    entrant: Entrant
    assumption: Assumption
    contest: Contest | None


@dataclass(frozen=True)
class _Tuned:
    """What one family cost on the paths of one forecaster, in both stretches."""

    family: str
    forecaster: str
    tuning: Tuning

    def on_early(self) -> tuple[float, Entrant]:
        """The best number on the earlier stretch alone, and how dear its surroundings are there.

        Ladders are compared by the mean of three rungs around the best one, at an end the last
        three: a wide valley forgives the mistake of having been found on another stretch.
        """
        costs = self.tuning.totals[:, 0]
        rung = valley(costs)
        start = min(max(0, rung - 1), max(0, len(costs) - 3))
        around = float(costs[start : start + 3].mean())
        return around, Entrant(self.tuning.policies[rung], self.forecaster)


def rehearse(
    history: DemandHistory,
    forecasters: Mapping[str, Forecaster],
    terms: Economics,
    config: Config,
    *,
    seed: int,
    progress: Progress = silent,
) -> Rehearsal:
    """Tune every family on the earlier stretch, judge it on the later one, and choose for now.

    `forecasters` are tried by name; the first is used where nothing can be tried.
    """
    cut = _cut(history, terms.terms, config)
    if cut is None:
        return _too_short(history, next(iter(forecasters)), config)
    rows = _drawn(history.n_series, config.replay.max_stock_points, seed)
    ladders = families(config.policy, terms.terms.rows(rows))
    horizon = _longest(ladders, terms.terms.rows(rows))
    stage = set_stage(history, forecasters, terms, config, rows, cut, horizon, seed, progress)
    tuned = _tune(stage, cut, ladders, config, progress)
    replays = _judge(stage, cut[1], _entrants(tuned, config), config, progress)
    contest = contest_of(stage, cut[1], replays, config, len(rows), history.n_series)
    return Rehearsal(*_choice(tuned, config), contest=contest)


def _cut(
    history: DemandHistory, terms: SupplyTerms, config: Config
) -> tuple[Stretch, Stretch] | None:
    frequency = history.panel.frequency
    judged, tuning = (
        max(1, round(days * frequency.per_year / 365.25))
        for days in (config.replay.days, config.replay.tuning_days)
    )
    return stretches(
        history.n_periods, judged, tuning, terms, season=7 if frequency.value == "day" else 1
    )


def _too_short(history: DemandHistory, forecaster: str, config: Config) -> Rehearsal:
    policy = untuned(config.policy)
    is_stated = config.policy.level != "tune" or config.policy.objective == "ratio"
    number = "stated in onhand.toml" if is_stated else "a cautious guess"
    why = (
        f"the history of {history.n_periods} periods is too short to tune and replay anything; "
        f"the policy's number is {number}"
    )
    note = Assumption("policy.level", policy.name, "", "assumed", why)
    return Rehearsal(Entrant(policy, forecaster), note, contest=None)


def _drawn(n_series: int, most: int, seed: int) -> NDArray[np.int64]:
    """Row numbers to replay: all, or a random draw of them, in order."""
    if n_series <= most:
        return np.arange(n_series)
    return np.sort(np.random.default_rng(seed).choice(n_series, most, replace=False))


def _longest(ladders: Sequence[Family], terms: SupplyTerms) -> int:
    """Periods of paths that every contender can do with."""
    return max(policy.horizon(terms) for family in ladders for policy in family.policies)


def _rounding(config: Config) -> RoundTo:
    mode = config.policy.rounding
    return lambda need, terms: round_order(need, terms, mode).quantity


def _tune(
    stage: Stage,
    cut: tuple[Stretch, Stretch],
    ladders: Sequence[Family],
    config: Config,
    progress: Progress,
) -> list[_Tuned]:
    """The cost of every number of every family in both stretches, all stock points together."""
    keys = [(family, name) for name in stage.fits for family in ladders]
    parts: list[list[Tuning]] = [[] for _ in keys]
    blocks = stage.blocks()
    done, all_of_them = 0, len(blocks) * len(keys)
    # Families do not know of each other, and NumPy lets threads run beside each other.
    with ThreadPoolExecutor(_N_THREADS) as pool:
        for rows in blocks:
            for name in stage.fits:
                windows = [_to_be_sold(stage, stretch, rows, name) for stretch in cut]
                mine = [place for place, key in enumerate(keys) if key[1] == name]
                costs = pool.map(partial(_tuned_on, windows, config), (keys[p][0] for p in mine))
                for place, tuning in zip(mine, costs, strict=True):
                    parts[place].append(tuning)
                    done += 1
                    progress("Tuning policies", done / all_of_them)
    return [
        _Tuned(family.name, forecaster, _side_by_side(part))
        for (family, forecaster), part in zip(keys, parts, strict=True)
    ]


def _tuned_on(windows: list[Window], config: Config, family: Family) -> Tuning:
    return tune(
        family.policies, windows, round_to=_rounding(config), shortage=config.policy.shortage
    )


def _side_by_side(blocks: list[Tuning]) -> Tuning:
    """One tuning of several blocks of stock points."""
    return replace(blocks[0], costs=np.concatenate([t.costs for t in blocks], axis=2))


def _entrants(tuned: Sequence[_Tuned], config: Config) -> dict[str, Entrant]:
    """The default and its rivals, each at its best on the earlier stretch."""
    names = {config.policy.family: "default"} | {
        t.family: t.family for t in tuned if t.family != config.policy.family
    }
    return {
        shown: min((t.on_early() for t in tuned if t.family == family), key=lambda e: e[0])[1]
        for family, shown in names.items()
    }


def _to_be_sold(stage: Stage, stretch: Stretch, rows: slice, forecaster: str) -> Window:
    """The stretch, with what is left at its end charged until the pace of the last year sells it.

    In a stretch that climbs towards Christmas, cover for the weeks after it would otherwise look free.
    """
    year = round(stage.panel.frequency.per_year)
    known = stage.history.values[rows, max(0, stretch.stop - year) : stretch.stop]
    n_known = np.maximum(np.isfinite(known).sum(axis=1), 1)
    rate = np.nansum(known, axis=1, dtype=np.float64) / n_known
    return replace(stage.window(stretch, rows, forecaster), rate_after=rate)


def _judge(
    stage: Stage,
    late: Stretch,
    entrants: Mapping[str, Entrant],
    config: Config,
    progress: Progress,
) -> dict[str, Replay]:
    """Each contender's replay of the later stretch, all stock points together."""
    round_to, shortage = _rounding(config), config.policy.shortage
    parts: dict[str, list[Replay]] = {name: [] for name in entrants}
    blocks = stage.blocks()
    for done, rows in enumerate(blocks, start=1):
        seen = {name: _to_be_sold(stage, late, rows, name) for name in stage.fits}
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
    names = ("orders", "arrivals", "demand", "served", "on_hand", "holding", "shortage", "ordering")
    joined: dict[str, Any] = {n: np.concatenate([getattr(r, n) for r in replays]) for n in names}
    return replace(replays[0], policy=said(entrant, first), **joined)


def said(entrant: Entrant, first: str) -> str:
    """The policy's name, and the forecaster's where it is not the usual one."""
    name = entrant.policy.name
    return name if entrant.forecaster == first else f"{name}, {entrant.forecaster}"


def _choice(tuned: Sequence[_Tuned], config: Config) -> tuple[Entrant, Assumption]:
    """Who decides now: ours at its best on both stretches, if it beats tuned coverage."""
    best = _on_both(tuned, config.policy.family)
    ours = Entrant(best.tuning.best, best.forecaster)
    first = tuned[0].forecaster
    if config.policy.level != "tune" or config.policy.objective == "ratio":
        why = "stated in onhand.toml"
        return ours, Assumption("policy.level", said(ours, first), "", "config", why)
    if config.policy.family == "coverage":
        why = "cheapest on the past"
        return ours, Assumption("policy.level", said(ours, first), "", "file", why)
    guard = _on_both(tuned, "coverage")
    choice = choose(best.tuning, guard.tuning)
    chosen = Entrant(guard.tuning.best, guard.forecaster) if choice.is_fallback else ours
    return chosen, Assumption("policy.level", said(chosen, first), "", "file", choice.sentence)


def _on_both(tuned: Sequence[_Tuned], family: str) -> _Tuned:
    """The ladder of a family that is cheapest where it was not tuned."""
    return min(
        (t for t in tuned if t.family == family), key=lambda t: float(t.tuning.unseen_costs.sum())
    )

"""Would it have been worth it? The default and its rivals, replayed on the shop's own past.

The past is cut in two stretches. Every policy's number is tuned on the earlier one and judged on
the later one, with forecasts refitted at each review from what was known then. The plan itself may
then use numbers tuned on both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.decide.replenish.rounding import round_order
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.evaluate.compare import paired
from onhand.evaluate.replay import Replay, RoundTo, Window, replay
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Policy
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.optimize.ladder import smoothed, valley
from onhand.plan.config import Config
from onhand.plan.contenders import Family, families, untuned
from onhand.plan.contest import Contender, Contest, Margin
from onhand.plan.economics import Economics
from onhand.plan.ordinary import ordinary_stock
from onhand.plan.past import Stretch, fit_origins, groups, stretches, window
from onhand.plan.plan import Assumption
from onhand.plan.progress import Progress, silent
from onhand.plan.tune import Tuning, choose, tune

__all__ = ["Rehearsal", "rehearse"]

_CELLS = 1 << 26  # origins x stock points x samples x periods held at a time: 256 MiB of paths


@dataclass(frozen=True)
class Rehearsal:
    """What the past said: the policy to use now, and how it and its rivals would have done.

    contest : None where the history is too short
    """

    policy: Policy
    contest: Contest | None
    assumption: Assumption


@dataclass(frozen=True)
class _Stage:
    """Everything needed to build a window of either stretch for any stock points."""

    panel: Panel
    history: DemandHistory
    terms: SupplyTerms
    costs: Costs
    unit_cost: NDArray[np.float64]
    fits: Mapping[int, FittedForecaster]
    openings: Mapping[Stretch, Stock]
    horizon: int
    n_samples: int
    seed: int

    def window(self, stretch: Stretch, rows: slice) -> Window:
        return window(
            stretch,
            self.fits,
            self.history,
            self.openings[stretch],
            self.terms,
            self.costs,
            rows,
            horizon=self.horizon,
            n_samples=self.n_samples,
            seed=self.seed,
        )

    def blocks(self) -> list[slice]:
        """Slices of stock points whose windows fit in memory together."""
        n = self.panel.n_series
        each = len(self.fits) * self.n_samples * self.horizon
        step = max(1, _CELLS // each)
        return [slice(a, min(n, a + step)) for a in range(0, n, step)]


def rehearse(
    history: DemandHistory,
    forecaster: Forecaster,
    terms: Economics,
    config: Config,
    *,
    seed: int,
    progress: Progress = silent,
) -> Rehearsal:
    """Tune every family on the earlier stretch, judge it on the later one, and choose for now."""
    cut = _cut(history, terms.terms, config)
    if cut is None:
        return _too_short(history, config)
    late = cut[1]
    rows = _drawn(history.n_series, config.replay.max_stock_points, seed)
    stage = _stage(history, forecaster, terms, config, rows, cut, seed, progress)
    round_to = _rounding(config)
    ladders = families(config.policy, stage.terms)
    tunings = _tune(stage, cut, ladders, config, round_to, progress)
    by_name = {
        family.name: [t for f, t in zip(ladders, tunings, strict=True) if f.name == family.name]
        for family in ladders
    }
    ours = by_name.pop(config.policy.name)
    entrants = {"default": _best_early(ours)} | {n: _best_early(t) for n, t in by_name.items()}
    replays = _judge(stage, late, entrants, config, round_to, progress)
    contest = _contest(stage, late, replays, config, len(rows), history.n_series)
    return Rehearsal(*_choice(config, ours, by_name.get("coverage"), contest))


def _cut(
    history: DemandHistory, terms: SupplyTerms, config: Config
) -> tuple[Stretch, Stretch] | None:
    frequency = history.panel.frequency
    periods = [
        max(1, round(days * frequency.per_year / 365.25))
        for days in (config.replay.days, config.replay.tuning_days)
    ]
    season = 7 if frequency.value == "day" else 1
    return stretches(history.n_periods, periods[0], periods[1], terms, season)


def _too_short(history: DemandHistory, config: Config) -> Rehearsal:
    policy = untuned(config.policy)
    why = (
        f"the history of {history.n_periods} periods is too short to tune and replay anything; "
        "the policy's number is a cautious guess"
    )
    return Rehearsal(policy, None, Assumption("policy.level", policy.name, "", "assumed", why))


def _drawn(n_series: int, most: int, seed: int) -> NDArray[np.int64]:
    """Row numbers to replay: all, or a random draw of them, in order."""
    if n_series <= most:
        return np.arange(n_series)
    return np.sort(np.random.default_rng(seed).choice(n_series, most, replace=False))


def _stage(
    history: DemandHistory,
    forecaster: Forecaster,
    terms: Economics,
    config: Config,
    rows: NDArray[np.int64],
    cut: tuple[Stretch, Stretch],
    seed: int,
    progress: Progress,
) -> _Stage:
    small = history.rows(rows)
    supply = terms.terms.rows(rows)
    every = int(np.gcd.reduce(supply.review_period))
    origins = [t for stretch in cut for t in stretch.origins(every)]
    days = config.stock.cover_days
    cover = days * small.panel.frequency.per_year / 365.25
    return _Stage(
        panel=small.panel,
        history=small,
        terms=supply,
        costs=terms.costs.rows(rows),
        unit_cost=terms.unit_cost[rows],
        fits=fit_origins(small.panel, forecaster, origins, progress),
        openings={
            stretch: ordinary_stock(
                believe(small.panel.until(stretch.start)), supply, cover, config.policy.rounding
            )
            for stretch in cut
        },
        horizon=_longest(config, supply),
        n_samples=config.replay.n_samples,
        seed=seed,
    )


def _longest(config: Config, terms: SupplyTerms) -> int:
    """Periods of paths that every contender can do with."""
    ladders = families(config.policy, terms)
    return max(policy.horizon(terms) for family in ladders for policy in family.policies)


def _rounding(config: Config) -> RoundTo:
    mode = config.policy.rounding
    return lambda need, terms: round_order(need, terms, mode).quantity


def _tune(
    stage: _Stage,
    cut: tuple[Stretch, Stretch],
    ladders: tuple[Family, ...],
    config: Config,
    round_to: RoundTo,
    progress: Progress,
) -> list[Tuning]:
    """The cost of every number of every family in both stretches, all stock points together."""
    parts: list[list[Tuning]] = [[] for _ in ladders]
    blocks = stage.blocks()
    n_steps, done = len(blocks) * len(ladders), 0
    for rows in blocks:
        windows = [stage.window(stretch, rows) for stretch in cut]
        for family, part in zip(ladders, parts, strict=True):
            part.append(
                tune(family.policies, windows, round_to=round_to, shortage=config.policy.shortage)
            )
            done += 1
            progress("Tuning policies", done / n_steps)
    return [
        replace(part[0], costs=np.concatenate([t.costs for t in part], axis=2)) for part in parts
    ]


def _best_early(ladders: Sequence[Tuning]) -> Policy:
    """The best number on the earlier stretch alone, over every ladder of a policy."""
    rungs = [(valley(t.totals[:, 0]), t) for t in ladders]
    rung, tuning = min(rungs, key=lambda pair: float(smoothed(pair[1].totals[:, 0])[pair[0]]))
    return tuning.policies[rung]


def _judge(
    stage: _Stage,
    late: Stretch,
    entrants: Mapping[str, Policy],
    config: Config,
    round_to: RoundTo,
    progress: Progress,
) -> dict[str, Replay]:
    """Each contender's replay of the later stretch, all stock points together."""
    parts: dict[str, list[Replay]] = {name: [] for name in entrants}
    blocks = stage.blocks()
    for done, rows in enumerate(blocks, start=1):
        past = stage.window(late, rows)
        for name, policy in entrants.items():
            parts[name].append(
                replay(policy, past, round_to=round_to, shortage=config.policy.shortage)
            )
        progress("Replaying the past", done / len(blocks))
    return {name: _stacked(replays) for name, replays in parts.items()}


def _stacked(replays: list[Replay]) -> Replay:
    """One replay of several blocks of stock points."""
    first = replays[0]
    names = ("orders", "arrivals", "demand", "served", "on_hand", "holding", "shortage", "ordering")
    joined: dict[str, Any] = {n: np.concatenate([getattr(r, n) for r in replays]) for n in names}
    return replace(first, **joined)


def _contest(
    stage: _Stage,
    late: Stretch,
    replays: Mapping[str, Replay],
    config: Config,
    n_rows: int,
    n_series: int,
) -> Contest:
    dates = [str(d) for d in stage.panel.dates[late.scored : late.stop]]
    default = replays["default"]
    length = 7 if stage.panel.frequency.value == "day" else 1
    weeks = groups(len(dates), length)
    return Contest(
        first_date=dates[0],
        last_date=dates[-1],
        dates=tuple(dates),
        origins=sum(late.start <= origin < late.stop for origin in stage.fits),
        contenders={name: _contender(r, stage.unit_cost) for name, r in replays.items()},
        default="default",
        differences={
            name: _margin(rival, default, weeks)
            for name, rival in replays.items()
            if name != "default"
        },
        note=_note(config, n_rows, n_series),
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
    found = paired(per_week[0], per_week[1])
    windows = _cents(found.per_window)
    mean = round(math.fsum(windows), 2)
    reach = (found.high - found.low) / 2 * len(weeks)
    total = rival.total_cost
    return Margin(
        mean=mean,
        low=round(mean - reach, 2),
        high=round(mean + reach, 2),
        share=round(mean / total, 4) if total > 0 else 0.0,
        per_window=tuple(windows),
    )


def _cents(values: NDArray[np.float64]) -> list[float]:
    return [round(float(v), 2) for v in values]


def _note(config: Config, n_rows: int, n_series: int) -> str:
    who = (
        f"all {n_series} stock points"
        if n_rows == n_series
        else f"{n_rows} of {n_series} stock points, drawn at random"
    )
    unmet = (
        "unmet demand is lost" if config.policy.shortage == "lost_sales" else "unmet demand waits"
    )
    return (
        f"Replayed on {who}; {unmet}. Every contender starts from the same stock, that of a buyer "
        f"who tops up to {config.stock.cover_days:g} days of average sales. At each review the "
        "forecast is made anew from what was known then. Every contender's number was tuned on the "
        "stretch before the one judged. Demand is demand as believed today; where it cannot be known, "
        "nothing is asked. The interval holds both the luck of a week and the luck of a stock point."
    )


def _choice(
    config: Config, ours: Sequence[Tuning], coverage: Sequence[Tuning] | None, contest: Contest
) -> tuple[Policy, Contest, Assumption]:
    """The policy for the plan: ours at its best on both stretches, if it beats tuned coverage."""
    best = min(ours, key=lambda t: float(t.unseen_costs.sum()))
    if config.policy.level != "tune":
        note = Assumption("policy.level", best.best.name, "", "config", "stated in onhand.toml")
        return best.best, contest, note
    if coverage is None:
        note = Assumption("policy.level", best.best.name, "", "file", "cheapest on the past")
        return best.best, contest, note
    choice = choose(best, coverage[0])
    note = Assumption("policy.level", choice.policy.name, "", "file", choice.sentence)
    return choice.policy, contest, note

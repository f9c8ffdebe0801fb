"""Would our orders have won the VN2 inventory competition?

599 store x product pairs of a grocer, weekly, six orders with a lead time of two full weeks, lost
sales, 0.2 per unit left and 1 per unit short; weeks 3 to 8 count (see `vn2_data.py`). Rounds are
decided one by one: the forecaster of a round is fitted on a panel that ends before it.

    python benchmarks/vn2.py --data DIR [--truth FILE] [--policy default] [--forecaster default]

With `--truth` (Parquet: row, store, product, sim_week, week, demand) the competition is played;
numbers of policies are tuned on windows cut from the history before week 1. Without it those
windows are played themselves, and a number used in one of them is tuned on the others.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

import vn2_data as vn2
from onhand.data.panel import Panel
from onhand.decide.replenish import (
    ClassicalSafetyStock,
    Coverage,
    OrderUpToQuantile,
    PointProjection,
    ProjectedInventory,
)
from onhand.demand.history import DemandHistory
from onhand.evaluate.compare import Difference, paired
from onhand.evaluate.replay import Replay, Window, replay, whole_units
from onhand.forecast import Forecaster, SeasonalMovingAverage
from onhand.forecast.forecaster import Learner, Refitter
from onhand.inventory.policy import Policy
from onhand.plan.tune import Choice, Tuning, choose, tune
from vn2_forecasters import NAMES, forecaster_named

HORIZON = 5  # the widest coverage that is tried, in weeks
N_SAMPLES = 400


def ladder(kind: Callable[[float], Policy], low: float, high: float, step: float) -> list[Policy]:
    """One policy per number from low to high."""
    n_rungs = round((high - low) / step) + 1
    return [kind(round(low + k * step, 6)) for k in range(n_rungs)]


@dataclass(frozen=True)
class Contender:
    """A family of policies, tuned along one number unless it has a single member.

    policies : in the order of the number
    sees : "benchmark" for the organiser's own forecast, "shared" for the one under test
    guard : contender that takes over where this one does not beat it on windows not tuned on
    """

    policies: Sequence[Policy]
    sees: str = "shared"
    guard: str | None = None


CONTENDERS: dict[str, Contender] = {
    "benchmark": Contender([Coverage(4)], sees="benchmark"),
    "default": Contender(ladder(ProjectedInventory, 0.6, 0.875, 0.025), guard="coverage"),
    "coverage": Contender(ladder(Coverage, 2.25, 5.0, 0.25)),
    "winner": Contender(ladder(PointProjection, 0.0, 2.0, 0.2)),
    "order_up_to": Contender(ladder(OrderUpToQuantile, 0.45, 0.85, 0.05)),
    "classical_tuned": Contender(ladder(ClassicalSafetyStock, 0.35, 0.85, 0.05)),
    "classical": Contender([ClassicalSafetyStock(vn2.CRITICAL_RATIO)]),
}


# --- playing -----------------------------------------------------------------------------------


def believed(panel: Panel) -> DemandHistory:
    """Demand: sales, unknown in weeks that ended without stock."""
    values = np.where(panel.in_stock > 0, panel.sales, np.nan).astype(np.float32)
    return DemandHistory(panel, values, np.zeros(values.shape, dtype=bool))


class Origins:
    """Paths of one forecaster, made once per contest and round and used by every contender.

    A forecaster that can learn once does so before round 1 of a contest; in later rounds it looks at
    the revealed weeks without learning from them.
    """

    def __init__(self, forecaster: Forecaster, n_samples: int | None):
        self.forecaster = forecaster
        self.n_samples = n_samples
        self._learned: dict[tuple[int, int], Refitter] = {}
        self._known: dict[tuple[int, int], NDArray[np.float32]] = {}

    def paths(self, contest: vn2.Contest, n_revealed: int) -> NDArray[np.float32]:
        """Paths (N, S, HORIZON) after the first `n_revealed` weeks of a contest."""
        origin = contest.start + n_revealed
        key = (contest.panel.n_periods, origin)
        if key not in self._known:
            fitted = self._ready(contest).fit(believed(contest.panel.until(origin)))
            if self.n_samples is None:
                self._known[key] = fitted.mean(HORIZON)[:, None, :]
            else:
                rng = np.random.default_rng(origin)
                self._known[key] = fitted.paths(HORIZON, self.n_samples, rng=rng).values
        return self._known[key]

    def _ready(self, contest: vn2.Contest) -> Refitter:
        if not isinstance(self.forecaster, Learner):
            return self.forecaster
        key = (contest.panel.n_periods, contest.start)
        if key not in self._learned:
            known = believed(contest.panel.until(contest.start))
            self._learned[key] = self.forecaster.learn(known)
        return self._learned[key]


def window_of(contest: vn2.Contest, origins: Origins) -> Window:
    """The contest as a window to replay: six reviews, then two weeks of waiting."""
    n = contest.panel.n_series
    reviews = [origins.paths(contest, r) for r in range(vn2.N_ROUNDS)]
    none: list[NDArray[np.float32] | None] = [None] * (vn2.N_WEEKS - vn2.N_ROUNDS)
    return Window(
        opening=contest.opening,
        forecasts=[*reviews, *none],
        demand=contest.demand,
        terms=vn2.terms(n),
        costs=vn2.costs(n),
        first_scored=vn2.FIRST_SCORED,
    )


@dataclass(frozen=True)
class Played:
    """One contender's replays, one per contest, and the policies used in them."""

    replays: tuple[Replay, ...]
    policies: tuple[Policy, ...]

    @property
    def totals(self) -> NDArray[np.float64]:
        """Official cost of each contest, weeks 3 to 8."""
        return np.array([r.total_cost for r in self.replays])

    def measures(self) -> dict[str, Any]:
        """Means over the contests, for the JSON line."""
        weekly = np.mean([r.cost.sum(axis=0) for r in self.replays], axis=0)
        return {
            "total": round(float(self.totals.mean()), 1),
            "weekly": [round(float(w), 1) for w in weekly],
            "fill_rate": round(float(np.mean([r.fill_rate for r in self.replays])), 4),
        }


class Tunings:
    """What every candidate of every contender cost in the cut windows, replayed when asked for."""

    def __init__(self, cuts: dict[str, list[Window]]):
        self.cuts = cuts
        self._known: dict[str, Tuning] = {}

    def of(self, name: str) -> Tuning:
        """The tuning of one contender over all cut windows."""
        if name not in self._known:
            contender = CONTENDERS[name]
            windows = self.cuts[contender.sees]
            self._known[name] = tune(contender.policies, windows, round_to=whole_units)
        return self._known[name]

    def choose(self, name: str, without: int | None = None) -> Choice | Policy:
        """The policy of one contender, tuned on all windows but one, if one is to be played."""
        tunings = [self.of(n) for n in (name, CONTENDERS[name].guard) if n is not None]
        if without is not None:
            tunings = [t.without(without) for t in tunings]
        return choose(*tunings) if len(tunings) == 2 else tunings[0].best


def policy_of(choice: Choice | Policy) -> Policy:
    """The policy that was chosen, guarded or not."""
    return choice.policy if isinstance(choice, Choice) else choice


def play_official(name: str, contest: vn2.Contest, tunings: Tunings, origins: Origins) -> Played:
    """The competition, with the number tuned on windows that ended before it."""
    policy = policy_of(tunings.choose(name))
    return Played((replay(policy, window_of(contest, origins), round_to=whole_units),), (policy,))


def play_cuts(name: str, tunings: Tunings) -> Played:
    """Every cut window, with the number tuned on all the others."""
    cuts = tunings.cuts[CONTENDERS[name].sees]
    policies = tuple(policy_of(tunings.choose(name, without=w)) for w in range(len(cuts)))
    pairs = zip(policies, cuts, strict=True)
    return Played(tuple(replay(p, w, round_to=whole_units) for p, w in pairs), policies)


# --- telling -----------------------------------------------------------------------------------


def difference(a: Played, b: Played, rows: Sequence[NDArray[np.bool_]] | None = None) -> Difference:
    """What a cost more than b per contest, paired; `rows` keeps some stock points of each."""
    sides = []
    for played in (a, b):
        by_series = [r.cost_by_series for r in played.replays]
        kept = by_series if rows is None else [c * m for c, m in zip(by_series, rows, strict=True)]
        sides.append(kept)
    return paired(sides[0], sides[1])


def as_json(against: Difference) -> dict[str, float]:
    """A difference in plain numbers."""
    return {
        "default_minus_this": round(against.mean, 1),
        "default_minus_this_low": round(against.low, 1),
        "default_minus_this_high": round(against.high, 1),
        "n_won": against.n_won,
        "n_windows": len(against.per_window),
    }


def print_official(console: Console, played: dict[str, Played]) -> None:
    """Weekly costs and the official total of each contender."""
    table = Table(title="VN2: cost per week, EUR; the total is weeks 3 to 8")
    for column in ("contender", *(f"w{w}" for w in range(1, vn2.N_WEEKS + 1)), "total", "policy"):
        table.add_column(column, justify="left" if column in ("contender", "policy") else "right")
    for name, result in played.items():
        one = result.replays[0]
        weekly = [f"{w:.1f}" for w in one.cost.sum(axis=0)]
        table.add_row(name, *weekly, f"{one.total_cost:,.1f}", result.policies[0].name)
    console.print(table)


def print_cuts(console: Console, played: dict[str, Played], cuts: Sequence[vn2.Contest]) -> None:
    """Official cost of each contender in each cut window."""
    table = Table(title="VN2 rules on windows cut from the history: EUR, weeks 3 to 8")
    table.add_column("week 1")
    for name in played:
        table.add_column(name, justify="right")
    for w, contest in enumerate(cuts):
        table.add_row(contest.name, *(f"{p.totals[w]:,.0f}" for p in played.values()))
    table.add_section()
    table.add_row("mean", *(f"{p.totals.mean():,.0f}" for p in played.values()))
    console.print(table)
    for name, result in played.items():
        console.print(f"{name}: " + ", ".join(sorted({p.name for p in result.policies})))


def print_differences(
    console: Console, played: dict[str, Played], cuts: Sequence[vn2.Contest]
) -> dict[str, dict[str, float]]:
    """The default beside each rival, over all pairs and over those never out of stock."""
    told = {}
    in_stock = [contest.is_all_seen for contest in cuts]
    for name in played:
        if name == "default":
            continue
        every = difference(played["default"], played[name])
        seen = difference(played["default"], played[name], in_stock)
        told[name] = as_json(every) | {"default_minus_this_in_stock": round(seen.mean, 1)}
        console.print(
            f"default - {name}: {every.mean:+,.0f} per window "
            f"({every.low:+,.0f} to {every.high:+,.0f}), cheaper in {every.n_won} of {len(cuts)}; "
            f"pairs in stock all along: {seen.mean:+,.0f} ({seen.low:+,.0f} to {seen.high:+,.0f})"
        )
    return told


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with the VN2 Parquet files"
    )
    parser.add_argument("--truth", type=Path, help="Parquet with the demand of weeks 1 to 8")
    parser.add_argument("--policy", default="all", choices=["all", *CONTENDERS])
    parser.add_argument("--forecaster", default="default", choices=NAMES)
    parser.add_argument("--windows", type=int, default=11, help="windows cut from the history")
    return parser.parse_args()


def names_of(wanted: str) -> list[str]:
    """The contenders to play: the benchmark is always beside the one asked for."""
    return list(CONTENDERS) if wanted == "all" else list(dict.fromkeys(["benchmark", wanted]))


def main() -> None:
    """Play, print, and end with one line of JSON."""
    args = arguments()
    console = Console(width=140)
    started = time.process_time(), time.perf_counter()
    history = vn2.read_history(args.data)
    contests = vn2.cut_contests(history, args.windows)
    origins = {
        "benchmark": Origins(SeasonalMovingAverage(13), None),
        "shared": Origins(forecaster_named(args.forecaster), N_SAMPLES),
    }
    names = names_of(args.policy)
    needed = {CONTENDERS[n].sees for n in names}
    cuts = {
        kind: [window_of(c, known) for c in track(contests, f"{kind} forecasts", console=console)]
        for kind, known in origins.items()
        if kind in needed
    }
    tunings = Tunings(cuts)
    if args.truth is None:
        played = {name: play_cuts(name, tunings) for name in names}
        print_cuts(console, played, contests)
    else:
        contest = vn2.official_contest(args.data, history, args.truth)
        played = {
            name: play_official(name, contest, tunings, origins[CONTENDERS[name].sees])
            for name in names
        }
        print_official(console, played)
    results = {name: result.measures() for name, result in played.items()}
    if "default" in played:
        chosen = tunings.choose("default")
        console.print(chosen.sentence if isinstance(chosen, Choice) else chosen.name)
        if args.truth is None:
            for name, told in print_differences(console, played, contests).items():
                results[name] |= told
    ours = results["default" if "default" in results else names[-1]]
    ours["cpu_s"] = round(time.process_time() - started[0], 1)
    ours["wall_s"] = round(time.perf_counter() - started[1], 1)
    print(json.dumps({"benchmark": "vn2", "results": results}))


if __name__ == "__main__":
    main()

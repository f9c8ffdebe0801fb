"""Would it have been worth it? The default and its rivals, replayed on the shop's own past.

The past is cut in stretches. Every contender, that is a policy with its number on the paths of a
forecaster, is chosen on the earlier ones and judged on the last one, with forecasts made anew at each
review from what was known then. The plan itself may then use what was best on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.demand.outliers import without_lone_peaks
from onhand.forecast.forecaster import Forecaster
from onhand.inventory.terms import SupplyTerms
from onhand.plan.arrows import least_error, textbook_ladders
from onhand.plan.config import Config
from onhand.plan.contenders import Family, families, untuned
from onhand.plan.contest import Contest
from onhand.plan.draw import Draw, draw, turnover
from onhand.plan.economics import Economics
from onhand.plan.judged import contest_of
from onhand.plan.margins import Margins, by_margin, margins_of, rungs_of
from onhand.plan.past import Stretch, stretches
from onhand.plan.plan import Assumption
from onhand.plan.progress import Progress, silent
from onhand.plan.stage import Stage, set_stage
from onhand.plan.trials import Entrant, Tuned, alike, judge, longest, said, tune_families, unseen
from onhand.plan.tune import choose

__all__ = ["Entrant", "Past", "Rehearsal", "past_of", "rehearse", "rehearsed"]


@dataclass(frozen=True)
class Rehearsal:
    """What the past said: who shall decide now, and how that and its rivals would have done.

    assumptions : by what it was chosen
    contest : None where the history is too short
    """

    entrant: Entrant
    assumptions: tuple[Assumption, ...]
    contest: Contest | None


def rehearse(
    history: DemandHistory,
    forecasters: Mapping[str, Forecaster],
    terms: Economics,
    config: Config,
    *,
    seed: int,
    progress: Progress = silent,
) -> Rehearsal:
    """Tune every family on earlier stretches, judge it on the last one, and choose for now.

    `forecasters` are tried by name; the first is used where nothing can be tried.
    """
    past = past_of(history, forecasters, terms, config, seed=seed, progress=progress)
    if past is None:
        return _too_short(history, terms.terms, next(iter(forecasters)), config)
    return rehearsed(past, config, progress)


@dataclass(frozen=True)
class Past:
    """What every forecaster said at every review, and who is to be tried on it.

    cut : the stretches in order of time; the last one judges
    """

    stage: Stage
    cut: tuple[Stretch, ...]
    ladders: tuple[Family, ...]

    def alone(self, forecaster: str) -> Past:
        """The past as if there had been no other forecaster."""
        fits = {forecaster: self.stage.fits[forecaster]}
        return replace(self, stage=replace(self.stage, fits=fits))


def past_of(
    history: DemandHistory,
    forecasters: Mapping[str, Forecaster],
    terms: Economics,
    config: Config,
    *,
    seed: int,
    progress: Progress = silent,
) -> Past | None:
    """The past of the stock points drawn, learned from many more; None where history is too short."""
    history = without_lone_peaks(history)  # no policy is judged by an order of a lifetime
    cut, quick = _cut(history, terms.terms, config)
    if cut is None:
        return None
    before = turnover(history.until(cut[-1].start), terms.price)  # a draw may not foresee either
    drawn = draw(before[quick], config.replay.max_stock_points, seed).among(quick, len(before))
    supply = terms.terms.rows(drawn.rows)
    ladders = families(config.policy, supply)
    if not config.arrows.choose:
        ladders = textbook_ladders(ladders, config)
    horizon = longest(ladders, supply)
    stage = set_stage(history, forecasters, terms, config, drawn, cut, horizon, seed, progress)
    return Past(stage, cut, tuple(ladders))


def rehearsed(past: Past, config: Config, progress: Progress = silent) -> Rehearsal:
    """Every family tuned on the earlier stretches, judged on the last one, and the one for now."""
    stage, cut = past.stage, past.cut
    tuned = alike(tune_families(stage, cut, past.ladders, config, progress))
    if not config.arrows.choose:
        tuned = _by_error(tuned, least_error(stage, cut[:-1]), config)
    margins = margins_of(stage.costs)
    replays = judge(stage, cut[-1], _entrants(tuned, config, margins), config, progress)
    entrant, why = _choice(tuned, config, margins)
    return Rehearsal(
        entrant, (why, *_drawn_note(stage.drawn)), contest_of(stage, cut[-1], replays, config)
    )


def _cut(
    history: DemandHistory, terms: SupplyTerms, config: Config
) -> tuple[tuple[Stretch, ...] | None, NDArray[np.int64]]:
    """Stretches to replay, and the stock points whose orders arrive soon enough to be judged there.

    A stretch must hold a whole protection interval. A few items that take half a year to come do not
    keep the others from being replayed: up to half of the stock points, the slowest, may be left out.
    """
    interval = terms.protection_interval
    for share in (1.0, 0.99, 0.9, 0.75, 0.5):
        most = np.quantile(interval, share, method="lower") if len(interval) else 0
        quick = np.flatnonzero(interval <= most)
        cut = _stretches(history, terms.rows(quick), config)
        if cut is not None:
            return cut, quick
    return None, np.arange(0)


def _stretches(
    history: DemandHistory, terms: SupplyTerms, config: Config
) -> tuple[Stretch, ...] | None:
    frequency = history.panel.frequency
    judged, tuning = (
        max(1, round(days * frequency.per_year / 365.25))
        for days in (config.replay.days, config.replay.tuning_days)
    )
    return stretches(
        history.n_periods,
        judged,
        tuning,
        terms,
        season=7 if frequency.value == "day" else 1,
        n_tuning=config.replay.tuning_windows,
    )


def _by_error(tuned: Sequence[Tuned], least: str, config: Config) -> list[Tuned]:
    """Ours on the paths of the forecaster that erred least, whatever that costs; rivals as they are."""
    ours = config.policy.family
    return [t for t in tuned if t.family != ours or t.forecaster == least]


def _too_short(
    history: DemandHistory, terms: SupplyTerms, forecaster: str, config: Config
) -> Rehearsal:
    policy = untuned(config.policy)
    is_stated = config.policy.level != "tune" or config.policy.objective == "ratio"
    number = "stated in onhand.toml" if is_stated else "a cautious guess"
    usual = int(np.median(terms.protection_interval)) if len(terms.lead_time) else 1
    why = (
        f"the history of {history.n_periods} periods is too short to tune and replay anything where an "
        f"order covers {usual}; the policy's number is {number}"
    )
    note = Assumption("policy.level", policy.name, "", "assumed", why)
    return Rehearsal(Entrant(policy, forecaster), (note,), contest=None)


def _drawn_note(drawn: Draw) -> tuple[Assumption, ...]:
    """That the past of some stock points stands for that of all."""
    if drawn.is_all:
        return ()
    why = f"the policy's number was tuned and judged on {drawn.said}; the plan is for all"
    key = "replay.max_stock_points"
    return (Assumption(key, f"{len(drawn.rows):,}", "stock points", "config", why),)


def _entrants(
    tuned: Sequence[Tuned], config: Config, margins: Margins | None
) -> dict[str, Entrant]:
    """The default and its rivals, each at its best on all stretches but the one that is judged."""
    names = {config.policy.family: "default"} | {
        t.family: t.family for t in tuned if t.family != config.policy.family
    }
    before = slice(-1)
    found = {}
    for family, shown in names.items():
        ladder = min(_ladders(tuned, family), key=lambda t: t.on_stretch(before)[0])
        one = ladder.on_stretch(before)[1]
        is_ours = family == config.policy.family
        found[shown] = (_by_margin(ladder, before, margins) if is_ours else None) or one
    return found


def _by_margin(ladder: Tuned, windows: slice, margins: Margins | None) -> Entrant | None:
    """The ladder's policy with a number for each bucket of margins; None where one serves all."""
    tuning = ladder.tuning
    policy = by_margin(tuning.policies, tuning.costs[:, windows], margins)
    return None if policy is None else Entrant(policy, ladder.forecaster)


def _choice(
    tuned: Sequence[Tuned], config: Config, margins: Margins | None
) -> tuple[Entrant, Assumption]:
    """Who decides now: ours at its best on all stretches, if it beats tuned coverage."""
    best = _on_all(tuned, config.policy.family)
    ours = Entrant(best.tuning.best, best.forecaster)
    first = tuned[0].forecaster
    if config.policy.level != "tune" or config.policy.objective == "ratio":
        why = "stated in onhand.toml"
        return ours, Assumption("policy.level", said(ours, first), "", "config", why)
    if not config.arrows.choose:
        why = (
            "the textbook's ratio of costs, on the model with the least error: arrows.choose is off"
        )
        return ours, Assumption("policy.level", said(ours, first), "", "config", why)
    if config.policy.family == "coverage":
        why = "cheapest on the past"
        return ours, Assumption("policy.level", said(ours, first), "", "file", why)
    guard = _on_all(tuned, "coverage")
    both = (_ladders(tuned, name) for name in (config.policy.family, "coverage"))
    ours_unseen, theirs_unseen = (_unseen(ladders, margins) for ladders in both)
    apart = _by_margin(best, slice(None), margins)
    ours = apart or ours
    choice = choose(best.tuning, guard.tuning, (ours_unseen, theirs_unseen), ours.policy)
    chosen = Entrant(guard.tuning.best, guard.forecaster) if choice.is_fallback else ours
    why = choice.sentence
    if apart is not None and not choice.is_fallback:
        why += (
            " Each third of the stock points, by what they earn beside what they cost to hold, has a number "
            "of its own: on stretches left out that was cheaper than one for all."
        )
    return chosen, Assumption("policy.level", said(chosen, first), "", "file", why)


def _unseen(ladders: Sequence[Tuned], margins: Margins | None) -> NDArray[np.float64]:
    """Cost in each stretch of what would have been chosen on all others, (W, N)."""
    costs = unseen(ladders)
    n_stretches, n = costs.shape
    for w in range(n_stretches):
        others = [v for v in range(n_stretches) if v != w]
        if margins is None or not others:
            break
        ladder = min(ladders, key=lambda t: t.on_stretch(others)[0])
        tuning = ladder.tuning
        rungs = rungs_of(tuning.policies, tuning.costs[:, others], margins)
        if rungs is not None:
            costs[w] = tuning.costs[np.array(rungs)[margins.bucket], w, np.arange(n)]
    return costs


def _on_all(tuned: Sequence[Tuned], family: str) -> Tuned:
    """The ladder of a family that is cheapest where it was not tuned."""
    return min(_ladders(tuned, family), key=lambda t: float(t.tuning.unseen_costs.sum()))


def _ladders(tuned: Sequence[Tuned], family: str) -> list[Tuned]:
    return [t for t in tuned if t.family == family]

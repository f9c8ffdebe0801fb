"""What does each arrow between forecast and decision earn on the shop's own past?

The last months are run again by the whole loop, by the loop with one arrow turned, and by the classical
pipeline with none: a point forecast and the textbook's safety stock. Everybody starts with the same
stock, sees at each review what was known then, and chooses anew before each of several windows on what
came before it. Stock is carried from one window into the next, as in a shop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import onhand
from onhand.data.tables import Tables
from onhand.demand.believe import FULL, believe
from onhand.demand.history import DemandHistory
from onhand.demand.outliers import without_lone_peaks
from onhand.errors import HistoryError
from onhand.evaluate.replay import Replay, until_sold
from onhand.forecast.as_normal import as_normal
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.arrows import arrowed, least_error, textbook_policy
from onhand.plan.asked import asked_anyway
from onhand.plan.comparison import ARROWS, Comparison, Judgement, Pipeline
from onhand.plan.config import ArrowSettings, Config
from onhand.plan.contenders import Family, families
from onhand.plan.currency import in_its_currency
from onhand.plan.draw import Draw, draw, turnover
from onhand.plan.economics import Economics, economics
from onhand.plan.forecasters import forecasters_of
from onhand.plan.judged import total_margin
from onhand.plan.ordinary import ordinary_stock
from onhand.plan.past import Stretch, fit_origins
from onhand.plan.progress import Progress, part_of, silent
from onhand.plan.seen import panel_of
from onhand.plan.stage import Stage, set_stage
from onhand.plan.trials import (
    Entrant,
    Tuned,
    judge,
    longest,
    of_the_shop,
    pace,
    said,
    tune_families,
)
from onhand.plan.weigh import learns_from_weights

__all__ = ["compare_arrows", "compare_shop", "windows_of"]

_SHARES_LUCK = 27.0  # days: windows of four weeks or a month, and longer, are draws of their own
Fits = Mapping[str, Mapping[int, FittedForecaster]]
_WITH = {
    "paths": "possible worlds, joint in time",
    "unmask": "empty shelves are not taken for no demand",
    "calibrate": "spread and level corrected by past errors",
    "weigh": "models err less where an error costs more",
    "choose": "model and number by money on the past",
}
_WITHOUT = {
    "paths": "a mean and a sigma",
    "unmask": "sales taken for demand",
    "calibrate": "the forecaster's own spread",
    "weigh": "all stock points weigh the same",
    "choose": "model by error, number by the textbook",
}
_DEMAND = {
    "believed": (
        "Demand is demand as believed today; in a period with an empty shelf nothing is asked, so that "
        "stock kept for it earns nothing."
    ),
    "drawn": (
        "As before, but where the shelf was empty all period, as much is asked as in one of the eight "
        "known periods nearest to it, drawn at random."
    ),
}


def compare_shop(
    tables: Tables,
    config: Config | None = None,
    *,
    seed: int | None = None,
    progress: Progress = silent,
) -> Comparison:
    """The whole loop beside the loop with each arrow turned, on a shop's own past.

    Parameters
    ----------
    tables : Tables
    config : Config
        `arrows` says which arrows are on in the whole loop, `compare` how the past is cut.
    seed : of the possible worlds; the configuration's unless given
    progress : told how far along the run is

    Raises
    ------
    InputError
        When there are no sales that could be read.
    HistoryError
        When the history is too short for two windows.
    """
    config = in_its_currency(config or Config(), tables)
    progress("Reading what happened", 0.0)
    history = believe(panel_of(tables, config))
    terms = economics(tables, history.panel, config)
    n_known = float(np.isfinite(history.values).sum())
    forecasters = forecasters_of(
        config.forecast, history.panel.frequency, n_known, progress=progress
    )
    progress("Reading what happened", 1.0)
    return compare_arrows(history, forecasters, terms, config, seed=seed, progress=progress)


def compare_arrows(
    history: DemandHistory,
    forecasters: Mapping[str, Forecaster],
    terms: Economics,
    config: Config,
    *,
    seed: int | None = None,
    progress: Progress = silent,
) -> Comparison:
    """The same for a history and terms that are already there, and any forecasters.

    forecasters : by name, as `onhand.plan.forecasters.forecasters_of` gives them
    """
    seed = config.plan.seed if seed is None else seed
    history = without_lone_peaks(history)
    cut = windows_of(history, terms.terms, config)
    before = turnover(history.until(cut.judged[0].start), terms.price)
    drawn = draw(before, config.compare.max_stock_points, seed)
    supply = terms.terms.rows(drawn.rows)
    ladders = _ladders(config, supply)
    horizon = max(longest(ladders, supply), _interval(terms.terms))
    loops = _loops(config, history.rows(drawn.rows), forecasters)
    progress(_STAGE, 0.0)

    def heard(arrows: ArrowSettings) -> dict[str, Forecaster]:
        return arrowed(forecasters, arrows, history.panel, terms)

    joint = _joint(config.arrows)
    stage = set_stage(
        history, heard(joint), terms, config, drawn, cut.learned, horizon, seed, progress
    )
    stage = replace(stage, openings=_openings(stage, cut, config))
    every = int(np.gcd.reduce(stage.terms.review_period))
    idle = [loop.name for loop in loops if loop.why_not]
    fits: dict[ArrowSettings, Fits] = {_taught(joint, idle): stage.fits}
    demands = {"believed": stage.history}
    if _unknown_share(stage.history, cut) > 0:
        demands["drawn"] = asked_anyway(stage.history, np.random.default_rng([seed, 1]))
    runs: list[_Run] = []
    for done, loop in enumerate(loops):
        if loop.why_not:
            runs.append(replace(runs[0], loop=loop))
            continue
        key = _taught(loop.arrows, idle)
        start, stop = done / len(loops), (done + 1) / len(loops)
        middle = start
        if key not in fits:
            middle = (start + stop) / 2
            told = part_of(progress, _STAGE, start, middle)
            again = heard(_joint(loop.arrows))
            fits[key] = fit_origins(stage.taught, again, cut.learned, every, told)
        seen = fits[key] if loop.arrows.paths else _as_normal(fits[key])
        told = part_of(progress, _STAGE, middle, stop)
        if seen is not stage.fits:
            stage = replace(stage, fits=seen, kept={})
        runs.append(_run(loop, stage, cut, demands, ladders, config, told))
        progress(_STAGE, stop)
    return _told(runs, stage, cut, config)


_STAGE = "Replaying without each arrow"


@dataclass(frozen=True)
class Cut:
    """How the past is used: the judged windows, and what each was tuned on; one stretch for each.

    learned : stretches without a gap that hold every review, for whoever learns once per stretch
    """

    tuning: tuple[Stretch, ...]
    judged: tuple[Stretch, ...]

    @property
    def learned(self) -> tuple[Stretch, ...]:
        """The first tuning stretch, and then the judged windows."""
        return (self.tuning[0], *self.judged)


def windows_of(history: DemandHistory, terms: SupplyTerms, config: Config) -> Cut:
    """The judged windows, each after the one before, and the stretch before each to tune on.

    The first window begins with as many periods as its first order needs to arrive, as every tuning
    stretch does; they are played and not counted. Lengths are whole numbers of reviews, so that stock
    points keep their review days. At least a third of the history is left to learn from. Where there
    is less room than the settings ask for, all stretches are shortened alike.

    Raises
    ------
    HistoryError
        When there is not room for the usual protection interval to tune on and two to judge.
    """
    frequency, asked = history.panel.frequency, config.compare
    judged, tuning = (
        max(1, round(days * frequency.per_year / 365.25))
        for days in (asked.days, asked.tuning_days)
    )
    run_up = int(terms.lead_time.min()) if len(terms.lead_time) else 0
    shortest = int(np.median(terms.protection_interval)) if len(terms.lead_time) else 1
    to_learn = max(14 if frequency.value == "day" else 2, shortest, history.n_periods // 3)
    room = history.n_periods - to_learn - 2 * run_up
    wanted = asked.windows * judged + tuning
    if room < wanted:
        judged, tuning = (max(0, room) * part // wanted for part in (judged, tuning))
    every = int(np.lcm.reduce(terms.review_period)) if len(terms.review_period) else 1
    judged -= judged % every
    # Stock is carried, so a window may be shorter than an order takes to arrive and to sell.
    if judged < 1 or tuning < shortest or asked.windows * judged < 2 * shortest:
        raise HistoryError(
            f"{history.n_periods} periods of history are too few to compare on: after a third of it to "
            f"learn from, tuning needs the usual protection interval of {shortest} periods, and the "
            f"{asked.windows} judged windows two of them together. Give more history, or set "
            "compare.windows to fewer, or compare.days to more."
        )
    first = history.n_periods - asked.windows * judged
    starts = [first - run_up, *range(first + judged, history.n_periods, judged)]
    windows = tuple(
        Stretch(start, max(start, first), first + (k + 1) * judged)
        for k, start in enumerate(starts)
    )
    before = tuple(Stretch(w.start - tuning - run_up, w.start - tuning, w.start) for w in windows)
    return Cut(before, windows)


def _interval(terms: SupplyTerms) -> int:
    return int(terms.protection_interval.max(initial=1))


def _ladders(config: Config, terms: SupplyTerms) -> tuple[Family, ...]:
    """Every number of the policy that decides; its rivals do not take part here."""
    ours = config.policy.family
    return tuple(f for f in families(config.policy, terms) if f.name == ours)


# --- which loops -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Loop:
    """One way to run the shop.

    why_not : why it cannot differ from the whole loop; empty: it can
    """

    name: str
    label: str
    arrows: ArrowSettings
    why_not: str = ""


def _loops(
    config: Config, history: DemandHistory, forecasters: Mapping[str, Forecaster]
) -> list[_Loop]:
    """The whole loop, each arrow turned from how it is set, and none at all."""
    loops = [_Loop("full", "the whole loop", config.arrows)]
    for name in ARROWS:
        is_on = bool(getattr(config.arrows, name))
        loops.append(
            _Loop(
                name,
                f"without {name}: {_WITHOUT[name]}" if is_on else f"with {name}: {_WITH[name]}",
                config.arrows.model_copy(update={name: not is_on}),
                _why_not(name, history, forecasters),
            )
        )
    none = config.arrows.model_copy(update=dict.fromkeys(ARROWS, False))
    return [*loops, _Loop("classical", "classical pipeline: point forecast and safety stock", none)]


def _why_not(name: str, history: DemandHistory, forecasters: Mapping[str, Forecaster]) -> str:
    if name == "unmask" and bool((history.panel.in_stock >= FULL).all()):
        return "no empty shelf is on record"
    if name == "weigh" and not any(learns_from_weights(f) for f in forecasters.values()):
        return "no forecaster here learns from weights"
    return ""


def _joint(arrows: ArrowSettings) -> ArrowSettings:
    return arrows.model_copy(update={"paths": True})


def _taught(arrows: ArrowSettings, idle: Sequence[str]) -> ArrowSettings:
    """What a forecaster learns by: loops that agree on it share their forecasts.

    idle : arrows that make no difference here
    """
    return arrows.model_copy(update=dict.fromkeys(("paths", "choose", *idle), True))


def _as_normal(fits: Fits) -> Fits:
    return {
        name: {origin: as_normal(fitted) for origin, fitted in of.items()}
        for name, of in fits.items()
    }


# --- running one of them -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """What a loop did. outcomes : by kind of demand, one replay per window"""

    loop: _Loop
    policies: tuple[str, ...]
    outcomes: dict[str, tuple[Replay, ...]]


def _run(
    loop: _Loop,
    stage: Stage,
    cut: Cut,
    demands: Mapping[str, DemandHistory],
    ladders: tuple[Family, ...],
    config: Config,
    progress: Progress,
) -> _Run:
    """Each window with what was chosen on all that came before it, judged by each kind of demand."""
    config = config.model_copy(update={"arrows": loop.arrows})
    tuned: list[Tuned] = []
    if loop.arrows.choose:
        tuned = tune_families(stage, cut.tuning, ladders, config, progress)
    chosen = [_chosen(stage, tuned, ladders, cut, k, config) for k in range(len(cut.judged))]
    outcomes = {
        demand: _played(replace(stage, history=asked), cut.judged, chosen, config)
        for demand, asked in demands.items()
    }
    first = next(iter(stage.fits))
    return _Run(loop, tuple(said(entrant, first) for entrant in chosen), outcomes)


def _played(
    stage: Stage, windows: Sequence[Stretch], chosen: Sequence[Entrant], config: Config
) -> tuple[Replay, ...]:
    """One window after the other; each begins with the stock that the one before left.

    A window is charged with what the stock at its end will cost until it is sold, less what the one
    before was charged with for it: whoever fills the warehouse pays for it in the window in which he
    did. Over all windows only what is left at the very end remains.
    """
    played: list[Replay] = []
    charged = np.zeros(stage.panel.n_series)
    for window, entrant in zip(windows, chosen, strict=True):
        if played and played[-1].closing is not None:
            stage = replace(stage, openings={**stage.openings, window: played[-1].closing})
        past = judge(stage, window, {"": entrant}, config, silent, goes_on=True)[""]
        left = past.closing
        assert left is not None
        rest = until_sold(left.on_hand + left.on_order, pace(stage, window))
        holding = past.holding.copy()
        holding[:, -1] += stage.costs.holding_cost * rest - charged
        charged = stage.costs.holding_cost * rest
        played.append(replace(past, holding=holding))
    return tuple(of_the_shop(past, stage.drawn.weight) for past in played)


def _openings(stage: Stage, cut: Cut, config: Config) -> dict[Stretch, Stock]:
    """The ordinary buyer's stock at the start of every tuning stretch and of the first window."""
    cover = config.stock.cover_days * stage.panel.frequency.per_year / 365.25
    return {
        stretch: ordinary_stock(
            believe(stage.panel.until(stretch.start)), stage.terms, cover, config.policy.rounding
        )
        for stretch in (*cut.tuning, cut.judged[0])
    }


def _chosen(
    stage: Stage,
    tuned: Sequence[Tuned],
    ladders: tuple[Family, ...],
    cut: Cut,
    window: int,
    config: Config,
) -> Entrant:
    """Who decides in a window, by what came before it."""
    if config.arrows.choose:
        return min((t.on_stretch(window) for t in tuned), key=lambda found: found[0])[1]
    # A number that the settings state stays; the classical pipeline is what it is anywhere.
    is_stated = config.policy.level != "tune" and config.arrows.paths
    policy = ladders[0].policies[0] if is_stated else textbook_policy(config)
    return Entrant(policy, least_error(stage, cut.tuning[window : window + 1]))


# --- telling -----------------------------------------------------------------------------------


def _told(runs: Sequence[_Run], stage: Stage, cut: Cut, config: Config) -> Comparison:
    dates = stage.panel.dates
    judgements = tuple(
        Judgement(
            demand, _DEMAND[demand], tuple(_pipeline(run, runs[0], demand, stage) for run in runs)
        )
        for demand in runs[0].outcomes
    )
    return Comparison(
        onhand=onhand.__version__,
        seed=stage.seed,
        shop=config.shop.name,
        currency=config.shop.currency,
        frequency=stage.panel.frequency.value,
        windows=tuple((str(dates[w.scored]), str(dates[w.stop - 1])) for w in cut.judged),
        n_reviews=len(stage.origins),
        n_stock_points=stage.panel.n_series,
        n_series=stage.drawn.n_series,
        unknown_share=round(_unknown_share(stage.history, cut), 4),
        judgements=judgements,
        note=_note(config, stage.drawn),
    )


def _pipeline(run: _Run, full: _Run, demand: str, stage: Stage) -> Pipeline:
    ours, theirs = run.outcomes[demand], full.outcomes[demand]
    loop = run.loop
    earned = None
    if loop.name != "full" and not loop.why_not:
        is_on = getattr(full.loop.arrows, loop.name, True)
        without, with_it = (ours, theirs) if is_on else (theirs, ours)
        base = sum(past.total_cost for past in theirs)
        length = min(past.cost.shape[1] - past.first_scored for past in theirs)
        is_short = length * 365.25 / stage.panel.frequency.per_year < _SHARES_LUCK
        earned = total_margin(_costs(without), _costs(with_it), base, consecutive=is_short)
    on_hand = [past.on_hand[:, past.first_scored :] for past in ours]
    wanted = sum(float(past.demand[:, past.first_scored :].sum()) for past in ours)
    served = sum(float(past.served[:, past.first_scored :].sum()) for past in ours)
    n_periods = sum(shelf.shape[1] for shelf in on_hand)
    parts = {
        name: round(
            sum(float(getattr(past, name)[:, past.first_scored :].sum()) for past in ours), 2
        )
        for name in ("holding", "shortage", "ordering")
    }
    return Pipeline(
        name=loop.name,
        label=loop.label,
        arrows=tuple(name for name in ARROWS if getattr(loop.arrows, name)),
        policies=run.policies,
        total=round(sum(parts.values()), 2),
        **parts,
        fill_rate=round(served / wanted, 4) if wanted > 0 else 1.0,
        inventory_units=round(sum(float(shelf.sum()) for shelf in on_hand) / n_periods, 2),
        inventory_value=round(
            sum(float((stage.unit_cost @ shelf).sum()) for shelf in on_hand) / n_periods, 2
        ),
        earned=earned,
        why_not=loop.why_not,
    )


def _costs(replays: Sequence[Replay]) -> list[NDArray[np.float64]]:
    return [past.cost_by_series for past in replays]


def _unknown_share(history: DemandHistory, cut: Cut) -> float:
    """Share of the judged periods of open shops, once an item was there, of which nothing is known."""
    scored = np.concatenate([np.arange(w.scored, w.stop) for w in cut.judged])
    panel = history.panel
    could_sell = np.isfinite(panel.sales[:, scored]) & (panel.is_open[scored] > 0)
    unknown = could_sell & ~np.isfinite(history.values[:, scored])
    return float(unknown.sum() / max(1, int(could_sell.sum())))


def _note(config: Config, drawn: Draw) -> str:
    unmet = (
        "unmet demand is lost" if config.policy.shortage == "lost_sales" else "unmet demand waits"
    )
    return (
        f"Replayed on {drawn.said}. Every loop starts with the stock of a buyer who tops up to {config.stock.cover_days:g} days "
        f"of average sales, and carries its stock from window to window; {unmet}. Forecasts are made "
        "anew at each review from what was known then; model and number are chosen before each window "
        "on the stretch before it. What is left at the end is charged for as long as the pace of the "
        "last year needs to sell it, each window with what it added. An "
        "arrow's worth is the cost without it minus the cost with it, all others as they are: arrows "
        "help each other, so their worths do not add up to the worth of all. Intervals hold the luck of "
        "a window and the luck of a stock point, with windows as the draws."
    )

"""What is ordered now, from whom, and what is to be expected of it?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.demand.history import DemandHistory
from onhand.demand.lifecycle import survival
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.policy import Policy
from onhand.inventory.stock import Stock
from onhand.plan.buying.beside import as_own, frozen_beside, with_frozen_beside
from onhand.plan.buying.bridges import bridges_of
from onhand.plan.buying.choose import Choice, choose_offers
from onhand.plan.buying.decide import decide
from onhand.plan.buying.fallback import better_of
from onhand.plan.buying.lots import lot_notes, lots_of
from onhand.plan.buying.order_days import order_days_of
from onhand.plan.buying.packing import Solver
from onhand.plan.buying.rules import Rules, rules_of, space_of
from onhand.plan.buying.splits import splits_of
from onhand.plan.buying.worlds import Worlds, supply_worlds
from onhand.plan.config import Config
from onhand.plan.economics import Economics
from onhand.plan.outlook import Lookahead
from onhand.plan.plan import Assumption, Plan
from onhand.plan.progress import Progress, silent
from onhand.plan.shelf import open_orders, shelf_lots
from onhand.plan.status import PROBABLY_OVER
from onhand.plan.workings import Workings

__all__ = ["order_now"]

_MISSED = 3.0  # units that a silence must have swallowed to count as one


def order_now(
    tables: Tables,
    history: DemandHistory,
    config: Config,
    terms: Economics,
    stock: Stock,
    fitted: FittedForecaster,
    policy: Policy,
    *,
    seed: int,
    previous: Plan | None = None,
    progress: Progress = silent,
) -> Workings:
    """The orders of every stock point, with `policy` on the paths of `fitted`.

    `terms` are those with each stock point's first offer; the offers are chosen here. Where the shop's
    limits make another choice than there would be without them, both are planned, and the one that is
    expected to earn more is kept.
    """
    ahead = _lookahead(history.panel, policy, terms, config, seed)
    seconds = config.supply.solver_seconds
    solver = Solver(seconds) if seconds > 0 else None
    choice = choose_offers(
        tables, history.panel, config, terms, fitted, stock, ahead, solver, previous
    )
    planned = partial(
        _planned, tables, history, config, stock, fitted, policy,
        solver, seed=seed, previous=previous, progress=progress,
    )  # fmt: skip
    work = planned(choice)
    if choice.without_limits is None:
        return work
    return better_of(work, planned(choice.without_limits))


def _planned(
    tables: Tables,
    history: DemandHistory,
    config: Config,
    stock: Stock,
    fitted: FittedForecaster,
    policy: Policy,
    solver: Solver | None,
    choice: Choice,
    *,
    seed: int,
    previous: Plan | None,
    progress: Progress,
) -> Workings:
    """The orders from the offers chosen."""
    panel = history.panel
    is_over = _over(history, config.plan.dying_days) if config.plan.hold_dying else None
    rules = rules_of(tables, panel, choice.terms, config, previous, is_over, stock=stock)
    frozen = frozen_beside(tables, panel, previous, config.plan.frozen_days)
    rules = as_own(rules, frozen, choice)
    terms = replace(choice.terms, terms=rules.timing.terms)
    worlds = _worlds(tables, panel, terms, stock, config, seed)
    ahead = _lookahead(panel, policy, terms, config, seed, worlds)
    ahead = replace(ahead, horizon=max(ahead.horizon, choice.horizon))
    ahead = replace(ahead, ends=rules.ends if np.isfinite(rules.ends).any() else None)
    ahead = replace(ahead, lots=shelf_lots(tables, panel, stock, rules.shelf_life))
    kept = [line for line in frozen if line.kind == "bridge"]
    choice = replace(choice, bridges=with_frozen_beside(choice.bridges, kept, choice))
    bridges = bridges_of(choice, ahead.n_samples)
    lots = lots_of(history, terms, rules, policy, config)
    notes = lot_notes(lots, history, terms, rules, config.shop.currency)
    terms = replace(
        terms, assumptions=(*terms.assumptions, *notes, *_full(tables, rules, stock, panel, config))
    )
    made = decide(
        fitted,
        stock,
        terms,
        rules,
        ahead,
        progress,
        bridges=bridges,
        worlds=worlds,
        solver=solver,
        second=lambda bought: splits_of(
            choice,
            bought,
            rules,
            config.policy.rounding,
            config.plan.n_samples,
            [line for line in frozen if line.kind == "split"],
        ),
        lots=lots,
    )
    if solver is not None and solver.effort.is_cut:
        terms = replace(terms, assumptions=(*terms.assumptions, _cut(config)))
    return Workings(
        history=history,
        economics=terms,
        stock=stock,
        fitted=fitted,
        ahead=made.ahead,
        outlook=made.outlook,
        config=config,
        rules=rules,
        bought=made.bought,
        compared=choice.compared,
        together=choice.together,
        bridges=made.bridges,
        splits=made.splits,
        taken=choice.taken,
        tied=choice.tied,
        is_stock_assumed=tables.stock is None,
    )


def _full(
    tables: Tables, rules: Rules, stock: Stock, panel: Panel, config: Config
) -> tuple[Assumption, ...]:
    """How much of the room is taken already, where the shop or a location has a limit."""
    taken = (stock.on_hand + stock.on_order) * rules.volume
    notes = []
    if config.limits.space > 0:
        told = _room_told(config.limits.space, float(taken.sum()))
        notes.append(replace(told, key="limits.space", source="config"))
    for name, most in space_of(tables, panel).items():
        told = _room_told(most, float(taken[panel.locations == name].sum()))
        notes.append(replace(told, why=f"{name}: {told.why}"))
    return tuple(notes)


def _room_told(most: float, taken: float) -> Assumption:
    why = f"{taken:,.10g} of it are taken by what is on the shelf and on order"
    if taken > most * (1 + 1e-9):
        why += f", {taken - most:,.10g} more than there is: nothing that takes room is ordered"
    return Assumption("locations.space", f"{most:,.10g}", "volume", "file", why)


def _cut(config: Config) -> Assumption:
    """That the clock stopped the solver."""
    return Assumption(
        "supply.solver_seconds",
        f"{config.supply.solver_seconds:g}",
        "seconds of work",
        "config",
        "the solver was stopped by the clock, far beyond what was expected: the plain rule decided, and "
        "the same files may give another plan on another machine",
    )


def _over(history: DemandHistory, dying_days: float) -> NDArray[np.bool_]:
    """Which stock points are more likely over than not, by their silence, (N,).

    The record of the whole shop says so. Where it holds no end to learn from: a stock point that has been
    silent for `dying_days` in which at its former pace it would have sold at least three units (a chance of
    5 % if it still sold). Periods that were silent a year earlier, too, do not count.
    """
    life = survival(history)
    if life.hazard > 0:
        return np.asarray(life.alive < PROBABLY_OVER)
    values, sold = history.values, history.values > 0
    last = np.where(sold.any(axis=1), sold.shape[1] - sold[:, ::-1].argmax(axis=1), 0)
    before = np.isfinite(values) & (np.arange(values.shape[1]) < last[:, None])
    total = np.where(before, values, 0).sum(axis=1, dtype=np.float64)
    pace = total / np.maximum(before.sum(axis=1), 1)
    longest = max(1, round(dying_days * history.panel.frequency.per_year / 365.25))
    return np.asarray((life.silent >= longest) & (pace * life.silent >= _MISSED))


def _worlds(
    tables: Tables, panel: Panel, terms: Economics, stock: Stock, config: Config, seed: int
) -> Worlds | None:
    """When goods may come; None where nothing is uncertain, or the settings say to plan with one day."""
    if config.supply.deliveries == "planned":
        return None
    return supply_worlds(
        panel,
        terms,
        order_days_of(tables),
        stock,
        open_orders(tables, panel, terms, config),
        n_samples=config.plan.n_samples,
        seed=seed,
    )


def _lookahead(
    panel: Panel,
    policy: Policy,
    terms: Economics,
    config: Config,
    seed: int,
    worlds: Worlds | None = None,
) -> Lookahead:
    """How far this plan looks: as far as its orders reach, and as far as its cards show."""
    interval = int(terms.terms.protection_interval.max(initial=1))
    longest = policy.horizon(terms.terms)
    reach = 0 if worlds is None else worlds.reach() + max(0, longest - interval)
    return Lookahead(
        policy=policy,
        horizon=max(
            longest,
            interval,
            reach,
            round(config.plan.horizon_days * panel.frequency.per_year / 365.25),
        ),
        n_samples=config.plan.n_samples,
        seed=seed,
        rounding=config.policy.rounding,
        shortage=config.policy.shortage,
        issue=config.stock.issue,
        supply=None if worlds is None else worlds.of,
    )

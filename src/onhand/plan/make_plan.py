"""What is the whole run? From a shop's tables to its orders, in one recipe."""

from __future__ import annotations

import numpy as np

import onhand
from onhand.data.calendar import with_unseen
from onhand.data.tables import Tables
from onhand.forecast.later import FittedLater
from onhand.plan.announced import announced_note, starts_of, with_announced, with_launches
from onhand.plan.arrows import arrowed
from onhand.plan.board import board_of
from onhand.plan.buying.calendars import calendar_of, with_cycles
from onhand.plan.buying.cycles import CycleAdvice, advise_cycles
from onhand.plan.buying.joint import joint_choices
from onhand.plan.buying.sources import SourceAdvice, advise_sources
from onhand.plan.buying.summary import frontier_of, next_packs, supplier_totals
from onhand.plan.cards import cards
from onhand.plan.config import Config
from onhand.plan.contest import Contest
from onhand.plan.currency import in_its_currency
from onhand.plan.economics import economics
from onhand.plan.forecasters import forecaster_note, forecasters_of
from onhand.plan.forgotten import with_forgotten
from onhand.plan.lines import order_lines
from onhand.plan.ordering import order_now
from onhand.plan.overheard import overheard, overheard_notes
from onhand.plan.peaks import peak_note
from onhand.plan.plan import Assumption, Noticed, Plan, ShopFacts
from onhand.plan.points import matrix, point_outlooks, troubles
from onhand.plan.progress import Progress, silent
from onhand.plan.ratio_notes import ratio_notes
from onhand.plan.rehearse import rehearse
from onhand.plan.responses import response_notes
from onhand.plan.seen import as_of, n_unseen, panel_of
from onhand.plan.shelf import stock_now
from onhand.plan.snapshot import snapshot_of
from onhand.plan.weigh import weight_notes
from onhand.plan.workings import Workings

__all__ = ["make_plan"]


def make_plan(
    tables: Tables,
    config: Config | None = None,
    *,
    seed: int | None = None,
    previous: Plan | None = None,
    progress: Progress = silent,
) -> Plan:
    """The orders that a shop should place now, with the reasons and the money behind each.

    The same tables, configuration, version and seed give the same plan, to the byte.

    Parameters
    ----------
    tables : Tables
        From `onhand.read_tables` or `onhand.sample_shop`.
    config : Config
        The settings of `onhand.toml`; the defaults unless given.
    seed : int, optional
        Of the possible worlds; the configuration's unless given.
    previous : Plan, optional
        The plan before this one: a quantity that hardly differs from it stays as it was.
    progress : Progress
        Told how far along the run is.

    Raises
    ------
    InputError
        When there are no sales that could be read.
    HistoryError
        When there is not one whole period of history.
    """
    from onhand.demand import believe

    config = in_its_currency(config or Config(), tables)
    seed = config.plan.seed if seed is None else seed
    progress("Reading what happened", 0.0)
    tables = as_of(tables, config)
    given, tables = tables, with_announced(tables, config)
    panel = panel_of(tables, config)
    starts = starts_of(given, panel, config)
    history = believe(panel)
    unseen = n_unseen(panel, tables.today)
    today = believe(with_unseen(panel, unseen))
    given = with_forgotten(given, today.panel, previous)
    terms = economics(tables, panel, config)
    advice = advise_cycles(tables, history, terms, config, seed=seed)
    sources = advise_sources(tables, history, terms, config)
    if config.supply.cycles == "proposed":
        tables = with_cycles(tables, panel, advice)
        terms = economics(tables, panel, config)
    stock, stock_notes = stock_now(tables, today, terms, config)
    progress("Reading what happened", 1.0)

    n_known = int(np.isfinite(history.values).sum())
    named = forecasters_of(config.forecast, panel.frequency, n_known, progress=progress)
    forecasters = arrowed(named, config.arrows, panel, terms)
    past = rehearse(history, forecasters, terms, config, seed=seed, progress=progress)

    policy = past.entrant.policy
    with overheard() as said:
        fitted = with_launches(forecasters[past.entrant.forecaster].fit(history), history, starts)
        work = order_now(
            tables,
            today,
            config,
            terms,
            stock,
            FittedLater(history, fitted, unseen) if unseen else fitted,
            policy,
            seed=seed,
            previous=previous,
            progress=progress,
        )

        progress("Writing the plan", 0.0)
        chosen = forecaster_note(config.forecast.named, past.entrant.forecaster, n_known)
        answers = response_notes(history, config.forecast.named, past.entrant.forecaster)
        weights = weight_notes(config.arrows, named[past.entrant.forecaster])
        made_by = (chosen, *answers, *weights, *past.assumptions, *ratio_notes(work, past.contest))
        launched = announced_note(starts)
        notes = (
            *work.economics.assumptions,
            *stock_notes,
            *launched,
            *peak_note(history),
            *made_by,
            *overheard_notes(said),
        )
        plan = _written(work, given, notes, past.contest, advice, sources)
        progress("Writing the plan", 1.0)
    return plan


def _written(
    work: Workings,
    tables: Tables,
    notes: tuple[Assumption, ...],
    replay: Contest | None,
    advice: tuple[CycleAdvice, ...],
    sources: SourceAdvice | None,
) -> Plan:
    is_used, currency = work.config.supply.cycles == "proposed", work.config.shop.currency
    orders = order_lines(work)
    points = point_outlooks(work)
    board = board_of(work, orders, points)
    return Plan(
        onhand=onhand.__version__,
        snapshot=snapshot_of(tables),
        seed=work.ahead.seed,
        made_for=str(work.made_for),
        shop=_shop(work),
        config=work.config.model_dump(mode="json"),
        assumptions=notes,
        findings=_noticed(tables),
        board=board,
        orders=orders,
        stock_points=points,
        exceptions=troubles(work),
        matrix=matrix(work),
        cards=cards(work, orders),
        replay=replay,
        supplier_orders=supplier_totals(work, orders),
        buy_list=next_packs(work),
        frontier=frontier_of(work, board),
        joint=joint_choices(work, sources),
        calendars=tuple(calendar_of(one, currency, is_used=is_used) for one in advice),
    )


def _shop(work: Workings) -> ShopFacts:
    panel, shop = work.panel, work.config.shop
    return ShopFacts(
        name=shop.name,
        currency=shop.currency,
        frequency=work.frequency,
        periods=panel.n_periods,
        first_date=str(panel.dates[0]),
        last_date=str(panel.dates[-1]),
        n_items=len(set(panel.items.tolist())),
        n_locations=len(set(panel.locations.tolist())),
        n_series=panel.n_series,
        source_note=shop.source_note,
    )


def _noticed(tables: Tables) -> tuple[Noticed, ...]:
    """The findings as the plan keeps them: where, what, and what to do."""
    return tuple(
        Noticed(
            severity=finding.severity,
            table=finding.table,
            rule=finding.rule,
            count=finding.count,
            example=f"{finding.key}: {finding.value}" if finding.key else finding.value,
            advice=finding.advice,
        )
        for finding in tables.findings
    )

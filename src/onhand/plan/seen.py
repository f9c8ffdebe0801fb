"""What was seen, and what was known in advance, as the settings say it is to be read?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from onhand.data.findings import Finding
from onhand.data.order_checks import sales_end
from onhand.data.panel import Frequency, Panel
from onhand.data.tables import Tables
from onhand.demand.occasions import lagged, with_holidays
from onhand.errors import ConfigError, InputError
from onhand.plan.config import Config, DemandSettings

__all__ = ["as_of", "lags_of", "n_unseen", "panel_of"]


def as_of(tables: Tables, config: Config) -> Tables:
    """The tables as they were known before the day the plan is for, with what there is to say about it.

    Raises
    ------
    ConfigError
        When `plan.date` is no day.
    InputError
        When no sales are older than it.
    """
    if not config.plan.date or tables.sales is None:
        return tables
    try:
        day = date.fromisoformat(config.plan.date)
    except ValueError as error:
        raise ConfigError(
            f"plan.date is {config.plan.date!r}, which is no day; write it as 2026-11-21"
        ) from error
    seen = tables.sales.filter(pl.col("date") < day)
    n_later = len(tables.sales) - len(seen)
    if n_later and not len(seen):
        raise InputError(f"plan.date is {day}, and no sales are older; give a later day, or none")
    tables = replace(tables, sales=seen)
    found = [f for f in tables.findings if f.rule != "old-sales"]
    if n_later:
        found.append(
            Finding(
                "warning",
                "sales",
                "after-plan-date",
                f"{n_later:,} rows are dated {day} or later, the day that plan.date says the plan is for",
                "nothing, where the plan is made for a day gone by; else correct plan.date or the rows",
                n_later,
            )
        )
    end = sales_end(tables)
    if end is not None and (n_missing := (day - end).days - 1) > 0:
        found.append(
            Finding(
                "warning",
                "sales",
                "old-sales",
                f"sales end on {end}, and {n_missing} days before the plan's day ({day}) are not in "
                "them: the forecast looks over these days, and stock is taken as counted on the plan's",
                "export sales again, up to the day before the plan's",
                n_missing,
            )
        )
    return replace(tables, findings=tuple(found), today=day)


def n_unseen(panel: Panel, today: date | None) -> int:
    """Whole periods between the end of the panel and today; 0 where that is not said.

    >>> str(Panel.of([[1, 2, 3]]).dates[-1]), n_unseen(Panel.of([[1, 2, 3]]), date(2025, 1, 3))
    ('2024-12-30', 3)
    """
    if today is None:
        return 0
    day, n = np.datetime64(today, "D"), 1
    while panel.future_dates(n)[-1] <= day:
        n *= 2
    return max(0, int(np.searchsorted(panel.future_dates(n), day, side="right")) - 1)


def panel_of(tables: Tables, config: Config) -> Panel:
    """The panel of a shop's tables, with its country's holidays, and observations as late as they come.

    Raises
    ------
    InputError, HistoryError
        As `onhand.data.build_panel` does.
    ConfigError
        When the country is not known, a lag is none, or nothing of that name is observed.
    """
    from onhand.data import build_panel

    settings = config.demand
    panel = build_panel(as_of(tables, config), frequency=config.shop.frequency)
    lags = lags_of(settings, panel.frequency)
    if lags:
        panel = lagged(panel, lags)
    if settings.country:
        a_year = round(panel.frequency.per_year)
        panel = with_holidays(panel, settings.country, region=settings.region, n_future=a_year)
    return panel


def lags_of(settings: DemandSettings, frequency: Frequency) -> dict[str, int]:
    """Whole periods after its own that each named observation is known, at least as late as was said.

    Raises
    ------
    ConfigError
        When an entry is not a name and a number of days.

    >>> lags_of(DemandSettings(lags="n_view 1, search_interest 45"), Frequency.WEEK)
    {'n_view': 1, 'search_interest': 7}
    """
    lags: dict[str, int] = {}
    for entry in filter(None, (part.strip() for part in settings.lags.split(","))):
        name, _, said = entry.rpartition(" ")
        try:
            days = float(said)
        except ValueError:
            days = -1.0
        if not name or not 0 <= days < math.inf:
            raise ConfigError(
                f"demand.lags holds {entry!r}; write the name of an observation and the days after "
                "the end of a period at which it is known, as in 'n_view 1, search_interest 45'"
            )
        lags[name.strip()] = math.ceil(days * frequency.per_year / 365.25)
    return lags

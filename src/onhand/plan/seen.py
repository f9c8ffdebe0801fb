"""What was seen, and what was known in advance, as the settings say it is to be read?"""

from __future__ import annotations

import math

from onhand.data.panel import Frequency, Panel
from onhand.data.tables import Tables
from onhand.demand.occasions import lagged, with_holidays
from onhand.errors import ConfigError
from onhand.plan.config import Config, DemandSettings

__all__ = ["lags_of", "panel_of"]


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
    panel = build_panel(tables, frequency=config.shop.frequency)
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

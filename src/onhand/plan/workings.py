"""What was worked out before the plan is written down?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand import abc_classes, demand_classes, revenues, xyz_classes
from onhand.demand.history import DemandHistory
from onhand.demand.lifecycle import Survival, survival
from onhand.demand.likeness import likenesses
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.stock import Stock
from onhand.plan.buying.bridges import Bridges
from onhand.plan.buying.buy import Bought
from onhand.plan.buying.rules import Rules
from onhand.plan.buying.together import Together
from onhand.plan.config import Config
from onhand.plan.economics import Economics
from onhand.plan.made_of import forecast_parts
from onhand.plan.outlook import Lookahead, Outlook
from onhand.plan.plan import OfferCompared, Part, Sold
from onhand.plan.status import is_young, status_of

__all__ = ["Workings"]

_MOST_NEW = 500  # new stock points whose likes are looked up


@dataclass(frozen=True)
class Workings:
    """The arrays of N stock points that every part of the plan is written from.

    economics : with the offers chosen, and the terms as they are at this review
    rules, bought : what suppliers and shop ask of orders, and the orders that came of it
    compared : row -> the offers judged, where there are several
    together : row -> money that is saved in all where another offer than the cheapest is taken
    bridges : small orders from fast suppliers; None: none
    splits : what a chosen supplier cannot deliver, from a second one; None: nothing
    taken, tied : the offers taken together and their bound, and the suppliers that tie them; None: none are
    is_stock_assumed : whether no table says what is in stock
    """

    history: DemandHistory
    economics: Economics
    stock: Stock
    fitted: FittedForecaster
    ahead: Lookahead
    outlook: Outlook
    config: Config
    rules: Rules
    bought: Bought
    compared: Mapping[int, tuple[OfferCompared, ...]]
    together: Mapping[int, float] = field(default_factory=dict)
    bridges: Bridges | None = None
    splits: Bridges | None = None
    taken: Together | None = None
    tied: tuple[str, ...] = ()
    is_stock_assumed: bool = False

    @property
    def panel(self) -> Panel:
        """What was seen."""
        return self.history.panel

    @property
    def made_for(self) -> np.datetime64:
        """First day not yet seen: the day the orders are placed."""
        return self.panel.future_dates(1)[0]

    @property
    def frequency(self) -> str:
        """The word for a period."""
        return self.panel.frequency.value

    @cached_property
    def on_order(self) -> NDArray[np.float64]:
        """Units ordered and not yet received, (N,); summed once, not once per row."""
        return self.stock.on_order

    def periods(self, days: float) -> float:
        """Periods in so many days."""
        return days * self.panel.frequency.per_year / 365.25

    @cached_property
    def revenue(self) -> NDArray[np.float64]:
        """Money taken in the last year, (N,)."""
        return revenues(self.history, self.economics.price)

    @cached_property
    def abc(self) -> NDArray[np.str_]:
        """Class by revenue, (N,)."""
        return abc_classes(self.revenue)

    @cached_property
    def xyz(self) -> NDArray[np.str_]:
        """Class by regularity, (N,)."""
        return xyz_classes(self.history)

    @cached_property
    def demand_class(self) -> NDArray[np.str_]:
        """Class by interval and size, (N,)."""
        return demand_classes(self.history)

    @cached_property
    def margin(self) -> NDArray[np.float64]:
        """Money lost with each lost sale, (N,)."""
        return self.economics.costs.shortage_cost

    @cached_property
    def excess_units(self) -> NDArray[np.float64]:
        """Units on hand and on order beyond what is expected to sell within the excess limit, (N,)."""
        limit = self.outlook.mean_demand * self.periods(self.config.plan.excess_days)
        return np.maximum(0.0, self.stock.inventory_position - limit)

    @cached_property
    def status(self) -> NDArray[np.str_]:
        """What each stock point needs most, (N,)."""
        return status_of(
            self.history,
            self.stock,
            self.outlook,
            self.excess_units,
            self.ahead.horizon,
            self.config,
            self.life.alive,
        )

    @cached_property
    def life(self) -> Survival:
        """How likely each stock point still sells at all."""
        return survival(self.history)

    @cached_property
    def sold(self) -> tuple[Sold, ...]:
        """What each stock point sold of late, and a year before what is coming."""
        sales, n_periods = self.panel.sales, self.panel.n_periods
        look = self.panel.frequency
        year = round(look.per_year)
        ahead = slice(
            max(n_periods - year, 0), min(n_periods - year + self.ahead.horizon, n_periods)
        )
        columns = [_mean(sales[:, -n:]) for n in (max(1, look.quarter // 3), look.quarter, year)]
        columns.append(_mean(sales[:, ahead] if n_periods >= year else sales[:, :0]))
        recent = slice(-look.quarter, None)
        is_there = np.isfinite(sales[:, recent])
        unknown = (is_there & np.isnan(self.history.values[:, recent])).sum(axis=1)
        month, quarter, before, ago = columns
        return tuple(
            Sold(
                _or_none(month[n]),
                _or_none(quarter[n]),
                _or_none(before[n]),
                _or_none(ago[n]),
                int(u),
            )
            for n, u in enumerate(unknown)
        )

    @cached_property
    def likes(self) -> dict[int, tuple[str, ...]]:
        """Titles of the stock points most like each new one, at most three, those of other items.

        Of the new ones with the most at stake: a shop that opens tomorrow has nothing else.
        """
        new = np.flatnonzero(is_young(self.history, self.config.plan.new_days))
        new = new[np.argsort(-self.at_stake[new], kind="stable")][:_MOST_NEW]
        items, found = self.panel.items, {}
        for row, others in zip(new, likenesses(self.panel, new.tolist(), k=8), strict=True):
            titles = [str(self.economics.title[o]) for o, _ in others if items[o] != items[row]]
            found[int(row)] = tuple(dict.fromkeys(titles))[:3]
        return found

    @cached_property
    def parts(self) -> dict[int, tuple[Part, ...]]:
        """What the expected demand of the stock points that matter is made of."""
        return forecast_parts(
            self.fitted, self.history, self.ahead.horizon, self.outlook.mean_demand, self.at_stake
        )

    @cached_property
    def at_stake(self) -> NDArray[np.float64]:
        """Money that the status puts at stake, (N,): margin likely lost, or money tied up."""
        tied_up = self.economics.unit_cost * np.where(
            self.status == "dying", self.stock.on_hand, self.excess_units
        )
        lost = self.outlook.lost_early_with * self.margin
        ordered_for = self.outlook.lost * self.margin
        return np.select(
            [
                np.isin(self.status, ["stocked_out", "at_risk"]),
                np.isin(self.status, ["excess", "dying"]),
            ],
            [np.maximum(lost, self.outlook.lost_with * self.margin), tied_up],
            ordered_for,
        )


def _mean(sales: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of each row over the periods in which the stock point was there, (N,); NaN: in none."""
    is_there = np.isfinite(sales)
    total = np.where(is_there, sales, 0).sum(axis=1, dtype=np.float64)
    count = is_there.sum(axis=1)
    return np.divide(total, count, out=np.full(len(sales), np.nan), where=count > 0)


def _or_none(mean: float) -> float | None:
    return None if np.isnan(mean) else round(float(mean), 3)

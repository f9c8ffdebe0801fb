"""What does one item look like, past and future? The nouns of a card, as the report draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

__all__ = ["Band", "Card", "Fan", "Past", "Projection"]

Series = tuple[float, ...]
Gaps = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What was seen and what we believe, per period; all tuples are as long as `dates`.

    dates : first day of each period, ISO
    sales : units; null before launch
    demand : units that customers wanted; null where it cannot be known (out of stock, closed)
    in_stock : share 0..1 of the selling time with stock on the shelf
    promotion : share 0..1 of the period on promotion; null: not known
    """

    dates: tuple[str, ...]
    sales: Gaps
    demand: Gaps
    in_stock: Series
    promotion: Gaps


@dataclass(frozen=True, slots=True)
class Fan:
    """Expected demand and its marginal quantiles per future period, units."""

    dates: tuple[str, ...]
    mean: Series
    p05: Series
    p25: Series
    p50: Series
    p75: Series
    p95: Series


@dataclass(frozen=True, slots=True)
class Band:
    """The 10 %, 50 % and 90 % quantiles over all worlds of the stock at the end of each period, units."""

    p10: Series
    p50: Series
    p90: Series


@dataclass(frozen=True, slots=True)
class Projection:
    """Stock projected on the same sample paths, with and without the order of this plan.

    with_order, without_order : bands, spelled `with` and `without` in JSON
    inbound : units of open orders expected at the start of each period, the mean over all worlds
    proposed : units of this plan's order expected at the start of each period, likewise
    """

    dates: tuple[str, ...]
    with_order: Annotated[Band, Field(alias="with")]
    without_order: Annotated[Band, Field(alias="without")]
    inbound: Series
    proposed: Series


@dataclass(frozen=True, slots=True)
class Card:
    """One stock point that matters: its past, its possible futures, its stock.

    stockout_date : first day of the period by whose end stock has run out in at least half of the
        worlds when nothing is ordered; null: not within the horizon
    stockout_probability : share 0..1 of worlds with a stock-out within the protection interval when
        nothing is ordered
    """

    item: str
    location: str
    title: str
    status: str
    history: Past
    fan: Fan
    projection: Projection
    stockout_date: str | None
    stockout_probability: float
    sentence: str

"""The panel: what happened at every stock point in every period, as dense arrays.

A row is a *stock point*, the pair (item, location); a column is a period. Tables
stop here and return where the plan leaves: no function behind the panel takes a
column name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import HistoryError, InputError, ShapeError

__all__ = ["NONE_UNLESS_PLANNED", "Frequency", "Panel", "as_it_stood", "as_planned"]

Floats = NDArray[np.float32]
Dates = NDArray[np.datetime64]

# Unplanned, these are none; anything else stays what it was until something new is planned.
NONE_UNLESS_PLANNED = ("promotion", "holiday")


class Frequency(Enum):
    """The length of a period.

    >>> Frequency.WEEK.season
    52
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def season(self) -> int:
        """Periods in the season that matters most: a week of days, a year of weeks or months."""
        return {"day": 7, "week": 52, "month": 12}[self.value]

    @property
    def per_year(self) -> float:
        """Periods in a year, for turning a yearly rate of interest into one per period."""
        return {"day": 365.25, "week": 365.25 / 7, "month": 12.0}[self.value]

    @property
    def quarter(self) -> int:
        """Periods in a quarter of a year: the recent past, and the usual length of a replay."""
        return {"day": 91, "week": 13, "month": 3}[self.value]

    def after(self, date: np.datetime64, n: int) -> Dates:
        """The starts of the `n` periods that follow the period starting at `date`."""
        steps = np.arange(1, n + 1)
        if self is Frequency.MONTH:
            return (date.astype("datetime64[M]") + steps).astype("datetime64[D]")
        days = 7 if self is Frequency.WEEK else 1
        return date.astype("datetime64[D]") + days * steps


@dataclass(frozen=True)
class Panel:
    """What was seen at N stock points over T periods.

    Parameters
    ----------
    items, locations : (N,) strings
        The key of each row. Pairs are unique.
    dates : (T,) datetime64[D]
        First day of each period, evenly spaced at `frequency`.
    sales : (N, T) float32, units
        NaN where the stock point did not exist yet or nothing is known; 0 where it
        could sell and did not. Net of returns by the convention of `onhand.data`.
    in_stock : (N, T) float32, share 0..1
        Share of the period's selling time with stock on the shelf. 1 where unknown.
    is_open : (T,) float32, share 0..1
        Share of the period's days on which the shop sells at all. 0: closed all period.
    known : name -> (N or 1, T + F) float32
        Covariates known in advance (planned price, promotion, holiday, weather forecast),
        reaching F >= 0 periods into the future. NaN: not known.
    observed : name -> (N or 1, T) float32
        Covariates only known once the period is over (views, carts, market indicators).
    static : name -> (N,) array
        What does not change: category, brand, title, city, first-level aggregates.
    lent : name -> (N, T + F) bool
        Where a known covariate was not planned but seen in the sales of its own period, such as a
        price that was paid, or carried forward from there. `until` forgets those values: a promotion
        or holiday that was not planned is none (0), anything else is what it last was.

    Raises
    ------
    ShapeError
        When an array does not fit the others.

    >>> panel = Panel.of([[3, 0, 2]], dates=["2024-01-01", "2024-01-02", "2024-01-03"])
    >>> panel.n_series, panel.n_periods
    (1, 3)
    >>> panel.until(2).sales.tolist()
    [[3.0, 0.0]]
    """

    items: NDArray[np.str_]
    locations: NDArray[np.str_]
    dates: Dates
    frequency: Frequency
    sales: Floats
    in_stock: Floats
    is_open: Floats
    known: Mapping[str, Floats] = field(default_factory=dict)
    observed: Mapping[str, Floats] = field(default_factory=dict)
    static: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    lent: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, t = self.sales.shape
        _expect("items", self.items.shape, (n,))
        _expect("locations", self.locations.shape, (n,))
        _expect("dates", self.dates.shape, (t,))
        _expect("in_stock", self.in_stock.shape, (n, t))
        _expect("is_open", self.is_open.shape, (t,))
        for name, values in self.known.items():
            if values.ndim != 2 or values.shape[0] not in (1, n) or values.shape[1] < t:
                raise ShapeError(
                    f"known covariate {name!r} has shape {values.shape}; "
                    f"it needs ({n} or 1, at least {t})"
                )
        for name, values in self.observed.items():
            if values.shape not in ((1, t), (n, t)):
                raise ShapeError(
                    f"observed covariate {name!r} has shape {values.shape}; it needs ({n} or 1, {t})"
                )
        for name, values in self.static.items():
            _expect(f"static {name!r}", values.shape, (n,))
        for name, marks in self.lent.items():
            if name in self.known:
                _expect(f"lent {name!r}", marks.shape, (n, self.known[name].shape[1]))
        for name in ("known", "observed", "static", "lent"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @classmethod
    def of(
        cls,
        sales: Any,
        *,
        dates: Any = None,
        frequency: Frequency = Frequency.DAY,
        items: Any = None,
        locations: Any = None,
        in_stock: Any = None,
        is_open: Any = None,
        known: Mapping[str, Floats] | None = None,
        observed: Mapping[str, Floats] | None = None,
        static: Mapping[str, NDArray[Any]] | None = None,
        lent: Mapping[str, NDArray[np.bool_]] | None = None,
    ) -> Panel:
        """A panel from arrays, with everything but `sales` filled by its default.

        Items are named `0`, `1`, …, the location is `shop`, dates end 2024-12-30 (a Monday), the shop
        is always open and never out of stock.

        Raises
        ------
        ShapeError
            When an array does not fit the others.
        InputError
            When `in_stock` or `is_open` holds something that is no share 0..1, NaN among them.
        """
        values = np.atleast_2d(np.asarray(sales, dtype=np.float32))
        n, t = values.shape
        if dates is None:
            steps = np.arange(t)[::-1]
            if frequency is Frequency.MONTH:
                dates = (np.datetime64("2024-12") - steps).astype("datetime64[D]")
            else:
                days = 7 if frequency is Frequency.WEEK else 1
                dates = np.datetime64("2024-12-30") - days * steps
        panel = cls(
            items=np.asarray(np.arange(n) if items is None else items).astype(np.str_),
            locations=np.asarray(["shop"] * n if locations is None else locations).astype(np.str_),
            dates=np.asarray(dates, dtype="datetime64[D]"),
            frequency=frequency,
            sales=values,
            in_stock=_or_ones(in_stock, (n, t)),
            is_open=_or_ones(is_open, (t,)),
            known=known or {},
            observed=observed or {},
            static=static or {},
            lent=lent or {},
        )
        _expect_shares("in_stock", panel.in_stock, panel)
        _expect_shares("is_open", panel.is_open[None], panel)
        return panel

    @property
    def n_series(self) -> int:
        """Number of stock points, N."""
        return int(self.sales.shape[0])

    @property
    def n_periods(self) -> int:
        """Number of past periods, T."""
        return int(self.sales.shape[1])

    @property
    def n_future(self) -> int:
        """Periods beyond the last one for which every known covariate has a column, F."""
        if not self.known:
            return 0
        return min(int(v.shape[1]) for v in self.known.values()) - self.n_periods

    def until(self, n_periods: int) -> Panel:
        """The panel as it stood when only its first `n_periods` periods were over.

        Sales, stock and observed covariates of later periods are not hidden but absent: code
        that runs on the result cannot reach them. Covariates known in advance stay; where their later
        values were seen rather than planned, what stood before stands on.

        >>> seen = np.array([[False, True, True, False]])
        >>> panel = Panel.of([[3, 0, 2]], known={"price": np.array([[5, 4, 3, 6]])}, lent={"price": seen})
        >>> panel.until(2).known["price"].tolist()          # the 3 was paid later, the 6 is planned
        [[5.0, 4.0, 4.0, 6.0]]
        """
        if not 1 <= n_periods <= self.n_periods:
            raise HistoryError(
                f"asked for the first {n_periods} periods of a panel that has {self.n_periods}; "
                f"choose 1..{self.n_periods}"
            )
        return replace(
            self,
            dates=self.dates[:n_periods],
            sales=self.sales[:, :n_periods],
            in_stock=self.in_stock[:, :n_periods],
            is_open=self.is_open[:n_periods],
            known={k: self._planned(k, n_periods) for k in self.known},
            observed={k: v[:, :n_periods] for k, v in self.observed.items()},
        )

    def _planned(self, name: str, n_periods: int) -> Floats:
        """A known covariate as it was known after `n_periods`: what was only seen later is not in it."""
        marks = self.lent.get(name)
        if marks is None:
            return self.known[name]
        return as_planned(name, self.known[name], marks, n_periods)

    def rows(self, index: slice | NDArray[Any]) -> Panel:
        """The panel of some stock points: a slice, a boolean mask (N,) or an array of row numbers."""
        return replace(
            self,
            items=self.items[index],
            locations=self.locations[index],
            sales=self.sales[index],
            in_stock=self.in_stock[index],
            known={k: v if len(v) == 1 else v[index] for k, v in self.known.items()},
            observed={k: v if len(v) == 1 else v[index] for k, v in self.observed.items()},
            static={k: v[index] for k, v in self.static.items()},
            lent={k: v[index] for k, v in self.lent.items()},
        )

    def future_dates(self, horizon: int) -> Dates:
        """First days of the `horizon` periods after the last one."""
        return self.frequency.after(self.dates[-1], horizon)


def as_it_stood(panel: Panel, origin: int) -> Panel:
    """The panel before period `origin`, with plans that reached as far ahead then as they do today.

    A calendar that tells next week's weather, and beside it the weather of all the past, would
    otherwise know at every earlier origin how the next month was going to be.

    >>> panel = Panel.of([[3, 0, 2, 1]], known={"rain": np.array([[0, 1, 0, 1, 1]], np.float32)})
    >>> as_it_stood(panel, 2).known["rain"].tolist()         # one period ahead, as today
    [[0.0, 1.0, 0.0]]
    """
    then, back = panel.until(origin), origin - panel.n_periods
    if back == 0:
        return then
    return replace(
        then,
        known={name: values[:, :back] for name, values in then.known.items()},
        lent={name: marks[:, :back] for name, marks in then.lent.items()},
    )


def as_planned(name: str, values: Floats, marks: NDArray[np.bool_], n_periods: int) -> Floats:
    """A covariate (N or 1, W) as it was known after `n_periods`: what was only seen later is not in it.

    marks : (N, <= W) bool, where it was lent, as in `Panel.lent`; periods beyond repeat the last
        one known, and are lent with it

    >>> seen = np.array([[False, True, True, False]])
    >>> as_planned("price", np.array([[5, 4, 3, 6]], np.float32), seen, 1).tolist()
    [[5.0, 5.0, 5.0, 6.0]]
    >>> as_planned("promotion", np.array([[0, 1, 1, 1]], np.float32), seen, 1).tolist()
    [[0.0, 0.0, 0.0, 1.0]]
    """
    later = np.ones((len(marks), values.shape[1] - n_periods), dtype=bool)
    given = marks[:, n_periods : values.shape[1]]
    later[:, : given.shape[1]] = given
    if not later.any():
        return values
    told = np.array(np.broadcast_to(values, (len(marks), values.shape[1])), dtype=np.float32)
    if name in NONE_UNLESS_PLANNED:
        told[:, n_periods:][later] = 0
        return told
    last = np.where(later, n_periods - 1, np.arange(n_periods, values.shape[1]))
    np.maximum.accumulate(last, axis=1, out=last)
    told[:, n_periods:] = np.take_along_axis(told, last, axis=1)
    return told


def _or_ones(values: Any, shape: tuple[int, ...]) -> Floats:
    if values is None:
        return np.ones(shape, dtype=np.float32)
    return np.asarray(values, dtype=np.float32)


def _expect_shares(name: str, shares: Floats, panel: Panel) -> None:
    """Refuses what is no share 0..1, (N or 1, T); NaN is none either: where nothing is known it is 1."""
    if not shares.size or (shares.min() >= 0 and shares.max() <= 1):
        return
    row, period = np.argwhere(~((shares >= 0) & (shares <= 1)))[0]
    of = f" of {panel.items[row]} at {panel.locations[row]} (row {row})"
    raise InputError(
        f"{name}{of if name == 'in_stock' else ''} is {shares[row, period]:g} in period {period} "
        f"({panel.dates[period]}); it is a share of the period, 0..1, and 1 where it is not known"
    )


def _expect(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted:
        raise ShapeError(f"{name} has shape {shape}; the panel's sales ask for {wanted}")

"""What is special about a period: its price against the usual one, a promotion, a holiday near?

Planned prices, promotions and holidays are known in advance, but a model sees little in the bare numbers.
What moves customers is their position: a price against the item's own regular one, the first or the
fourth week of a promotion, the week after one (pantries are full), two days before a holiday. These are
functions of covariates that are known in advance, of each period from that period's plan and the plan
of the periods before and after it, so that nothing that was not planned can enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Floats, Frequency, Panel
from onhand.errors import ConfigError

__all__ = [
    "country_holidays",
    "discount_depth",
    "holiday_distances",
    "lagged",
    "promotion_timing",
    "regular_price",
    "with_holidays",
    "with_occasions",
]

_PROMOTED = 0.05  # discount from which a price counts as promoted


def with_occasions(panel: Panel) -> Panel:
    """The panel with what can be said of its known prices, promotions and holidays.

    ======================= ==================================================================
    `price_relative`        the planned price over the regular one
    `discount_depth`        1 - price_relative where below it, else 0
    `promotion_age`         periods into a promotion, 1 for the first; 0: none
    `promotion_dip`         1 in the period after one, then 1/2, 1/4, ...; 0 within one
    `to_holiday`            periods until the next holiday, at most `far`; 0: one is in it
    `since_holiday`         periods since the last one, likewise
    ======================= ==================================================================

    Where promotions are not planned as such, a discount of 5 % and more is one. Columns that are
    there stay. Prices and promotions of which only sales tell (`Panel.lent`) begin no promotion, and
    make a price regular a quarter later: no plan made before could know of them. Holidays likewise.

    >>> price = np.array([[10, 10, 10, 7, 7, 10, 10]], dtype=np.float32)
    >>> made = with_occasions(Panel.of([[1, 1, 1, 1, 1]], known={"price": price}))
    >>> made.known["discount_depth"].round(2).tolist()
    [[0.0, 0.0, 0.0, 0.30000001192092896, 0.30000001192092896, 0.0, 0.0]]
    >>> made.known["promotion_age"].tolist()
    [[0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]]
    """
    known: dict[str, Floats] = {}
    far = {Frequency.DAY: 14, Frequency.WEEK: 4, Frequency.MONTH: 2}[panel.frequency]
    promotion = panel.known.get("promotion")
    if "price" in panel.known:
        price = panel.known["price"]
        regular = regular_price(price, panel.frequency, panel.lent.get("price"))
        with np.errstate(invalid="ignore", divide="ignore"):
            known["price_relative"] = np.where(regular > 0, price / regular, np.nan).astype(
                np.float32
            )
        known["discount_depth"] = discount_depth(price, regular)
        if promotion is None:
            promotion = (known["discount_depth"] >= _PROMOTED).astype(np.float32)
    if promotion is not None:
        unplanned = panel.lent.get("promotion" if "promotion" in panel.known else "price", False)
        timing = promotion_timing(np.where(unplanned, np.float32(0), promotion))
        known["promotion_age"], known["promotion_dip"] = timing
    if "holiday" in panel.known:
        planned = np.where(panel.lent.get("holiday", False), 0, panel.known["holiday"])
        known["to_holiday"], known["since_holiday"] = holiday_distances(planned, far)
    told = [name for name in known if name in ("price_relative", "discount_depth")]
    lent = dict.fromkeys(told, panel.lent["price"]) if "price" in panel.lent else {}
    return replace(panel, known={**known, **panel.known}, lent={**lent, **panel.lent})


def regular_price(
    price: Floats, frequency: Frequency, lent: NDArray[np.bool_] | None = None
) -> Floats:
    """The upper price of the last quarter of a year, this period's among them; NaN before the first.

    A price is regular when a fifth of the quarter's known prices is at least as high: neither a
    promotion that lasts a few weeks nor a single typing error moves it.

    lent : like `price`, where it was not planned but paid (see `Panel.lent`). Such prices count from
        a quarter later on: a forecast made in between could not know them.
    """
    n_back = {Frequency.DAY: 91, Frequency.WEEK: 13, Frequency.MONTH: 6}[frequency]
    told = [price] if lent is None else [np.where(lent, np.nan, price), _late(price, lent, n_back)]
    padded = [np.pad(p, ((0, 0), (n_back - 1, 0)), constant_values=np.nan) for p in told]
    out = np.full(price.shape, np.nan, dtype=np.float32)
    for t in range(price.shape[1]):
        window = np.concatenate([p[:, t : t + n_back] for p in padded], axis=1)
        rows = np.isfinite(window).any(axis=1)
        if rows.any():
            out[rows, t] = np.nanquantile(window[rows], 0.8, axis=1, method="higher")
    return np.where(np.isfinite(price), out, np.float32(np.nan))


def _late(price: Floats, lent: NDArray[np.bool_], lag: int) -> Floats:
    """The lent prices, `lag` periods later than they were paid; NaN elsewhere."""
    late = np.full(lent.shape, np.nan, dtype=np.float32)
    late[:, lag:] = np.where(lent, price, np.nan)[:, : lent.shape[1] - lag]
    return late


def discount_depth(price: Floats, regular: Floats) -> Floats:
    """How far a price lies below the regular one, as a share of it; 0 at or above it, or unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        depth = 1 - price / regular
    return np.where(np.isfinite(depth), np.maximum(depth, 0), 0).astype(np.float32)


def promotion_timing(promotion: Floats) -> tuple[Floats, Floats]:
    """Periods into a promotion, and how lately one has ended, both like `promotion`.

    >>> age, dip = promotion_timing(np.array([[0, 1, 1, 0, 0, 0]], dtype=np.float32))
    >>> age.tolist(), dip.tolist()
    ([[0.0, 1.0, 2.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 1.0, 0.5, 0.25]])
    """
    is_on = np.nan_to_num(np.asarray(promotion, dtype=np.float32)) > 0
    age = np.zeros(is_on.shape, dtype=np.float32)
    dip = np.zeros(is_on.shape, dtype=np.float32)
    for t in range(is_on.shape[1]):
        before = age[:, t - 1] if t else np.zeros(len(is_on), dtype=np.float32)
        faded = dip[:, t - 1] / 2 if t else np.zeros(len(is_on), dtype=np.float32)
        age[:, t] = np.where(is_on[:, t], before + 1, 0)
        dip[:, t] = np.where(is_on[:, t], 0, np.where(before > 0, 1, faded))
    return age, dip


def holiday_distances(holiday: Floats, far: int) -> tuple[Floats, Floats]:
    """Periods to the next holiday and since the last one, both at most `far`, like `holiday`.

    >>> ahead, behind = holiday_distances(np.array([[0, 0, 1, 0, 0]], dtype=np.float32), 9)
    >>> ahead.tolist(), behind.tolist()
    ([[2.0, 1.0, 0.0, 9.0, 9.0]], [[9.0, 9.0, 0.0, 1.0, 2.0]])
    """
    is_one = np.nan_to_num(holiday) > 0
    return _since(is_one[:, ::-1], far)[:, ::-1], _since(is_one, far)


def _since(is_one: NDArray[np.bool_], far: int) -> Floats:
    at = np.where(is_one, np.arange(is_one.shape[1]), -far)
    last = np.maximum.accumulate(at, axis=1)
    return np.minimum(np.arange(is_one.shape[1]) - last, far).astype(np.float32)


def with_holidays(panel: Panel, country: str, *, n_future: int = 60, region: str = "") -> Panel:
    """The panel with the public holidays of a country as the known covariate `holiday`.

    Share of each period's days that are holidays, `n_future` periods ahead. What the shop's own calendar
    calls a holiday stays one.

    Parameters
    ----------
    country : ISO code, such as `GB` or `DE`
    region : of the country, in the codes of the `holidays` package; empty: those of the whole country

    Raises
    ------
    ConfigError
        When the `holidays` package is not installed, or does not know the country.
    """
    starts = np.concatenate([panel.dates, panel.future_dates(n_future + 1)])
    years = range(int(str(starts[0])[:4]), int(str(starts[-1])[:4]) + 1)
    named = country_holidays(country, years, region=region)
    days = np.array(sorted(named), dtype="datetime64[D]")
    count = np.searchsorted(days, starts[1:]) - np.searchsorted(days, starts[:-1])
    length = np.maximum(np.diff(starts).astype(np.int64), 1)
    share = (count / length).astype(np.float32)[None]
    own = panel.known.get("holiday")
    if own is not None:
        reach = min(own.shape[1], share.shape[1])
        wider = np.broadcast_to(share, (len(own), share.shape[1])).copy()
        wider[:, :reach] = np.fmax(wider[:, :reach], own[:, :reach])
        share = wider
    return replace(panel, known={**panel.known, "holiday": share})


def country_holidays(
    country: str, years: range, *, region: str = ""
) -> Mapping[np.datetime64, str]:
    """The public holidays of a country, day -> name.

    Raises
    ------
    ConfigError
        As in `with_holidays`.
    """
    try:
        import holidays
    except ImportError as error:
        raise ConfigError(
            "holidays by country need the package of that name; install it with: pip install holidays, "
            "or put the holidays into the calendar table"
        ) from error
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=years)
    except NotImplementedError as error:
        raise ConfigError(
            f"no holidays are known for country {country!r} and region {region!r}; use ISO codes such as "
            "GB, DE or US"
        ) from error
    return {np.datetime64(day): str(name) for day, name in found.items()}


def lagged(panel: Panel, lags: Mapping[str, int]) -> Panel:
    """The panel whose observed covariates are told as late as they are really known.

    A panel holds what was observed in the period in which it happened. Page views may be known the next
    morning, a market index six weeks later. `lags` says how many whole periods later than the end of
    the period each covariate arrives; at every period the value told is the last that had arrived.

    Raises
    ------
    ConfigError
        When a lag is negative, or of a covariate that is not observed.

    >>> panel = Panel.of([[1, 1, 1, 1]], observed={"index": np.array([[5, 6, 7, 8]], np.float32)})
    >>> lagged(panel, {"index": 2}).observed["index"].tolist()
    [[nan, nan, 5.0, 6.0]]
    """
    observed = dict(panel.observed)
    for name, lag in lags.items():
        if name not in observed:
            raise ConfigError(
                f"there is no observed covariate {name!r}; there are {', '.join(observed) or 'none'}"
            )
        if lag < 0:
            raise ConfigError(f"the lag of {name!r} is {lag}; nothing is known before it happens")
        values = np.full_like(observed[name], np.nan)
        values[:, lag:] = observed[name][:, : values.shape[1] - lag]
        observed[name] = values
    return replace(panel, observed=observed)

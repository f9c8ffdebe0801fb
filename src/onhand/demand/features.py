"""What was known about a stock point, and about the period to forecast, at one origin?

A *feature* is a pure function of the demand history before an origin `t` and of what is known in
advance about the target period `t + h`. Most features are weighted means of the recent past, and a
weighted mean with gaps is two matrix products: the weights times the values, over the weights
times the mask of known values. So a few small *kernels* (windows, decays, same weekday, same week
of last year) describe fifty thousand series in a fraction of a second, and nothing is laid out in
rows before the rows that are really needed have been drawn.

`Past.until(t)` cuts every array before a feature sees it: the future is absent, not avoided.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from onhand.data.panel import Frequency, as_planned
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError, OnhandWarning

__all__ = ["Columns", "Lookback", "Past", "describe", "scale_of"]

Floats = NDArray[np.float32]
_FORGOTTEN = 1e-5  # of the weight of the newest period: older ones are not looked at
Columns = dict[str, Floats]  # name -> (n, 1) about the series, (1, H) about the target, or (n, H)


@dataclass(frozen=True)
class Lookback:
    """Which stretches of the past the features look at, all in periods.

    Parameters
    ----------
    lags : single periods, 1 is the last one
    windows : lengths of the trailing windows whose mean, spread and share of zeros are taken
    pooled : those of them over which the pools are averaged too
    decays : weights of the newest period in exponentially weighted means, 0..1
    scale_window : length of the window whose mean is the *scale* of a series
    cycle : length of the short season (7 days), or 0 for none
    cycles : how many same positions of the short season are averaged
    year : periods to the same season of last year (364 days keep the weekday)
    near : periods on each side of that position that are averaged with it
    """

    lags: tuple[int, ...]
    windows: tuple[int, ...]
    pooled: tuple[int, ...]
    decays: tuple[float, ...]
    scale_window: int
    cycle: int
    cycles: tuple[int, ...]
    year: int
    near: int

    @classmethod
    def at(cls, frequency: Frequency) -> Lookback:
        """The usual stretches for days, weeks or months.

        >>> Lookback.at(Frequency.WEEK).year
        52
        """
        return _LOOKBACKS[frequency]

    @property
    def width(self) -> int:
        """Periods that the widest feature needs."""
        return max(*self.windows, self.scale_window, 2 * self.year + self.near + 1)


_LOOKBACKS = {
    Frequency.DAY: Lookback(
        lags=(1, 2, 3, 7),
        windows=(3, 7, 14, 28, 56, 112),
        pooled=(7, 28),
        decays=(0.05, 0.1, 0.3),
        scale_window=56,
        cycle=7,
        cycles=(1, 2, 4, 8),
        year=364,
        near=3,
    ),
    Frequency.WEEK: Lookback(
        lags=(1, 2, 3, 4),
        windows=(3, 5, 13, 26, 52),
        pooled=(3, 5, 13, 26),
        decays=(0.1, 0.25, 0.5),
        scale_window=52,
        cycle=0,
        cycles=(),
        year=52,
        near=1,
    ),
    Frequency.MONTH: Lookback(
        lags=(1, 2, 3),
        windows=(3, 6, 12, 24),
        pooled=(3, 6, 12, 24),
        decays=(0.1, 0.3),
        scale_window=12,
        cycle=0,
        cycles=(),
        year=12,
        near=0,
    ),
}


@dataclass(frozen=True)
class Past:
    """The arrays that features read, cut at one origin.

    Parameters
    ----------
    filled : (N, t) float32, units
        Demand times its exposure; 0 where unknown.
    is_known : (N, t) float32, share 0..1
        The exposure: 1 where demand is known, the in-stock share where it was censored, 0 where it
        is unknown. Means are sums of the one over sums of the other, so that half a day counts half.
    in_stock : (N, t) float32, share of selling time with stock on the shelf
    first_gap : the first period in which stock or knowledge was missing anywhere; `t` or more: none
    has_gaps : whether there was one by now, so that stock is worth describing
    has_year : whether enough was seen to learn what last year's season tells of this one's
    first_sale : (N,) period of the first positive demand; a number >= t when none was seen yet
    last_gap : (N,) periods up to and with the last one whose exposure is below 1; 0: there is none
    known : name -> (N or 1, t + H) float32, covariates known in advance, gaps carried forward
    partly : name -> (N or 1, t + H) float32, those whose plans end within the horizon; NaN beyond
    reach : name -> periods ahead that were planned at the end of the history, where it is not all of
        the horizon: of those in `partly`, and of prices, which stay what they were last planned
    lent : name -> (N, t + F) bool, where they were not, see `Panel.lent`: `until` forgets those values
    spreads : name -> standard deviation of a known covariate that varies
    observed : name -> (N or 1, t) float32
    pools : name -> (N,) int, the group of each series in every pool; pools share one numbering
    members : sparse (G, N), the sums of series over the groups of all pools
    pooled : (G, t) float32, `filled` summed over the groups
    codes : name -> (N,) float32, static attributes as codes
    calendar : name -> (1, >= t + H) float32
    lookback : Lookback
    """

    filled: Floats
    is_known: Floats
    in_stock: Floats
    first_gap: int
    has_gaps: bool
    has_year: bool
    first_sale: NDArray[np.int64]
    last_gap: NDArray[np.int64]
    known: Mapping[str, Floats]
    partly: Mapping[str, Floats]
    reach: Mapping[str, int]
    lent: Mapping[str, NDArray[np.bool_]]
    spreads: Mapping[str, float]
    observed: Mapping[str, Floats]
    pools: Mapping[str, NDArray[np.int64]]
    members: Any
    pooled: Floats
    codes: Mapping[str, Floats]
    calendar: Mapping[str, Floats]
    lookback: Lookback

    @classmethod
    def of(cls, history: DemandHistory, horizon: int) -> Past:
        """What features of targets up to `horizon` periods ahead may read of a history."""
        panel = history.panel
        exposure = np.isfinite(history.values) * np.where(history.is_censored, panel.in_stock, 1)
        exposure = exposure.astype(np.float32)
        filled = np.nan_to_num(history.values) * exposure
        is_sold = filled > 0
        first_sale = np.where(is_sold.any(axis=1), is_sold.argmax(axis=1), panel.n_periods)
        is_gap = exposure < 1
        last_gap = np.where(is_gap.any(axis=1), panel.n_periods - is_gap[:, ::-1].argmax(axis=1), 0)
        missing = ((panel.in_stock < 1) | (exposure == 0)).any(axis=0)  # (T,)
        first_gap = int(missing.argmax()) if missing.any() else panel.n_periods
        known, partly, reach = _reaching(panel.known, panel.n_periods, horizon)
        pools, codes = _groups(history)
        members = _membership(pools, history.n_series)
        lookback = Lookback.at(panel.frequency)
        return cls(
            filled=filled,
            is_known=exposure,
            in_stock=panel.in_stock,
            first_gap=first_gap,
            has_gaps=bool(missing.any()),
            has_year=_has_year(history),
            first_sale=first_sale,
            last_gap=last_gap,
            known=known,
            partly=partly,
            reach=reach,
            lent=panel.lent,
            spreads=_spreads(known | partly),
            observed=dict(panel.observed),
            pools=pools,
            members=members,
            pooled=np.asarray(members @ filled),
            codes=codes,
            calendar=_calendar(history, horizon),
            lookback=lookback,
        )

    @property
    def n_periods(self) -> int:
        """Periods before the origin, t."""
        return int(self.filled.shape[1])

    def until(self, t: int) -> Past:
        """The same before an earlier origin `t`.

        Later demand, stock and observations are absent, and so is what was seen of covariates that
        nobody had planned: the price that was paid tells how much was sold.
        """
        if not 1 <= t <= self.n_periods:
            raise HistoryError(f"origin {t} lies outside 1..{self.n_periods}")
        return replace(
            self,
            filled=self.filled[:, :t],
            is_known=self.is_known[:, :t],
            in_stock=self.in_stock[:, :t],
            has_gaps=self.first_gap < t,
            pooled=self.pooled[:, :t],
            known=self._until(self.known, t),
            partly=self._until(self.partly, t),
            observed={k: v[:, :t] for k, v in self.observed.items()},
        )

    def foreseeing(self) -> Past:
        """The same as if plans had reached as far as the horizon does, where that has come to pass."""
        return replace(self, known=dict(self.known) | dict(self.partly), partly={}, reach={})

    def _until(self, known: Mapping[str, Floats], t: int) -> dict[str, Floats]:
        """Covariates without what was only seen after period t."""
        return {
            k: as_planned(k, v, self.lent[k], t) if k in self.lent else v for k, v in known.items()
        }


def scale_of(past: Past) -> Floats:
    """The level of every series at the origin, (N,), units per period, > 0.

    Mean of the last `scale_window` known periods, shrunk with the weight of one period towards the
    mean of all series, so that a series seen for a week, or not at all, has a scale too.
    """
    window = past.lookback.scale_window
    ones = np.ones(min(window, past.n_periods), dtype=np.float32)
    total, count = past.filled[:, -window:] @ ones, past.is_known[:, -window:] @ ones
    overall = total.sum() / max(count.sum(), 1.0)
    floor = max(1e-3 * overall, 1e-6)
    return np.maximum((total + overall) / (count + 1), floor).astype(np.float32)


def describe(
    past: Past, horizon: int, rows: NDArray[np.int64] | None = None
) -> tuple[Columns, Floats]:
    """The features of the series `rows` for the `horizon` periods after the origin, and their scales.

    Returns
    -------
    columns : name -> (n, 1), (1, H) or (n, H) float32; NaN: not known
        Demand is measured in units of the series' own scale.
    scale : (n,) float32, units per period
    """
    rows = np.arange(len(past.filled)) if rows is None else rows
    scale = scale_of(past)
    recent = _Recent.of(past, horizon)
    columns: Columns = {"horizon": np.arange(1, horizon + 1, dtype=np.float32)[None]}
    columns |= _level(recent, past, rows, scale[rows])
    columns |= _season(recent, past, rows, scale[rows])
    columns |= _pools(recent, past, rows, scale)
    columns |= _stock(past, rows)
    columns |= _covariates(past, recent, rows, scale[rows])
    for name, values in past.calendar.items():
        columns[name] = values[:, past.n_periods : past.n_periods + horizon]
    for name, codes in past.codes.items():
        columns[name] = codes[rows, None]
    return columns, scale[rows]


@dataclass(frozen=True)
class _Recent:
    """The last W periods, and the kernels (W, k) that average them."""

    values: Floats  # (N, W)
    is_known: Floats  # (N, W)
    windows: dict[str, Floats]  # name -> (W,) weights
    targets: dict[str, Floats]  # name -> (W, H) or (W, cycle) weights, a column per target period
    horizon: int

    @classmethod
    def of(cls, past: Past, horizon: int) -> _Recent:
        look = past.lookback
        width = min(past.n_periods, look.width)
        ago = np.arange(width, 0, -1)  # (W,): 1 is the last period
        windows = {f"mean_{w}": ago <= w for w in look.windows if w <= max(width, look.windows[0])}
        decays = {f"ewm_{a}": (1 - a) ** (ago - 1.0) for a in look.decays}
        decays = {k: np.where(v > _FORGOTTEN, v, 0) for k, v in decays.items()}
        targets = _same_weekday(look, ago, horizon) | _same_season(look, ago, horizon)
        return cls(
            values=past.filled[:, -width:],
            is_known=past.is_known[:, -width:],
            windows={k: v.astype(np.float32) for k, v in (windows | decays).items()},
            targets={k: v.astype(np.float32) for k, v in targets.items()},
            horizon=horizon,
        )


def _same_weekday(look: Lookback, ago: NDArray[np.int64], horizon: int) -> dict[str, Any]:
    """Kernels on the last n periods with the target's position in the short season.

    They are (W, H), or (W, cycle) where targets come round to the same positions again.
    """
    if not look.cycle:
        return {}
    target = np.arange(1, min(horizon, look.cycle) + 1)
    # ago = 1 and h = 1 are neighbours: ago + h - 1 periods lie between a past one and a target.
    is_same = (ago[:, None] + target[None, :] - 1) % look.cycle == 0
    return {f"cycle_{n}": is_same & (ago[:, None] <= n * look.cycle) for n in look.cycles}


def _same_season(look: Lookback, ago: NDArray[np.int64], horizon: int) -> dict[str, Any]:
    """Kernels (W, H) on the target's position a year ago, and on the origin's own level then."""
    target = np.arange(1, horizon + 1)
    apart = ago[:, None] + target[None, :] - 1  # periods from the past one to the target
    base = (ago > look.year) & (ago <= look.year + max(4, look.near * 4))
    return {
        "year": apart == look.year,
        "year_near": abs(apart - look.year) <= max(look.near, 1),
        "year_base": base[:, None],
        "two_years": abs(apart - 2 * look.year) <= max(look.near, 1),
    }


def _come_round(columns: Floats, horizon: int) -> Floats:
    """Columns of the short season, (n, cycle), repeated up to the horizon, (n, H)."""
    width = columns.shape[1]
    return columns if width in (1, horizon) else columns[:, np.arange(horizon) % width]


def _weighted(values: Floats, is_known: Floats, kernel: Floats) -> Floats:
    """Mean of the known values under each column of a kernel; NaN where none is known."""
    return _per(_summed(values, kernel), _summed(is_known, kernel))


def _summed(values: Floats, kernel: Floats) -> Floats:
    """values @ kernel, (n, k), over no more of the past than the kernel looks at."""
    used = np.flatnonzero(kernel.any(axis=1))
    band = slice(used[0], used[-1] + 1) if len(used) else slice(0)
    return values[:, band] @ kernel[band]


def _reach(kernel: Floats) -> int:
    """How many of the last periods a kernel (W, k) looks at."""
    used = np.flatnonzero(kernel.any(axis=1))
    return len(kernel) - int(used[0]) if len(used) else 0


def _per(total: Floats, weight: Floats) -> Floats:
    """total / weight; NaN where there is no weight."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 0, total / weight, np.nan).astype(np.float32)


def _over(values: Floats, exposure: Floats) -> Floats:
    """Demand per period from what was seen of it; NaN where little was."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(exposure >= 0.25, values / exposure, np.nan).astype(np.float32)


def _level(recent: _Recent, past: Past, rows: NDArray[np.int64], scale: Floats) -> Columns:
    """How much sells lately, how unevenly, and since when."""
    names = list(recent.windows)
    kernel = np.stack(list(recent.windows.values()), axis=1)  # (W, k)
    band = max(_reach(kernel), min(past.lookback.scale_window, len(kernel)))
    kernel = kernel[-band:]
    x = recent.values[rows, -band:] / scale[:, None]
    m = recent.is_known[rows, -band:]
    means = _weighted(x, m, kernel)
    squares = _weighted((x * x / np.maximum(m, 0.1)).astype(np.float32), m, kernel)
    sold = _weighted(np.where(x > 0, m, np.float32(0)), m, kernel)
    columns: Columns = {"log_scale": np.log(scale)[:, None]}
    for lag in past.lookback.lags:
        if lag <= band:
            columns[f"lag_{lag}"] = _over(x[:, -lag], m[:, -lag])[:, None]
    for k, name in enumerate(names):
        columns[name] = means[:, k : k + 1]
        if name.startswith("mean_"):
            spread = np.sqrt(np.maximum(squares[:, k] - means[:, k] ** 2, 0))
            columns[name.replace("mean", "std")] = spread[:, None]
            columns[name.replace("mean", "sold")] = sold[:, k : k + 1]
    is_sold = recent.values[rows] > 0
    since = np.where(is_sold.any(axis=1), is_sold[:, ::-1].argmax(axis=1), is_sold.shape[1])
    age = past.n_periods - past.first_sale[rows]
    columns["since_sale"] = since[:, None].astype(np.float32)
    columns["age"] = np.where(age > 0, np.minimum(age, past.lookback.width), np.nan)[:, None]
    columns["n_known"] = recent.is_known[rows].sum(axis=1, keepdims=True)
    columns["largest"] = x[:, -past.lookback.scale_window :].max(axis=1, keepdims=True)
    return columns


def _season(recent: _Recent, past: Past, rows: NDArray[np.int64], scale: Floats) -> Columns:
    """How much sold at the same position of the season before, per target period."""
    x = recent.values[rows] / scale[:, None]
    m = recent.is_known[rows]
    width = x.shape[1]
    columns: Columns = {}
    for name, kernel in recent.targets.items():
        if not name.startswith("cycle") and (width < past.lookback.year or not past.has_year):
            continue
        columns[name] = _come_round(_weighted(x, m, kernel), recent.horizon)
    if "year_near" in columns:
        columns["year_growth"] = _ratio(columns["year_near"], columns["year_base"])
    return columns


def _pools(recent: _Recent, past: Past, rows: NDArray[np.int64], scale: Floats) -> Columns:
    """How the item, the place, the category and the whole shop do, against their own scale."""
    look = past.lookback
    names = [f"mean_{w}" for w in look.pooled if f"mean_{w}" in recent.windows]
    kernels = {name: recent.windows[name][:, None] for name in names}
    if look.cycles:
        kernels["cycle"] = recent.targets[f"cycle_{look.cycles[-1]}"]
    has_year = past.has_year and recent.values.shape[1] >= look.year + 1
    if has_year:
        kernels |= {name: recent.targets[name] for name in ("year_near", "year_base")}
    kernel = np.hstack(list(kernels.values()))  # (W, K)
    units = _summed(past.pooled[:, -len(kernel) :], kernel)  # (G, K)
    expected = np.asarray(past.members @ (_known(recent, past, kernel) * scale[:, None]))
    parts = np.cumsum([k.shape[1] for k in kernels.values()])[:-1]
    levels = dict(zip(kernels, np.split(_per(units, expected), parts, axis=1), strict=True))
    if has_year:
        near = levels.pop("year_near")
        levels["year_growth"] = _ratio(near, levels.pop("year_base"))
        levels["year"] = near
    columns: Columns = {}
    for pool, groups in past.pools.items():
        own = groups[rows]
        columns |= {f"{pool}_{k}": _come_round(v[own], recent.horizon) for k, v in levels.items()}
    return columns


def _known(recent: _Recent, past: Past, kernel: Floats) -> Floats:
    """Exposure summed under a kernel, (N, K); only series with gaps within its reach are summed."""
    start = past.n_periods - _reach(kernel)
    known = np.tile(kernel.sum(axis=0), (len(past.filled), 1))
    gappy = np.flatnonzero(past.last_gap > start)
    known[gappy] = _summed(recent.is_known[gappy], kernel)
    return known


def _stock(past: Past, rows: NDArray[np.int64]) -> Columns:
    """How well stocked the shelf was: a lower level may have been an emptier shelf."""
    if not past.has_gaps:
        return {}
    window = past.lookback.scale_window
    share = past.in_stock[rows, -window:]
    full = (share >= 1) & (past.is_known[rows, -window:] >= 1)
    since = np.where(full.any(axis=1), full[:, ::-1].argmax(axis=1), share.shape[1])
    columns: Columns = {
        "stock_last": share[:, -1:],
        "since_stock": since[:, None].astype(np.float32),
    }
    for window in past.lookback.windows[:3]:
        columns[f"stock_{window}"] = share[:, -window:].mean(axis=1, keepdims=True)
    return columns


def _covariates(past: Past, recent: _Recent, rows: NDArray[np.int64], scale: Floats) -> Columns:
    """What is known in advance of the target, against its own past, and what sold when it was alike."""
    t, horizon = past.n_periods, recent.horizon
    window = past.lookback.windows[3]
    width = min(t, past.lookback.scale_window)  # conditions much longer ago met another demand
    x, m = recent.values[rows, -width:] / scale[:, None], recent.is_known[rows, -width:]
    start = max(0, t - max(window, width))
    here = t - start
    columns: Columns = {}
    for name, values in (dict(past.known) | dict(past.partly)).items():
        own = (values if len(values) == 1 else values[rows])[:, start : t + horizon]
        if name in past.reach:
            own = _no_further(own, here + past.reach[name], stays=_is_price(name))
        target = own[:, here:]
        before = own[:, max(0, here - window) : here]
        columns[f"{name}_change"] = target - before.mean(axis=1, keepdims=True)
        if not _is_price(name):
            columns[name] = target
        if len(values) > 1:
            columns[f"{name}_step"] = target - before[:, -1:]
        if name in past.spreads:
            alike = _alike(x, m, own[:, here - width : here], target, past.spreads[name])
            columns[f"{name}_alike"] = (
                np.where(np.isfinite(target), alike, np.float32(np.nan))
                if name in past.partly
                else alike
            )
    for name, values in past.observed.items():
        own = values if len(values) == 1 else values[rows]
        usual = own[:, -window:].mean(axis=1, keepdims=True)
        columns[f"{name}_last"] = _ratio(own[:, -1:], usual)
    return columns


def _no_further(values: Floats, end: int, *, stays: bool) -> Floats:
    """A covariate (n, W) as it is known when its plans end before column `end`, at any origin alike.

    Trees that learned from plans which nobody had would trust them where they are missing, so what
    lies beyond is unknown to the examples, too. What stays keeps the last value planned.
    """
    if stays:
        return values[:, np.minimum(np.arange(values.shape[1]), max(end - 1, 0))]
    told = values.copy()
    told[:, end:] = np.nan
    return told


def _alike(values: Floats, exposure: Floats, past: Floats, target: Floats, spread: float) -> Floats:
    """Mean demand (n, H) of recent periods, each weighted by how much it was like the target.

    A period whose covariate differs by a quarter of the covariate's spread weighs 1/e. One usual
    period is added, so that a condition never met before is expected to be as usual.
    """
    usual = values.sum(axis=1) / np.maximum(exposure.sum(axis=1), 1e-6)
    past = np.broadcast_to(past, values.shape)  # of one row where it is the same for all
    target = np.broadcast_to(target, (len(values), target.shape[1]))
    means = np.empty(target.shape, dtype=np.float32)
    for h in range(target.shape[1]):
        is_new = target[:, h] != target[:, h - 1] if h else np.ones(len(values), bool)
        means[:, h] = means[:, h - 1]  # prices stay what they are most of the time
        gap = np.abs(past[is_new] - target[is_new, h : h + 1])
        weight = np.exp(-4 / spread * np.where(np.isfinite(gap), gap, np.inf))
        total = (weight * values[is_new]).sum(axis=1) + usual[is_new]
        means[is_new, h] = total / ((weight * exposure[is_new]).sum(axis=1) + 1)
    return means


def _groups(
    history: DemandHistory,
) -> tuple[dict[str, NDArray[np.int64]], dict[str, Floats]]:
    """Pools of series that share an attribute, and the codes of attributes with few values."""
    panel = history.panel
    n = history.n_series
    attributes = {"item": panel.items, "location": panel.locations, **panel.static}
    pools = {"all": np.zeros(n, dtype=np.int64)}
    n_groups = 1
    codes: dict[str, Floats] = {}
    for name, values in attributes.items():
        _, group = np.unique(values, return_inverse=True)
        size = int(group.max(initial=0)) + 1
        if 1 < size <= n / 2:
            pools[name] = n_groups + group.astype(np.int64)
            n_groups += size
        if 1 < size <= 256:
            codes[f"code_{name}"] = group.astype(np.float32)
    return pools, codes


def _calendar(history: DemandHistory, horizon: int) -> dict[str, Floats]:
    """Position of every past and future period in its week, month and year.

    The year is told only to a model that has seen at least one and a half of it; before that,
    the week of the year is but another name for time, and trees would learn the trend by heart.
    """
    panel = history.panel
    dates = np.concatenate([panel.dates, panel.future_dates(horizon)])
    months = dates.astype("datetime64[M]")
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    columns: dict[str, Any] = {}
    if panel.frequency is Frequency.DAY:
        columns["weekday"] = (dates.astype(np.int64) + 3) % 7
    if _has_year(history):
        columns["day_of_year"] = day_of_year
        if panel.frequency is Frequency.DAY:
            columns["day_of_month"] = (dates - months).astype(np.int64)
    return {k: np.asarray(v, dtype=np.float32)[None] for k, v in columns.items()}


def _has_year(history: DemandHistory) -> bool:
    """Whether at least one and a half years were seen.

    A little beyond one year only the last origins know the season of the year before. Trees would
    take knowing it for a sign of those few days.
    """
    return history.n_periods >= 1.5 * history.panel.frequency.per_year


def _membership(pools: Mapping[str, NDArray[np.int64]], n: int) -> Any:
    """Sparse (G, N) matrix that sums n series into the groups of all pools."""
    groups = np.concatenate(list(pools.values()))
    series = np.tile(np.arange(n), len(pools))
    size = int(groups.max(initial=0)) + 1
    return sparse.csr_matrix((np.ones(len(groups), np.float32), (groups, series)), shape=(size, n))


def _reaching(
    known: Mapping[str, Floats], n_periods: int, horizon: int
) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, int]]:
    """Covariates as features want them over `horizon` periods after the first `n_periods`.

    A price is told by its logarithm and stays what it was until a new one is known. Anything else
    whose plans end within the horizon is told as far as they go, and left out without any plan ahead;
    both loudly.

    Returns
    -------
    known, partly, reach : see `Past`
    """
    usable: dict[str, Floats] = {}
    partly: dict[str, Floats] = {}
    reach: dict[str, int] = {}
    width = n_periods + horizon
    for name, values in known.items():
        values = values[:, :width]
        ahead = _end_of(values, horizon) - n_periods
        is_short = ahead < horizon
        if is_short and not _is_price(name):
            _say_how_far(name, ahead, horizon)
            if ahead <= 0:
                continue
        values = np.pad(
            values, ((0, 0), (0, width - values.shape[1])), constant_values=np.float32(np.nan)
        )
        values = _carried_forward(values)
        if is_short:
            reach[name] = ahead
        if _is_price(name):
            usable[name] = np.log1p(np.maximum(values, 0))
        elif is_short:
            values = values.copy()
            values[:, n_periods + ahead :] = np.nan
            partly[name] = values
        else:
            usable[name] = values
    return usable, partly, reach


def _end_of(values: Floats, horizon: int) -> int:
    """The period with which a covariate (n, W) ends.

    One that is told period by period ends with the last one told. One told now and then, such as the
    day of a new tariff, stays what it was as far as the array goes.
    """
    told = np.flatnonzero(np.isfinite(values).any(axis=0))
    is_by_period = len(told) >= horizon and told[-1] - told[-horizon] + 1 == horizon
    return int(told[-1]) + 1 if is_by_period else values.shape[1]


def _say_how_far(name: str, ahead: int, horizon: int) -> None:
    """That a covariate's plans end before the forecast does."""
    used = f"it is used for the first {ahead} of them only" if ahead > 0 else "it is not used"
    warnings.warn(
        f"covariate {name!r} ends {horizon - ahead} periods before the forecast does, which reaches "
        f"{horizon} periods; {used}. Give its planned values, or forecast a shorter horizon",
        OnhandWarning,
        stacklevel=5,
    )


def _spreads(known: Mapping[str, Floats]) -> dict[str, float]:
    """Standard deviation over time, pooled over series, of the covariates that vary."""
    spreads = {}
    for name, values in known.items():
        seen = values[np.isfinite(values).any(axis=1)]
        spreads[name] = float(np.sqrt(np.nanvar(seen, axis=1).mean())) if len(seen) else 0.0
    return {k: v for k, v in spreads.items() if v > 0}


def _carried_forward(values: Floats) -> Floats:
    """Each gap filled with the last known value before it; NaN before the first one."""
    missing = ~np.isfinite(values)
    if not missing.any():
        return values
    last = np.where(missing, 0, np.arange(values.shape[1]))
    np.maximum.accumulate(last, axis=1, out=last)
    return np.take_along_axis(values, last, axis=1)


def _ratio(a: Floats, b: Floats) -> Floats:
    """a / b, NaN where b is not positive, held within 1/20..20."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(b > 0, np.clip(a / b, 0.05, 20), np.nan).astype(np.float32)


def _is_price(name: str) -> bool:
    return "price" in name

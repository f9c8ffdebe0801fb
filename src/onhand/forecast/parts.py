"""What is a forecast made of? Its mean as a sum of level, season, calendar, price, stock and the rest.

Every part is in units of demand, and the parts of a series and period add up to its mean. How they
are found depends on who speaks:

- **Seasonal factors**: the deseasonalised forecast is the level; what the factor adds is the season
  (for days, whose short season is the week, the calendar).
- **Calibration**: what the mean error of the past adds.
- **Life cycle**: what comparable items, or the chance of being over, add to the inner forecast.
- **Trees**: TreeSHAP values of their features, grouped. Of trees that speak in logarithms the parts
  multiply; they become units by the logarithmic mean, so that they still add up:
  part = φ (f - b) / ln (f / b) for a forecast f, a base b and a part φ of ln (f / b).
- **A forecaster that does not say**: its mean over the horizon is the level, the rest the season.

What empty shelves hid is a part of its own, taken out of the level: how much lower the level of the
last year would be, had every period without stock counted as one without demand.

Sources: S. M. Lundberg et al. (2020), From local explanations to global understanding with explainable
AI for trees, Nature Machine Intelligence 2, doi:10.1038/s42256-019-0138-9. B. W. Ang (2005), The LMDI
approach to decomposition analysis, Energy Policy 33, doi:10.1016/j.enpol.2003.10.010.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency
from onhand.demand.features import Past, describe
from onhand.demand.history import DemandHistory
from onhand.forecast.align import FittedAligned
from onhand.forecast.calibrated import FittedCalibrated
from onhand.forecast.ending import FittedEnding
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.hierarchy import FittedReconciled
from onhand.forecast.item_seasons import FittedItemSeasons
from onhand.forecast.later import FittedLater
from onhand.forecast.new_items import FittedNewItems
from onhand.forecast.own_spread import FittedOwnWidth
from onhand.forecast.responsive import FittedResponsive
from onhand.forecast.seasonalised import FittedSeasonalised
from onhand.forecast.stacked import FittedStack
from onhand.forecast.steadied import FittedSteadied
from onhand.forecast.when_open import FittedWhenOpen

__all__ = ["GROUPS", "group_of_feature", "parts_of"]

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Parts = dict[str, Array]

GROUPS = (
    "level",
    "season",
    "calendar",
    "price and promotion",
    "stock status",
    "life cycle",
    "other signals",
    "past errors",
)


def parts_of(
    fitted: FittedForecaster,
    history: DemandHistory,
    horizon: int,
    rows: Rows,
    *,
    into_trees: bool = True,
) -> Parts:
    """The parts of the mean of some stock points, name of a group -> (n, H) units, in `GROUPS`' order.

    Parameters
    ----------
    fitted : FittedForecaster
        Fitted on `history`.
    rows : (n,) row numbers
        Trees take about a millisecond for each row and period; the others cost nothing.
    into_trees : bool
        False: trees are taken for a forecaster that does not say.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast import MovingAverage, Seasonalised
    >>> monday = np.datetime64("2024-01-01")
    >>> panel = Panel.of([[2, 2, 2, 2, 2, 4, 6] * 3], dates=monday + np.arange(21))
    >>> history = believe(panel)
    >>> fitted = Seasonalised(MovingAverage(7)).fit(history)
    >>> parts = parts_of(fitted, history, 7, np.array([0]))
    >>> {name: units[0, -2:].round(1).tolist() for name, units in parts.items()}
    {'level': [2.9, 2.9], 'calendar': [1.1, 3.1]}
    """
    ask = _Ask(history, horizon, rows, into_trees)
    parts = _parts(fitted, ask)
    hidden = _hidden(history, rows)[:, None] * np.maximum(parts["level"], 0)
    if hidden.any():
        parts["level"] = parts["level"] - hidden
        parts["stock status"] = parts.get("stock status", 0.0) + hidden
    told = fitted.mean(horizon)[rows].astype(np.float64)
    rest = told - sum(parts.values())
    if np.abs(rest).max(initial=0.0) > 1e-3:
        parts["other signals"] = parts.get("other signals", 0.0) + rest
    return {name: parts[name] for name in GROUPS if name in parts}


@dataclass(frozen=True)
class _Ask:
    """What is asked of every forecaster on the way down."""

    history: DemandHistory
    horizon: int
    rows: Rows
    into_trees: bool

    def mean(self, fitted: FittedForecaster) -> Array:
        """The mean of the rows asked about, (n, H)."""
        return fitted.mean(self.horizon)[self.rows].astype(np.float64)


def _parts(fitted: FittedForecaster, ask: _Ask) -> Parts:
    if isinstance(fitted, FittedSeasonalised | FittedItemSeasons):
        is_daily = ask.history.panel.frequency is Frequency.DAY
        inner = _parts(fitted.point, ask)
        added = ask.mean(fitted) - sum(inner.values())
        return _with(inner, "calendar" if is_daily else "season", added)
    if isinstance(fitted, FittedSteadied):
        return _parts(fitted.point, replace(ask, history=fitted.history))
    if isinstance(fitted, FittedResponsive):
        return _answered(fitted, ask)
    if isinstance(fitted, FittedCalibrated):
        return _onto(fitted, fitted.point, "past errors", ask)
    if isinstance(fitted, FittedOwnWidth):
        return _parts(fitted.point, ask)
    if isinstance(fitted, FittedNewItems | FittedEnding):
        return _onto(fitted, fitted.inner, "life cycle", ask)
    if isinstance(fitted, FittedWhenOpen):
        return _onto(fitted, fitted.inner, "calendar", ask)
    if isinstance(fitted, FittedLater):
        longer = replace(ask, history=fitted.history, horizon=ask.horizon + fitted.n_unseen)
        parts = _parts(fitted.inner, longer)
        return {name: units[:, fitted.n_unseen :] for name, units in parts.items()}
    if isinstance(fitted, FittedAligned | FittedReconciled):
        return _onto(fitted, fitted.inner, "level", ask)
    behind = getattr(getattr(fitted, "curve", None), "fitted", None)
    if behind is not None:  # only the spread is another one's
        return _parts(behind, ask)
    calibrated, other = getattr(fitted, "calibrated", None), getattr(fitted, "other", None)
    if calibrated is not None and other is not None:  # one steered by another
        share = float(getattr(fitted, "share", 0.5))
        mixed = _mixed((calibrated, other), (1 - share, share), ask)
        return _held(mixed, ask.mean(fitted))
    if isinstance(fitted, FittedStack):
        return _held(_mixed(fitted.members, fitted.shares.tolist(), ask), ask.mean(fitted))
    if ask.into_trees and getattr(fitted, "ensemble", None) is not None:
        return tree_parts(fitted, ask.history, ask.horizon, ask.rows)
    return _by_shape(ask.mean(fitted))


def _onto(fitted: FittedForecaster, inner: FittedForecaster, name: str, ask: _Ask) -> Parts:
    """The parts of an inner forecaster, and what the outer one adds under a name."""
    parts = _parts(inner, ask)
    added = ask.mean(fitted) - ask.mean(inner)
    return _with(parts, name, added) if np.abs(added).max(initial=0.0) > 1e-6 else parts


def _answered(fitted: FittedResponsive, ask: _Ask) -> Parts:
    """The parts of an inner forecaster, and what each plan adds to or takes from it."""
    parts, base = _parts(fitted.inner, ask), ask.mean(fitted.inner)
    logs = {name: told[ask.rows] for name, told in fitted.response.ahead(ask.horizon).items()}
    total = sum(logs.values())
    factor = _log_mean(np.log(np.maximum(base, 1e-12)), np.asarray(total))
    for name, told in logs.items():
        group = group_of_feature(name, ask.history.panel.known)
        parts = _with(parts, group, factor * told)
    return parts


def _mixed(fitted: Sequence[FittedForecaster], shares: Sequence[float], ask: _Ask) -> Parts:
    """The parts of several, each in proportion to its share."""
    mixed: Parts = {}
    for member, share in zip(fitted, shares, strict=True):
        for name, units in _parts(member, ask).items():
            mixed = _with(mixed, name, share * units)
    return mixed


def _held(parts: Parts, told: Array) -> Parts:
    """The parts of a mean that was not let as far as they add up to: all in proportion."""
    total = sum(parts.values())
    factor = np.divide(told, total, out=np.ones_like(told), where=np.abs(total) > 1e-9)
    return {name: units * factor for name, units in parts.items()}


def _with(parts: Parts, name: str, units: Array) -> Parts:
    return parts | {name: parts.get(name, 0.0) + units}


def _by_shape(mean: Array) -> Parts:
    """The mean over the horizon is the level; what comes and goes around it the season."""
    level = np.repeat(mean.mean(axis=1, keepdims=True), mean.shape[1], axis=1)
    around = mean - level
    return {"level": level} | ({"season": around} if np.abs(around).max(initial=0) > 1e-6 else {})


def _hidden(history: DemandHistory, rows: Rows) -> Array:
    """Share of the level of the last year that counting empty shelves as no demand would lose, (n,)."""
    year = round(history.panel.frequency.per_year)
    believed = history.values[rows, -year:]
    panel = history.panel
    sold = np.maximum(panel.sales[rows, -year:], 0)
    there = np.isfinite(sold) & (panel.is_open[-year:] > 0)
    if (panel.in_stock[rows, -year:] >= 1).all():
        return np.zeros(len(rows))
    n_known = np.maximum(np.isfinite(believed).sum(axis=1), 1)
    level = np.nansum(believed, axis=1, dtype=np.float64) / n_known
    counted = np.where(there, sold, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    share = 1 - np.divide(counted, level, out=np.ones(len(rows)), where=level > 0)
    return np.clip(share, 0.0, 1.0)


def tree_parts(fitted: FittedForecaster, history: DemandHistory, horizon: int, rows: Rows) -> Parts:
    """The parts of a forecast by trees, which must have kept them (`ensemble`)."""
    ensemble = fitted.ensemble  # type: ignore[attr-defined]
    seen = int(fitted.forecast.shape[1])  # type: ignore[attr-defined]
    steps = min(horizon, seen)
    columns, scale = describe(Past.of(history, seen), seen)
    from onhand.forecast.boosted.rows import lay_out

    columns = {name: columns[name] for name in ensemble.names}
    series, step = np.repeat(rows, steps), np.tile(np.arange(steps), len(rows))
    features = lay_out(columns, series, step)
    groups = [group_of_feature(name, history.panel.known) for name in ensemble.names]
    units = np.repeat(scale[rows], steps).astype(np.float64)
    found = {name: np.zeros(len(series)) for name in ["level", *dict.fromkeys(groups)]}
    for booster in ensemble.boosters:
        said = np.asarray(booster.predict(features, pred_contrib=True), dtype=np.float64)
        base, phi = said[:, -1], said[:, :-1]
        is_log = booster.params.get("objective") in ("tweedie", "poisson")
        factor = _log_mean(base, phi.sum(axis=1)) if is_log else np.ones(len(base))
        share = units / len(ensemble.boosters)
        found["level"] += share * (np.exp(base) if is_log else base)
        for name in dict.fromkeys(groups):
            mine = np.array([group == name for group in groups])
            found[name] += share * factor * phi[:, mine].sum(axis=1)
    parts = {name: value.reshape(len(rows), steps) for name, value in found.items()}
    if steps < horizon:  # beyond what the trees see, their last periods go on
        last = np.minimum(np.arange(horizon), steps - 1)
        parts = {name: value[:, last] for name, value in parts.items()}
    return parts


def _log_mean(base: Array, total: Array) -> Array:
    """(f - b) / ln (f / b) for b = e^base and f = e^(base + total); b where they are equal."""
    small = np.abs(total) < 1e-9
    grown = np.expm1(total) / np.where(small, 1.0, total)
    return np.asarray(np.exp(base) * np.where(small, 1.0, grown))


def group_of_feature(name: str, known: Mapping[str, object]) -> str:
    """The group a feature of `onhand.demand.features` belongs to.

    >>> [group_of_feature(n, {"temperature": 0}) for n in ("ewm_0.1", "all_year", "price_change")]
    ['level', 'season', 'price and promotion']
    >>> [group_of_feature(n, {"temperature": 0}) for n in ("weekday", "stock_7", "temperature_step")]
    ['calendar', 'stock status', 'other signals']
    """
    for pattern, group in _PATTERNS:
        if re.search(pattern, name):
            return group
    is_signal = any(name == signal or name.startswith(f"{signal}_") for signal in known)
    return "other signals" if is_signal or name.endswith("_last") else "level"


_PATTERNS = (
    (r"^(stock_|since_stock|back_in_stock)", "stock status"),
    (
        r"price|discount|promotion|promo|coupon|deal|activity|feat|markdown|offer",
        "price and promotion",
    ),
    (r"holiday|weekday|day_of_month|payday|is_open|cycle", "calendar"),
    (r"year|season", "season"),
    (r"^age$", "life cycle"),
)

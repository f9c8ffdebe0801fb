"""How do customers answer to planned prices, promotions and holidays? Few numbers, shared by all items.

    demand ~ level · weekday · Π_k effect_k,      β_ik = β_k + δ_ik

    effect of a price   exp(β x)            x: logarithm of the price over what is regular today
    of anything else    1 + x (exp(β) - 1)  x: how far it is from usual; of a week's days, which share

The level is the mean of the periods around, each cleared of its
own effects, and without the period itself. β is fitted to the whole shop by quasi-likelihood (variance
m + m²/5), believed as τ² / (τ² + s²) of it, s² being its variance over the periods in which something
was planned: what came three times is believed less than what came thirty times. δ_ik is what an item
shows beyond that, drawn to 0 as far as items do not differ more than by chance. Demand never rises
with the shop's own price; another's may do what it does.

Every price of the past is measured against the same one. Whatever is regular today cancels out of a
forecast then, and a lasting change of the price leaves no trace on the day on which it becomes regular.

Only what was planned teaches and is answered to: a price that was merely paid (`Panel.lent`) tells how
much was bought, not what a price does. What has no plan ahead is left in the level, where it always was.

Sources: P. S. H. Leeflang, J. E. Wieringa, T. H. A. Bijmolt and K. H. Pauwels (2015), Modeling Markets,
section 4.4 (multiplicative promotion effects); A. C. Cameron and D. L. Miller (2015), A practitioner's guide
to cluster-robust inference, Journal of Human Resources 50(2); R. DerSimonian and N. Laird (1986),
Meta-analysis in clinical trials (how much items differ).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.forecast.season import seasonal_positions

__all__ = ["FEWEST_OCCASIONS", "MOST_CELLS", "Response", "Signal", "response_of", "signals_of"]

Floats = NDArray[np.float32]
Array = NDArray[np.float64]

MOST_CELLS = (
    200_000  # stock points times periods: a larger shop's trees learn more from plans, and sooner
)
FEWEST_OCCASIONS = 3  # times that something must have begun before anything is learned from it
_AROUND = {Frequency.DAY: 28, Frequency.WEEK: 8, Frequency.MONTH: 3}  # periods of a level, each way
_BLOCK = {Frequency.DAY: 14, Frequency.WEEK: 4, Frequency.MONTH: 2}  # periods that err alike
_MADE = {  # columns made of others that are there: they say nothing new
    "price": ("price_relative", "discount_depth", "promotion_age", "promotion_dip"),
    "promotion": ("promotion_age", "promotion_dip"),
    "holiday": ("to_holiday", "since_holiday"),
}
_OWN_ROUNDS = 2
_ROUNDS = 8  # of levels cleared of effects, and effects against levels
_CROWD = 5.0  # units: above, demand varies in proportion to its mean
_MOST = 3.0  # logarithm of the largest effect
_SELDOM = 0.2  # share of periods that a share is 0 in, at least, for 0 to be its usual value
_NO_DISCOUNT = 0.02  # smaller departures from the regular price are no occasion
_OWN_PRICES = ("price", "price_relative")  # demand never rises with them
_UNSTEADY = "it changes all the time, and only trees tell what it does from what the season does"


@dataclass(frozen=True)
class Signal:
    """A covariate known in advance, measured from what is usual.

    x : (N or 1, T + F) float32, 0: as usual today, or not planned; 1: a flag that is up
    is_on : like x, where it is not what was usual then
    reach : periods after the history that are planned; beyond, a price stays what it is
    is_price : what it does grows with its logarithm
    never_raises : demand never rises with it
    why_not : what keeps it from being used; empty: nothing
    n_occasions : periods of the history in which it began somewhere
    """

    name: str
    x: Floats
    is_on: NDArray[np.bool_]
    reach: int
    is_price: bool
    never_raises: bool
    why_not: str
    n_occasions: int

    @property
    def is_too_new(self) -> bool:
        """Whether it has not recurred often enough to be learned from."""
        return self.n_occasions < FEWEST_OCCASIONS

    def log_effect(self, slope: Any, x: Any) -> Any:
        """Logarithm of what x multiplies demand by, where it is answered with this slope."""
        told = slope * x if self.is_price else np.log1p(x * np.expm1(slope))
        return np.clip(told, -_MOST, _MOST)

    def lean(self, slope: Any, x: Any) -> Any:
        """By how much the logarithm grows with the slope."""
        return x if self.is_price else x * np.exp(slope) / (1 + x * np.expm1(slope))


@dataclass(frozen=True)
class Response:
    """What is used, (K,) of it, and how each stock point answers.

    slopes : (N, K) β, logarithm of demand per unit of x
    cleared : (N, T) effect of all in each past period, > 0
    """

    panel: Panel
    signals: tuple[Signal, ...]
    slopes: Array
    cleared: Floats

    def ahead(self, horizon: int) -> dict[str, Array]:
        """The logarithm of what each signal multiplies demand by, name -> (N, H).

        Beyond its plans a signal is expected to be as often on as in the last year.
        """
        n, t = self.panel.sales.shape
        told = {}
        for k, signal in enumerate(self.signals):
            slope = self.slopes[:, k : k + 1]
            last = t + signal.reach - 1
            column = np.minimum(np.arange(t, t + horizon), last)
            effect = signal.log_effect(slope, signal.x[:, column])
            if not signal.is_price and signal.reach < horizon:
                past = signal.x[:, max(0, t - round(self.panel.frequency.per_year)) : t]
                usual = np.log(np.exp(signal.log_effect(slope, past)).mean(axis=1))
                effect[:, signal.reach :] = usual[:, None]
            told[signal.name] = np.broadcast_to(effect, (n, horizon))
        return told


def signals_of(history: DemandHistory) -> tuple[Signal, ...]:
    """What is known in advance, measured from what is usual, whether or not it can be used.

    >>> promotion = np.zeros((1, 12), np.float32)
    >>> promotion[0, [2, 5, 11]] = 1
    >>> panel = Panel.of([[4, 4, 9, 4, 4, 9, 4, 4, 4, 4]], known={"promotion": promotion})
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 10), bool))
    >>> [(one.name, one.reach, one.n_occasions, one.why_not) for one in signals_of(history)]
    [('promotion', 2, 2, 'it began in 2 periods of the past, and 3 are needed')]
    """
    panel = history.panel
    made = {name for parent, names in _MADE.items() if parent in panel.known for name in names}
    return tuple(
        _signal(name, history) for name in panel.known if name not in made and name != "is_open"
    )


def response_of(history: DemandHistory, later: Response | None = None) -> Response | None:
    """How demand answers to what is planned; None where nothing is, too little was, or trees tell better.

    later : what the same stock points were seen to answer afterwards, for what has not recurred yet
    """
    if not history.panel.known or history.values.size > MOST_CELLS:
        return None
    signals = signals_of(history)
    used = tuple(signal for signal in signals if not signal.why_not)
    slopes = np.empty((history.n_series, 0))
    if used:
        slopes = _own(history, used, _pooled(history, used))
    if later is not None:
        place = {signal.name: k for k, signal in enumerate(later.signals)}
        new = tuple(s for s in signals if s.name in place and s.reach > 0 and s.is_too_new)
        used = (*used, *new)
        slopes = np.hstack([slopes, later.slopes[:, [place[signal.name] for signal in new]]])
    if not used:
        return None
    return Response(history.panel, used, slopes, _effects(used, slopes, history.n_periods))


def _signal(name: str, history: DemandHistory) -> Signal:
    panel, t = history.panel, history.n_periods
    values = panel.known[name]
    marks = panel.lent.get(name)
    is_lent = np.zeros(values.shape, bool) if marks is None else marks[:, : values.shape[1]]
    planned = np.where(is_lent, np.float32(np.nan), values)
    told = np.flatnonzero(np.isfinite(planned).any(axis=0))
    reach = int(told[-1]) + 1 - t if len(told) else 0
    is_price = "price" in name
    if is_price:
        x, is_on = _over_regular(values, planned, t, panel.frequency)
        is_steady = name in _OWN_PRICES or is_on[:, :t].mean() < 0.5
        why_not = "" if is_steady else _UNSTEADY
    else:
        x, why_not = _from_usual(planned, t)
        is_on = x != 0
    was_on = is_on[:, :t] & np.isfinite(history.values)
    began = was_on & ~np.pad(was_on, ((0, 0), (1, 0)))[:, :-1]
    n_occasions = int(began.any(axis=0).sum())
    if reach <= 0:
        why_not = "nothing of it is planned ahead"
    elif not why_not and n_occasions < FEWEST_OCCASIONS:
        times = "period" if n_occasions == 1 else "periods"
        why_not = (
            f"it began in {n_occasions} {times} of the past, and {FEWEST_OCCASIONS} are needed"
        )
    return Signal(name, x, is_on, reach, is_price, name in _OWN_PRICES, why_not, n_occasions)


def _from_usual(planned: Floats, t: int) -> tuple[Floats, str]:
    """How far a flag or share (N or 1, W) is from its usual value; larger numbers as shares."""
    seen = planned[:, :t]
    seen = seen[np.isfinite(seen)]
    is_share = len(seen) and seen.min() >= 0 and seen.max() <= 1 and (seen == 0).mean() >= _SELDOM
    usual = 0.0 if is_share or not len(seen) else float(np.median(seen))
    x = np.abs(np.nan_to_num(planned - np.float32(usual)))
    if len(seen) and not is_share and (seen == usual).mean() < 0.5:
        return x, _UNSTEADY
    size = max(1.0, float(x[:, :t].max(initial=0.0)))
    return np.minimum(x / size, 1).astype(np.float32), ""


def _over_regular(
    values: Floats, planned: Floats, t: int, frequency: Frequency
) -> tuple[Floats, NDArray[np.bool_]]:
    """Logarithm of a planned price over what is regular now, and where it is not what was regular then.

    Regular is the upper price of the last quarter: a fifth of it was at least as dear. Where nothing is
    planned, the price is the regular one. A planned price stands until another one is planned.
    """
    regular = _regular(values[:, :t], frequency)
    now = regular[:, -1:]
    usual = np.concatenate([regular, np.repeat(now, values.shape[1] - t, axis=1)], axis=1)
    price = np.concatenate([planned[:, :t], _carried(planned[:, t:])], axis=1)
    is_told = (price > 0) & np.isfinite(usual) & (usual > 0)
    apart = np.log(np.divide(price, usual, out=np.ones(price.shape, np.float32), where=is_told))
    is_comparable = np.isfinite(usual) & (usual > 0) & np.isfinite(now) & (now > 0)
    moved = np.log(np.divide(usual, now, out=np.ones(usual.shape, np.float32), where=is_comparable))
    most = 1.5 * np.abs(apart[:, :t]).max(initial=0.0)  # further than that, nothing is promised
    apart[:, t:] = np.clip(apart[:, t:], -most, most)
    return (apart + moved).astype(np.float32), np.abs(apart) >= _NO_DISCOUNT


def _regular(past: Floats, frequency: Frequency) -> Floats:
    """What was regular in each period of the past, (N or 1, T); -inf before the first price."""
    lags = {Frequency.DAY: range(0, 96, 8), Frequency.WEEK: range(13), Frequency.MONTH: range(6)}
    shifted = [
        np.pad(past, ((0, 0), (k, 0)), constant_values=np.nan)[:, : past.shape[1]]
        for k in lags[frequency]
    ]
    window = np.sort(np.where(np.isfinite(shifted), shifted, -np.inf), axis=0)[::-1]  # high to low
    place = np.maximum((np.isfinite(window).sum(axis=0) - 1) // 5, 0)
    return np.asarray(np.take_along_axis(window, place[None], axis=0)[0])


def _carried(values: Floats) -> Floats:
    """Gaps filled with the last value before them; NaN before the first."""
    at = np.where(np.isfinite(values), np.arange(values.shape[1]), 0)
    np.maximum.accumulate(at, axis=1, out=at)
    return np.take_along_axis(values, at, axis=1) if values.shape[1] else values


def _effects(used: tuple[Signal, ...], slopes: Array, t: int) -> Floats:
    """What everything together multiplied demand by, (N, T); slopes : (N or 1, K)."""
    total = sum(s.log_effect(slopes[:, k : k + 1], s.x[:, :t]) for k, s in enumerate(used))
    return np.exp(np.clip(total, -_MOST, _MOST)).astype(np.float32)


@dataclass(frozen=True)
class _Against:
    """Demand against what slopes say of it, each (N, T) or (K, N, T).

    lean : by how much the logarithm of what is expected grows with each slope, beyond what the level
        around would take back; 0 where demand is not known
    weight : of a unit of error
    expected, error : units
    unrest : variance of the logarithm of the whole shop's demand around what was expected of it
    """

    lean: Array
    weight: Array
    expected: Array
    error: Array
    unrest: float

    @classmethod
    def of(cls, history: DemandHistory, used: tuple[Signal, ...], slopes: Array) -> _Against:
        """Of the level around each period, cleared of the effects of these slopes, (N or 1, K)."""
        panel, (n, t) = history.panel, history.values.shape
        is_known = np.isfinite(history.values) & ~history.is_censored
        demand = np.where(is_known, history.values, 0).astype(np.float64)
        effects = _effects(used, slopes, t)
        is_within = (
            np.abs(np.log(effects)) < 0.999 * _MOST
        )  # beyond, a steeper slope changes nothing
        told = np.where(is_known, effects, 0).astype(np.float64)
        overall = demand.sum(axis=1) / np.maximum(told.sum(axis=1), 1)
        if panel.frequency is Frequency.DAY:
            told = told * _of_weekdays(panel, demand, told * overall[:, None])
        width = _AROUND[panel.frequency]
        sold, usual = _around(demand, width), _around(told, width)
        level = (sold + 2 * overall[:, None]) / (usual + 2)
        lean = np.empty((len(used), n, t))
        for k, signal in enumerate(used):
            own = np.broadcast_to(signal.lean(slopes[:, k : k + 1], signal.x[:, :t]), (n, t))
            own = np.where(is_known & is_within, own, 0)
            lean[k] = np.where(is_known, own - _around(told * own, width) / (usual + 2), 0)
        expected = level * told
        whole, all_told = demand.sum(axis=0), expected.sum(axis=0)
        is_open = (whole > 0) & (all_told > 0)
        unrest = float(np.var(np.log(whole[is_open] / all_told[is_open]))) if is_open.any() else 0.0
        return cls(lean, 1 / (1 + level / _CROWD), expected, demand - expected, unrest)


def _of_weekdays(panel: Panel, demand: Array, usual: Array) -> Array:
    """What each day's weekday multiplies the level by, (T,)."""
    day = seasonal_positions(panel.dates, panel.frequency)
    sold, told = (np.bincount(day, units.sum(axis=0), 7) for units in (demand, usual))
    factor = np.divide(sold, told, out=np.ones(7), where=told > 0)
    return np.asarray(np.maximum(factor, 1e-3)[day])


def _around(values: Array, width: int) -> Array:
    """Sums over each period and `width` on both sides of it, (N, T)."""
    n, t = values.shape
    sums = np.zeros((n, t + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    last = np.minimum(np.arange(t) + width + 1, t)
    first = np.maximum(np.arange(t) - width, 0)
    return np.asarray(sums.take(last, axis=1) - sums.take(first, axis=1))


def _pooled(history: DemandHistory, used: tuple[Signal, ...]) -> Array:
    """The slopes (K,) of the whole shop, as far as they are believed."""
    is_bound = np.array([signal.never_raises for signal in used])
    slope, spread = _fitted(history, used, np.ones(len(used), bool))
    if (is_wrong := is_bound & (slope > 0)).any():  # by chance it was dear when much was wanted
        slope, spread = _fitted(history, used, ~is_wrong)
    squared = np.maximum(slope**2, 1e-12)
    return slope * np.maximum(0.0, 1 - spread / squared)


def _fitted(
    history: DemandHistory, used: tuple[Signal, ...], is_free: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Slopes of greatest quasi-likelihood, 0 where not free, and their variances, (K,) each."""
    slope = np.zeros(len(used))
    for _ in range(_ROUNDS):
        seen = _Against.of(history, used, slope[None])
        lean = seen.lean * is_free[:, None, None]
        score = lean * (seen.weight * seen.error)
        flat = lean.reshape(len(used), -1)
        bend = (flat * (seen.weight * seen.expected).ravel()) @ flat.T + np.eye(len(slope))
        step = np.clip(np.linalg.solve(bend, score.sum(axis=(1, 2)) - slope), -1, 1)
        slope = slope + step
        if np.abs(step).max(initial=0.0) < 0.02:
            break
    starts = _blocks(history)
    of_blocks = np.add.reduceat(score.sum(axis=1), starts, axis=1)  # what strikes all counts once
    inverse = np.linalg.inv(bend)
    spread = np.diag(inverse @ (of_blocks @ of_blocks.T) @ inverse)
    is_on = np.stack([s.is_on[:, : history.n_periods].any(axis=0) for s in used])
    n_on = np.maximum(is_on.sum(axis=1), 1)
    n_blocks = np.maximum(np.logical_or.reduceat(is_on, starts, axis=1).sum(axis=1), 2)
    spread = spread * n_blocks / (n_blocks - 1) + seen.unrest / n_on
    return np.where(is_free, slope, 0.0), spread


def _blocks(history: DemandHistory) -> NDArray[np.int64]:
    """Where stretches begin whose periods err alike: levels drift, and shocks last."""
    return np.arange(0, history.n_periods, _BLOCK[history.panel.frequency])


def _own(history: DemandHistory, used: tuple[Signal, ...], pooled: Array) -> Array:
    """The slopes of each stock point, (N, K): those of its item, as far as items differ."""
    item = np.unique(history.panel.items, return_inverse=True)[1]
    slopes = np.tile(pooled, (int(item.max(initial=0)) + 1, 1))
    doubt = np.full(len(used), np.nan)  # how strongly items are drawn to what is shared
    for _ in range(_OWN_ROUNDS):
        seen = _Against.of(history, used, slopes[item])
        for k, signal in enumerate(used):
            if signal.never_raises and pooled[k] == 0:
                continue
            gradient, bend, chance = _of_items(history, seen, k, item)
            if np.isnan(doubt[k]):
                doubt[k] = _doubt(gradient, bend, chance)
            apart = slopes[:, k] - pooled[k]
            step = (gradient - np.minimum(doubt[k], 1e12) * apart) / (bend + doubt[k])
            slopes[:, k] += np.clip(step, -1, 1)
            if signal.never_raises:
                slopes[:, k] = np.minimum(slopes[:, k], 0)
    return np.asarray(slopes[item])


def _of_items(
    history: DemandHistory, seen: _Against, k: int, item: NDArray[np.int64]
) -> tuple[Array, Array, float]:
    """Gradient and curvature of each item's likelihood in its slope, (I,), and the variance of the
    former over the latter, from stretch to stretch."""
    lean, score = seen.lean[k], seen.lean[k] * seen.weight * seen.error
    n_items = int(item.max(initial=0)) + 1
    gradient = np.bincount(item, score.sum(axis=1), n_items)
    bend = np.bincount(item, (lean**2 * seen.weight * seen.expected).sum(axis=1), n_items)
    stirred = np.add.reduceat(score, _blocks(history), axis=1)
    chance = float((stirred**2).sum() / max(bend.sum(), 1e-9))
    return gradient.astype(np.float64), bend.astype(np.float64), chance


def _doubt(gradient: Array, bend: Array, chance: float) -> float:
    """chance / τ², τ² being the variance of the slopes of items; infinite where chance explains it all."""
    told = bend > 0
    if told.sum() < 2:
        return np.inf
    excess = float((gradient[told] ** 2 / bend[told]).sum() - chance * told.sum())
    apart = excess / float(bend.sum() - (bend**2).sum() / bend.sum())
    return chance / apart if apart > 0 else np.inf

"""Where in its life does each stock point stand: not yet launched, young, selling, or over?

**Launch.** A stock point begins with its first period in the panel that is not NaN; its *age* is the
number of periods since.

**Death.** Nobody writes down that an item is over; it falls silent. A silence of k periods has two
explanations: an item that still sells had k unlucky periods, or it died during them. With a selling
and b silent periods up to its last sale, on top of what is usual in the shop, Beta(a0, b0), an item
that still sells is silent for k periods with chance

    s(k) = B(a, b + k) / B(a, b)

and if a stock point dies after each period with the chance h (the *hazard*), then

    P(alive) = (1 - h)^k s(k) / [ (1 - h)^k s(k) + h Σ_{j<k} (1 - h)^j s(j) ]

This is the beta-geometric / beta-Bernoulli model of customers who leave without saying so, with items
in their place; h is the one under which the silences of the whole shop are most likely. Periods of
which nothing is known (no stock, closed) are no silence. Nor is a period around which the stock point
was silent a year earlier, too: a Christmas item is not dead in June.

Source: P. S. Fader, B. G. S. Hardie and J. Shang (2010), Customer-base analysis in a discrete-time
noncontractual setting, Marketing Science 29(6), 1086-1108, doi:10.1287/mksc.1100.0580.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.features import Lookback
from onhand.demand.history import DemandHistory

__all__ = ["Survival", "ages", "launches", "survival"]

Array = NDArray[np.float64]

_HAZARDS = np.concatenate([[0.0], np.geomspace(1e-4, 0.1, 16)])
_LONGEST = 120  # silent periods; longer ones are all the same
_SAMPLE = 5000  # rows from which the hazard is learned


def launches(history: DemandHistory) -> NDArray[np.int64]:
    """The first period of each stock point, (N,); T: not launched yet.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> nan = np.nan
    >>> launches(believe(Panel.of([[1, 2, 3], [nan, 0, 2], [nan, nan, nan]]))).tolist()
    [0, 1, 3]
    """
    exists = np.isfinite(history.panel.sales)
    return np.where(exists.any(axis=1), exists.argmax(axis=1), history.n_periods).astype(np.int64)


def ages(history: DemandHistory) -> NDArray[np.int64]:
    """Periods since the launch of each stock point, (N,); 0: not launched yet."""
    return history.n_periods - launches(history)


@dataclass(frozen=True)
class Survival:
    """How likely each stock point still sells at all.

    alive : (N,) chance 0..1; 1 where it sold in its last known period, or has never sold
    silent : (N,) known periods since the last sale that say something
    hazard : chance with which a stock point of this shop dies after a period
    returns : share 0..1 of their former demand that stock points believed dead still see
    """

    alive: Array
    silent: NDArray[np.int64]
    hazard: float
    returns: float = 0.0

    def over(self, horizon: int) -> Array:
        """Share of its demand that is left of each stock point in each coming period, (N, H)."""
        alive = self.alive[:, None] * (1 - self.hazard) ** np.arange(1, horizon + 1)
        return np.asarray(alive + (1 - alive) * self.returns)


def survival(history: DemandHistory) -> Survival:
    """How likely each stock point still sells, judged by its silence and by the shop's hazard.

    Nothing is learned of returns where no past quarter can be looked back on: none is then expected.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> sold = [[1] * 40] * 30 + [[1] * 20 + [0] * 20] * 10
    >>> found = survival(believe(Panel.of(sold)))
    >>> found.alive[[0, -1]].round(3).tolist()
    [1.0, 0.0]
    """
    return replace(_now(history), returns=_returns(history))


def _returns(history: DemandHistory) -> float:
    """Share of their former demand that stock points which seemed dead went on to sell, 0..1."""
    quarter, n_periods = history.panel.frequency.quarter, history.n_periods
    year = round(history.panel.frequency.per_year)
    due, came = 0.0, 0.0
    for k in (1, 2, 3):
        origin = n_periods - k * quarter
        if origin < quarter:
            break
        then = history.until(origin)
        dead = 1 - _now(then).alive
        dead[dead < 0.5] = 0.0
        known = np.isfinite(then.values[:, -year:])
        rate = np.nansum(then.values[:, -year:], axis=1) / np.maximum(known.sum(axis=1), 1)
        after = history.values[:, origin : origin + quarter]
        expected = rate[:, None] * np.isfinite(after)
        alive = ((1 - dead)[:, None] * expected).sum(axis=1)
        seen = np.minimum(np.nansum(after, axis=1), expected.sum(axis=1))
        came += float(np.maximum(seen - alive, 0)[dead > 0].sum())
        due += float((dead[:, None] * expected).sum())
    return came / due if due > 0 else 0.0


def _now(history: DemandHistory) -> Survival:
    """The survival without returns."""
    values = history.values
    n, n_periods = values.shape
    is_known, is_sold = np.isfinite(values), values > 0
    has_sold = is_sold.any(axis=1)
    first = np.where(has_sold, is_sold.argmax(axis=1), n_periods)
    last = np.where(has_sold, n_periods - 1 - is_sold[:, ::-1].argmax(axis=1), n_periods)
    t = np.arange(n_periods)
    # The first sale is left out: the history begins there because it sold.
    between = is_known & (t > first[:, None]) & (t <= last[:, None])
    n_between = between.sum(axis=1)
    n_selling = (between & is_sold).sum(axis=1)
    silent = is_known & (t > last[:, None]) & ~_quiet_last_year(history, first)
    n_silent = np.minimum(silent.sum(axis=1), _LONGEST)
    usual = _usual(n_selling[has_sold], n_between[has_sold])
    a = usual[0] + n_selling
    b = usual[1] + n_between - n_selling
    learning = np.flatnonzero(has_sold)
    if len(learning) > _SAMPLE:
        learning = learning[np.linspace(0, len(learning) - 1, _SAMPLE).astype(np.int64)]
    hazard = _hazard(a[learning], b[learning], n_between[learning], n_silent[learning])
    alive = np.ones(n)
    mute = has_sold & (n_silent > 0)
    lives, dies = _silences(a[mute], b[mute], n_silent[mute], np.array([hazard]))
    alive[mute] = lives[:, 0] / (lives[:, 0] + dies[:, 0])
    return Survival(alive, n_silent, hazard)


def _quiet_last_year(history: DemandHistory, first: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Periods around which the stock point sold nothing for a quarter a year earlier, (N, T)."""
    look = Lookback.at(history.panel.frequency)
    near = history.panel.frequency.quarter // 2
    n, t = history.values.shape
    quiet = np.zeros((n, t), dtype=bool)
    if t <= look.year:
        return quiet
    sold = np.cumsum(np.nan_to_num(history.values) > 0, axis=1)
    then = np.arange(t - look.year)  # the same periods, a year earlier
    until = np.minimum(then + near, t - 1)
    since = then - near - 1
    before = np.where(since >= 0, sold[:, np.maximum(since, 0)], 0)
    has_begun = then[None, :] - near >= first[:, None]
    quiet[:, look.year :] = has_begun & (sold[:, until] - before == 0)
    return quiet


def _usual(n_selling: NDArray[np.int64], n_between: NDArray[np.int64]) -> tuple[float, float]:
    """Beta(a0, b0) of the share of selling periods between first and last sale, by its moments."""
    told = n_between >= 8
    if told.sum() < 10:
        return 1.0, 1.0
    share = n_selling[told] / n_between[told]
    mean, variance = float(share.mean()), float(share.var())
    if not 0.01 < mean < 0.99 or variance <= 0:
        return 1.0, 1.0
    strength = np.clip(mean * (1 - mean) / variance - 1, 0.5, 20.0)
    return float(mean * strength), float((1 - mean) * strength)


def _hazard(a: Array, b: Array, lived: NDArray[np.int64], silent: NDArray[np.int64]) -> float:
    """The hazard under which all silences together are most likely."""
    if len(a) < 10:
        return 0.0
    lives, dies = _silences(a, b, silent, _HAZARDS)
    with np.errstate(divide="ignore"):
        likelihood = np.log(lives + dies) + lived[:, None] * np.log1p(-_HAZARDS)
    return float(_HAZARDS[int(likelihood.sum(axis=0).argmax())])


def _silences(a: Array, b: Array, silent: NDArray[np.int64], hazards: Array) -> tuple[Array, Array]:
    """Chance of each silence by an item that lives, and by one that died in it, both (n, hazards)."""
    share = np.ones(len(a))  # s(j)
    stays = np.ones(len(hazards))  # (1 - h)^j
    dies = np.zeros((len(a), len(hazards)))
    lives = np.ones((len(a), len(hazards)))
    for j in range(int(silent.max(initial=0))):
        now = j < silent
        dies[now] += hazards * stays * share[now, None]
        share[now] *= (b[now] + j) / (a[now] + b[now] + j)
        stays = stays * (1 - hazards)
        lives[now] = stays * share[now, None]
    return lives, dies

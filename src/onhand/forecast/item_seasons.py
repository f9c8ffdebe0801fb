"""What if one item's season is not the shop's? Christmas cards end in January, whatever the shop does.

One item is too noisy to tell its own season from chance, and the whole shop knows nothing of cards.
So an item's seasonal factor is found in three steps, each drawn towards the one before by how much
its own evidence weighs:

    shop      f(p)                            as in `Seasonalised`
    group     g(p) = (O_g + k) / (E_g + k)
    own       r(p) = (O + k g(p)) / (E + k)

O is what was sold around position p of the season, with the shop's season taken out, and E what the
item's own level would have sold there, both over φ, the variance / mean of one period's demand; O_g and
E_g are their sums over the items of a group. The groups are the values of the attributes (a category,
a brand) and the words of the titles. Of all groups that an item belongs to, the one with the most
telling season speaks for it: the largest Σ_p E_g (g log g - g + 1) / Σ_p E_g, g being drawn to 1 already
where little is known. A season that was seen once is believed only in part.

Source: shrinkage of seasonal factors towards those of a group: A. Dalhart (1974), Class seasonality: a
new approach, American Production and Inventory Control Society Conference Proceedings; K. Bunn and
A. Vassilopoulos (1999), International Journal of Forecasting 15(4), doi:10.1016/S0169-2070(99)00005-X.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.demand.likeness import attributes
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.season import seasonal_positions
from onhand.forecast.seasonalised import Seasonalised
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["ItemSeasons"]

Array = NDArray[np.float64]

_LEAST_FACTOR = 0.1  # of an item's level: dividing by less would make a season of one sale
_FEWEST = 8  # items that a group needs
_SEEN_ONCE = 0.7
GROUP_DOUBT = 4.0  # units over φ: groups are large, and need little


@dataclass(frozen=True)
class ItemSeasons:
    """Another forecaster, fitted on demand divided by seasonal factors of each item's own.

    Parameters
    ----------
    point : Forecaster
        Sees deseasonalised demand; its forecasts are multiplied by the factors of their periods.
    doubt : float, > 0
        k above: how many units (over φ) an item should have sold around a position to be believed as
        much as its group.
    n_seasons : number of seasons, >= 1
        As for `Seasonalised`, which speaks alone where there is no more than one season. With a shorter
        history than this an item's season is found in demand over the shop's level, and believed in part.

    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> year = np.r_[np.full(44, 2.0), np.full(8, 80.0)]     # cards sell at the end of the year
    >>> rows = [np.tile(year, 3)[:145]] * 10 + [np.full(145, 14.0)] * 90
    >>> titles = np.array(["christmas card"] * 10 + ["writing paper"] * 90)
    >>> history = believe(Panel.of(rows, frequency=Frequency.WEEK, static={"title": titles}))
    >>> Seasonalised(MovingAverage(52)).fit(history).mean(20)[0, [9, 19]].round().tolist()
    [15.0, 9.0]
    >>> ItemSeasons(MovingAverage(52)).fit(history).mean(20)[0, [9, 19]].round().tolist()
    [55.0, 2.0]
    """

    point: Forecaster
    doubt: float = 32.0
    n_seasons: float = 2.0

    def __post_init__(self) -> None:
        if not self.doubt > 0:
            raise ConfigError(f"doubt is {self.doubt}; it must be above 0")

    @property
    def name(self) -> str:
        """`tsb with item seasons`."""
        return f"{self.point.name} with item seasons"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The factors of every item, and the inner forecaster fitted on what remains without them."""
        panel = history.panel
        season = panel.frequency.season
        shared = Seasonalised(self.point, self.n_seasons)
        if history.n_periods <= season or panel.frequency is Frequency.DAY:
            return shared.fit(history)
        positions = seasonal_positions(panel.dates, panel.frequency)
        shop, level = shared.told_apart(history)
        own = _own_factors(
            replace(history, values=(history.values / level).astype(np.float32)),
            shop,
            positions,
            self.doubt,
        )
        factors = shop[None, :] * own  # (N, 53)
        factors = np.maximum(factors, _LEAST_FACTOR)
        flat = (history.values / factors[:, positions]).astype(np.float32)
        fitted = self.point.fit(replace(history, values=flat))
        return FittedItemSeasons(panel, fitted, factors, is_count(history.values))


@dataclass(frozen=True)
class FittedItemSeasons:
    """A fitted forecaster of deseasonalised demand, and the factors (N, 53) by seasonal position."""

    panel: Panel
    point: FittedForecaster
    factors: Array
    is_count: NDArray[np.bool_]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The inner mean times the factor of each period, (N, H)."""
        return self.point.mean(horizon) * self._ahead(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """The inner paths times the factors, (len(rows), n_samples, H); whole units stay whole."""
        from onhand.forecast.kernels import round_at_random

        told = self.point.paths(horizon, n_samples, rng=rng, rows=rows)
        values = round_at_random(
            told.values * self._ahead(horizon)[rows, None, :],
            self.is_count[rows],
            of_rows(rows, self.panel.n_series),
            draw_seed(rng),
        )
        return replace(told, values=values)

    def _ahead(self, horizon: int) -> NDArray[np.float32]:
        panel = self.panel
        positions = seasonal_positions(panel.future_dates(horizon), panel.frequency)
        return self.factors[:, positions].astype(np.float32)


def _own_factors(
    history: DemandHistory, shop: Array, positions: NDArray[np.int64], doubt: float
) -> Array:
    """How each item's season stands to the shop's, (N, 53) around 1."""
    season = history.panel.frequency.season
    values = history.values / shop[positions]
    known = np.isfinite(values)
    sold = np.where(known, values, 0.0).astype(np.float64)
    level = _local_mean(sold, known, season)
    near = 2 if history.panel.frequency is Frequency.WEEK else 0
    place = _around(positions, near)  # (T, 53)
    own_sold, own_due = sold @ place, (level * known) @ place
    ratio = _ratio(sold, known)
    own_sold, own_due = own_sold / ratio, own_due / ratio
    likes = _group_ratios(history.panel, own_sold, own_due, GROUP_DOUBT)
    own = (own_sold + doubt * likes) / (own_due + doubt)
    if history.n_periods < 2 * season:
        own = own**_SEEN_ONCE
    seen = np.bincount(positions, minlength=53) > 0
    own[:, ~seen] = 1.0
    # On the whole an item's season neither adds nor takes demand.
    return own / np.maximum(own[:, seen].mean(axis=1, keepdims=True), 1e-6)


def _local_mean(sold: Array, known: NDArray[np.bool_], season: int) -> Array:
    """Mean of the known periods within half a season on each side, (N, T); cut short at the ends.

    Near an end half a season would be all there is, and it would be high season or low season: there
    the nearest whole season is taken.
    """
    n_periods = sold.shape[1]
    t = np.arange(n_periods)
    start = np.clip(t - season // 2, 0, max(n_periods - season, 0))
    stop = np.minimum(start + season, n_periods)
    sums = np.concatenate([np.zeros((len(sold), 1)), np.cumsum(sold, axis=1)], axis=1)
    counts = np.concatenate([np.zeros((len(sold), 1)), np.cumsum(known, axis=1)], axis=1)
    count = counts[:, stop] - counts[:, start]
    return np.asarray((sums[:, stop] - sums[:, start]) / np.maximum(count, 1))


def _around(positions: NDArray[np.int64], near: int) -> Array:
    """How much each period says about each seasonal position, (T, 53): weeks lend to their neighbours."""
    place = np.zeros((len(positions), 53))
    for apart in range(-near, near + 1):
        np.add.at(
            place, (np.arange(len(positions)), (positions + apart) % 52), near + 1 - abs(apart)
        )
    place[:, 52] = place[:, 51]
    return place / (near + 1) ** 2


def _ratio(sold: Array, known: NDArray[np.bool_]) -> Array:
    """Variance / mean of one period's demand, (N, 1) >= 1; what changes slowly is no noise."""
    both = known[:, 1:] & known[:, :-1]
    change = np.where(both, np.diff(sold, axis=1) ** 2 / 2, 0.0).sum(axis=1)
    mean = np.where(both, sold[:, 1:], 0.0).sum(axis=1)
    ratio = np.divide(change, mean, out=np.ones(len(sold)), where=mean > 0)
    return np.asarray(np.maximum(ratio, 1.0))[:, None]


def _group_ratios(panel: Panel, sold: Array, due: Array, doubt: float) -> Array:
    """The season of the most telling group of each item, over the shop's, (N, 53); 1 without a group.

    sold, due : (N, 53) what was and what would have been sold around each position, over φ
    """
    member = _groups(panel)  # (N, G)
    if member.shape[1] == 0:
        return np.ones_like(sold)
    by_group = np.asarray(member.T @ due)
    ratio = (np.asarray(member.T @ sold) + doubt) / (by_group + doubt)
    telling = (by_group * (ratio * np.log(ratio) - ratio + 1)).sum(axis=1)
    telling /= np.maximum(by_group.sum(axis=1), 1e-12)
    scored = member.multiply(telling[None, :] + 1e-9).tocsr()
    best = np.asarray(scored.argmax(axis=1)).ravel()
    has_any = np.diff(scored.indptr) > 0
    return np.where(has_any[:, None], ratio[best], 1.0)


def _groups(panel: Panel) -> sparse.csr_matrix:
    """Which items belong to which groups, (N, G): attribute values and words of at least `_FEWEST`."""
    n = panel.n_series
    names = [
        [f"{name}={value}" for value in values.tolist()]
        for name, values in attributes(panel).items()
        if name != "location"
    ]
    titles = np.asarray(panel.static.get("title", panel.items), dtype=np.str_)
    words = (
        [] if (titles == panel.items).all() else [re.findall(r"\w{3,}", t.lower()) for t in titles]
    )
    pairs = [(row, name) for column in names for row, name in enumerate(column)]
    pairs += [(row, word) for row, found in enumerate(words) for word in set(found)]
    if not pairs:
        return sparse.csr_matrix((n, 0))
    rows = np.array([row for row, _ in pairs])
    _, group = np.unique(np.array([name for _, name in pairs]), return_inverse=True)
    member = sparse.csr_matrix((np.ones(len(rows)), (rows, group)))
    member.resize((n, member.shape[1]))
    size = np.asarray(member.sum(axis=0)).ravel()
    return sparse.csr_matrix(member[:, size >= _FEWEST])

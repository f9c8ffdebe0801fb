"""What will an item sell of which nothing has been seen yet? What its likes sold when they were new.

The forecast of a young stock point has three parts, each learned from the shop itself:

- **Level.** What comparable stock points sell now: those of the same item elsewhere, the same
  location, category, supplier, price, and those with a similar title. Which of these says how much is
  learned from all stock points that are not young, each treated as if nothing were known of it
  (a regression with log link on the leave-one-out means of its groups).
- **Launch profile.** How stock points that were launched within the history stood to that level, by
  age: most never reach the level of those that stayed.
- **Own evidence.** A stock point's own factor is Gamma distributed before it sells anything, with
  mean 1 and the variance v that launches really had around level × profile. After n periods in which E
  units were expected and Y sold, it is drawn towards Y / E as credibility theory has it:

      g = (1 + k Y / E) / (1 + k),   k = n v / c

  with c the squared relative deviation of one period's demand at that pace: the first week moves it,
  the more, the steadier items of its size sell. Where a history begins with its first sale, that
  sale counts only as far as it says more than that there was one.

With age the forecast passes to the inner forecaster, world by world.

Source: the credibility factor is H. Bühlmann (1967), Experience rating and credibility, ASTIN Bulletin
4(3), doi:10.1017/S0515036100008989; splitting level from launch profile is common for fashion items.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.catalogue import OncePerCatalogue
from onhand.demand.history import DemandHistory
from onhand.demand.lifecycle import ages
from onhand.demand.likeness import TitleLikes, attributes
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths
from onhand.forecast.shared import OncePerHistory
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["NewItems", "announced"]

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

_YOUNG = {Frequency.DAY: 56, Frequency.WEEK: 13, Frequency.MONTH: 6}
_RECENT = {Frequency.DAY: 56, Frequency.WEEK: 13, Frequency.MONTH: 6}
_FEWEST_DONORS = 10
_LIKES = 15  # titles that lend their level
_SHRINK = 3.0  # stock points' worth of the whole shop that is mixed into each group's mean
_MOST_TIMES = 8.0  # launches that sold more times their level than this count as this much
_FACTORS = (0.05, 20.0)  # of the shop's usual level: what a regression may say
_LEARNERS = 1500  # stock points that the regression, and as many that the profile, is learned from


@dataclass(frozen=True)
class NewItems:
    """Another forecaster, with what comparable items did for stock points that are still young.

    Parameters
    ----------
    inner : Forecaster
        Speaks for everything that is not young, and more and more for what grows up.
    young : int or None, periods
        The age from which the inner forecaster speaks alone. None: 56 days, 13 weeks or 6 months.

    from_nothing : bool
        Whether stock points that are not launched yet (age 0) get a forecast, too. In a replay, rows that
        have not sold yet are there only because they will: to forecast those would be hindsight. Say
        yes where the rows are those of a catalogue.

    Where fewer than ten stock points are old enough to learn from, the inner forecaster speaks for all.

    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> nan = np.nan
    >>> rows = [[4.0] * 40] * 12 + [[nan] * 40]           # the last one is launched tomorrow
    >>> history = believe(Panel.of(rows, frequency=Frequency.WEEK))
    >>> MovingAverage(8).fit(history).mean(1)[-1].tolist()
    [0.0]
    >>> NewItems(MovingAverage(8), from_nothing=True).fit(history).mean(1)[-1].round(1).tolist()
    [4.0]
    """

    inner: Forecaster
    young: int | None = None
    from_nothing: bool = False

    def __post_init__(self) -> None:
        if self.young is not None and self.young < 1:
            raise ConfigError(f"young is {self.young}; choose at least 1 period, or None")

    @property
    def name(self) -> str:
        """The inner forecaster's name: for almost all stock points it is the one who speaks."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The inner forecaster, fitted, and what comparable items say about the young ones."""
        return self.around(self.inner.fit(history), history)

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learns once; comparable items are looked up anew each time."""
        ready = taught(self.inner, history)
        return _Learned(self, ready)

    def around(self, fitted: FittedForecaster, history: DemandHistory) -> FittedForecaster:
        """A forecaster that was fitted on `history`, with what comparable items say."""
        young = self.young or _YOUNG[history.panel.frequency]
        age = ages(history)
        is_young = age < min(young, history.n_periods)
        if not self.from_nothing:
            is_young &= age > 0
        if not is_young.any():
            return fitted
        shop = _known_shop(history, young)
        if shop is None:
            return fitted
        rows = np.flatnonzero(is_young)
        return _fitted(fitted, history, shop, rows, age[rows], young)


def announced(
    fitted: FittedForecaster, history: DemandHistory, starts: Rows, young: int | None = None
) -> FittedForecaster:
    """A fitted forecaster, with what comparable items say of stock points that are announced.

    Parameters
    ----------
    fitted : fitted on `history`; it goes on speaking for all others
    starts : (N,) periods until each is launched, 0: in the next period; -1: not announced
    young : as in `NewItems`

    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> rows = [[4.0] * 40] * 12 + [[np.nan] * 40]
    >>> history = believe(Panel.of(rows, frequency=Frequency.WEEK))
    >>> fitted = MovingAverage(8).fit(history)
    >>> announced(fitted, history, np.array([-1] * 12 + [1])).mean(3)[-1].round(1).tolist()
    [0.0, 4.0, 4.0]
    """
    rows = np.flatnonzero(starts >= 0)
    young = young or _YOUNG[history.panel.frequency]
    shop = _known_shop(history, young) if len(rows) else None
    if shop is None:
        return fitted
    return _fitted(fitted, history, shop, rows, -starts[rows], young)


@dataclass(frozen=True)
class _Learned:
    """An inner forecaster that learned once, and looks again at later origins."""

    owner: NewItems
    inner: Refitter

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return self.owner.around(self.inner.fit(history), history)


def _fitted(
    inner: FittedForecaster, history: DemandHistory, shop: _Shop, rows: Rows, age: Rows, young: int
) -> FittedNewItems:
    """A fitted forecaster with what the shop says of `rows`, whose ages (n,) these are."""
    level = shop.expected[rows]
    shape, factor = _own_factors(history, shop, rows, level, np.maximum(age, 0))
    return FittedNewItems(
        panel=history.panel,
        inner=inner,
        rows=rows,
        age=age,
        young=young,
        level=level,
        shop=shop,
        shape=shape,
        factor=factor,
        is_count=np.full(len(rows), bool(is_count(history.values[shop.donors]).all())),
    )


@dataclass(frozen=True)
class FittedNewItems:
    """A fitted forecaster, and the young rows of which it knows little.

    rows, age, level : (n,) of the young stock points; an age below 0: periods until it is launched
    shape, factor : (n,) of the Gamma that each one's own factor follows
    """

    panel: Panel
    inner: FittedForecaster
    rows: Rows
    age: Rows
    young: int
    level: Array
    shop: _Shop
    shape: Array
    factor: Array
    is_count: NDArray[np.bool_]
    kept: dict[int, Array] = field(default_factory=dict, repr=False, compare=False)

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H)."""
        told = self.inner.mean(horizon).copy()
        grown = self._grown()[:, None]
        told[self.rows] = grown * told[self.rows] + (1 - grown) * self._expected(horizon)
        return told

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`.

        A young stock point's factor is drawn once for each world: if it is a success, it is one in
        all periods of that world.
        """
        told = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        seed = int(draw_seed(rng))
        index = of_rows(rows, self.panel.n_series)
        wanted = np.flatnonzero(np.isin(index, self.rows))
        place = {int(row): k for k, row in enumerate(self.rows)}
        if not len(wanted):
            return told
        values = told.values.copy()
        expected = self._expected(horizon)
        grown = self._grown()
        ratio = self.shop.ratio(expected.mean(axis=1))
        turn = (np.random.default_rng(seed).permutation(n_samples) + 0.5) / n_samples
        for at in wanted:
            k = place[int(index[at])]
            own = np.random.default_rng((seed, int(index[at])))
            drawn = self._worlds(k, expected[k], float(ratio[k]), n_samples, own)
            values[at] = np.where((turn < grown[k])[:, None], values[at], drawn)
        return replace(told, values=values)

    def _expected(self, horizon: int) -> Array:
        """What comparable items and own evidence expect, (n, H).

        Paths are drawn block by block, and each block needs the mean of all donors: it is kept.
        """
        if horizon not in self.kept:
            self.kept.clear()
            self.kept[horizon] = self._expect(horizon)
        return self.kept[horizon]

    def _expect(self, horizon: int) -> Array:
        ahead = self.age[:, None] + np.arange(horizon)
        profile = self.shop.profile[np.clip(ahead, 0, len(self.shop.profile) - 1)]
        season = self.shop.movement(self.inner, horizon)
        told = (self.factor * self.level)[:, None] * profile * season
        return np.where(ahead >= 0, told, 0.0)

    def _grown(self) -> Array:
        """Share of the worlds that the inner forecaster tells, (n,)."""
        return np.clip((self.age - 1) / self.young, 0, 1)

    def _worlds(
        self, k: int, expected: Array, ratio: float, n_samples: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Demand (S, H) of one young stock point, with variance `ratio` times its mean."""
        luck = rng.gamma(self.shape[k], 1 / self.shape[k], n_samples)
        mean = np.maximum(luck[:, None] * expected, 1e-9)
        if not self.is_count[k]:
            return (rng.gamma(mean / ratio) * ratio).astype(np.float32)
        extra = max(ratio - 1, 1e-3)
        return rng.poisson(rng.gamma(mean / extra) * extra).astype(np.float32)


@dataclass(frozen=True)
class _Shop:
    """What the shop teaches about launches.

    donors : rows that are old enough, and still sell;  level : (D,) what they sell per period now
    past : (T,) the donors' mean demand in each period over their mean now
    profile : (A,) demand by age over the level that comparable items would let expect
    noise : (2,) a and b of log(variance / mean) = a + b log(mean), of one period's demand
    spread : variance of the own factor
    expected : (N,) what comparable stock points let expect per period; NaN where nobody asked
    """

    donors: Rows
    level: Array
    past: Array
    profile: Array
    noise: Array
    spread: float
    expected: Array

    def ratio(self, mean: Array) -> Array:
        """Variance / mean of one period's demand at some pace, >= 1."""
        logs = np.log(np.maximum(mean, 1e-3))
        return np.asarray(np.exp(np.clip(self.noise[0] + self.noise[1] * logs, 0.0, 10.0)))

    def movement(self, inner: FittedForecaster, horizon: int) -> Array:
        """The donors' expected demand in each coming period over their demand now, (H,)."""
        coming = inner.mean(horizon)[self.donors].sum(axis=0, dtype=np.float64)
        return np.asarray(np.clip(coming / self.level.sum(), 0.1, 10.0))


def _shop_of(history: DemandHistory, age: Rows, young: int) -> _Shop | None:
    """What can be learned about launches; None where there is too little to learn from."""
    recent = history.values[:, -_RECENT[history.panel.frequency] :]
    n_known = np.isfinite(recent).sum(axis=1)
    total: Array = np.nansum(recent, axis=1, dtype=np.float64)
    enough = min(young, max(1, history.n_periods // 2), recent.shape[1])
    donors = np.flatnonzero((age >= enough) & (n_known >= enough / 2) & (total > 0))
    if len(donors) < _FEWEST_DONORS:
        return None
    level: Array = total[donors] / n_known[donors]
    known = np.isfinite(history.values[donors])
    usual = (known * level[:, None]).sum(axis=0)
    sold = np.nansum(history.values[donors], axis=0, dtype=np.float64)
    past = np.where(usual > 0, sold / np.maximum(usual, 1e-12), 1.0)
    launched = _some(np.flatnonzero((age < history.n_periods) & (age > 1)))
    wanted = np.union1d(launched, np.flatnonzero(age < young))
    if len(launched) < _FEWEST_DONORS:
        wanted = np.union1d(wanted, _some(donors))
    expected = np.full(history.n_series, np.nan)
    expected[wanted] = _levels(history.panel, donors, level, wanted)
    shop = _Shop(
        donors=donors,
        level=level,
        past=np.clip(past, 0.1, 10),
        profile=np.ones(1),
        noise=_noise(recent[donors], level),
        spread=1.0,
        expected=expected,
    )
    if len(launched) >= _FEWEST_DONORS:
        return _with_launches(history, shop, launched, age, young)
    told = np.isfinite(expected[donors])
    return replace(shop, spread=_spread(level[told], expected[donors][told], 0.0))


def _asked_shop(history: DemandHistory, young: int) -> _Shop | None:
    return _shop_of(history, ages(history), young)


_known_shop = OncePerHistory(_asked_shop)  # several candidates look at the same history in turn


def _some(rows: Rows) -> Rows:
    """The rows, or as many as are learned from, evenly taken."""
    if len(rows) <= _LEARNERS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _LEARNERS).astype(np.int64)]


def _noise(recent: NDArray[np.float32], level: Array) -> Array:
    """How the variance of a period's demand grows with its mean; see `_Shop.noise`.

    Half the mean square of what changes from one period to the next: a trend is no noise.
    """
    change = np.diff(recent.astype(np.float64), axis=1) ** 2 / 2
    n_known = np.isfinite(change).sum(axis=1)
    variance = np.nansum(change, axis=1) / np.maximum(n_known, 1)
    told = variance > 0
    if told.sum() < _FEWEST_DONORS:
        return np.zeros(2)
    x, y = np.log(level[told]), np.log(variance[told] / level[told])
    apart = x - x.mean()
    slope = float((apart * y).sum() / max((apart**2).sum(), 1e-9))
    return np.array([y.mean() - slope * x.mean(), slope])


def _with_launches(
    history: DemandHistory, shop: _Shop, launched: Rows, age: Rows, young: int
) -> _Shop:
    """The shop with the profile and the spread of the launches it has seen."""
    n_periods = history.n_periods
    level = shop.expected[launched]
    by_age = np.full((len(launched), young), np.nan)
    usual = np.zeros((len(launched), young))
    for a in range(1, young):  # the first period is there because of its sale
        at = n_periods - age[launched] + a
        there = np.flatnonzero(at < n_periods)
        by_age[there, a] = history.values[launched[there], at[there]]
        usual[there, a] = level[there] * shop.past[at[there]]
    known = np.isfinite(by_age)
    sold = np.where(known, np.minimum(np.nan_to_num(by_age), _MOST_TIMES * usual), 0.0)
    usual = np.where(known, usual, 0.0)
    doubt = _FEWEST_DONORS * float(np.mean(level))
    smooth = _profile(sold, usual, known, n_periods - age[launched], doubt)
    expected = (usual * smooth).sum(axis=1)
    noise = (usual * smooth * shop.ratio(usual * smooth)).sum(axis=1)
    enough = expected > 0
    spread = _spread(sold.sum(axis=1)[enough], expected[enough], noise[enough])
    return replace(shop, profile=smooth, spread=spread)


def _profile(
    sold: Array, usual: Array, known: NDArray[np.bool_], launch: Rows, doubt: float
) -> Array:
    """Demand by age over what is usual, (A,), from launches (n, A) in the periods `launch` (n,).

    Ages are linked by the launches that were seen at both, so that it is no change when others are seen.
    Every link is drawn towards 1 by so many units of `doubt`, and where few periods saw a launch: what
    was launched together met the same week.
    """
    pace = np.divide(sold, usual, out=np.zeros_like(sold), where=usual > 0)
    both = known[:, 1:] & known[:, :-1]
    weight = np.where(both, np.maximum(usual[:, 1:], usual[:, :-1]), 0.0)
    later, earlier = (weight * pace[:, 1:]).sum(axis=0), (weight * pace[:, :-1]).sum(axis=0)
    links = (later + doubt) / (earlier + doubt)
    n_cohorts = np.array([len(np.unique(launch[seen])) for seen in both.T])
    links = links ** (n_cohorts / (n_cohorts + 4))
    links[0] = 1.0  # nothing is known of the first period but that something sold
    shape = np.concatenate([[1.0], np.cumprod(links)])
    whole = (sold.sum() + doubt) / ((usual * shape).sum() + doubt)
    return np.asarray(shape * whole)


def _spread(seen: Array, expected: Array, noise: Array | float) -> float:
    """Variance of the factor seen / expected that noise of this variance leaves unexplained."""
    square = (seen - expected) ** 2 - noise
    return float(np.clip(square.sum() / max((expected**2).sum(), 1e-12), 0.1, 5.0))


def _own_factors(
    history: DemandHistory, shop: _Shop, rows: Rows, level: Array, age: Rows
) -> tuple[Array, Array]:
    """Shape and mean of each young stock point's own factor after what it has sold, (n,) each."""
    n_periods = history.n_periods
    lived = np.arange(n_periods)[None, :] - (n_periods - age)[:, None]  # age in each period
    values = history.values[rows].astype(np.float64)
    known = np.isfinite(values) & (lived >= 0)
    values = np.where(known, values, 0.0)
    is_first = (lived == 0) & (values > 0)
    values = np.where(is_first, values * _chance_of_a_sale(shop, values), values)
    profile = shop.profile[np.clip(lived, 0, len(shop.profile) - 1)]
    expected = np.where(known, level[:, None] * profile * shop.past, 0.0).sum(axis=1)
    sold, n_known = values.sum(axis=1), known.sum(axis=1)
    pace = np.maximum(sold, expected) / np.maximum(n_known, 1)
    # n / c, c = variance / mean² of one period; 0 periods say nothing
    told = n_known * pace / shop.ratio(pace)
    weight = told * shop.spread
    seen = sold / np.maximum(expected, 1e-9)
    factor = np.where(n_known > 0, (1 + weight * seen) / (1 + weight), 1.0)
    return 1 / shop.spread + told, np.asarray(factor)


def _chance_of_a_sale(shop: _Shop, mean: Array) -> Array:
    """Chance of a demand above 0 where `mean` is expected: 1 - φ ^ (-mean / (φ - 1)), 1 - e ^ -mean."""
    ratio = np.maximum(shop.ratio(mean), 1 + 1e-6)
    return np.asarray(1 - np.exp(-mean * np.log(ratio) / (ratio - 1)))


def _levels(panel: Panel, donors: Rows, level: Array, rows: Rows) -> Array:
    """The level (n,) of `rows` by a regression on what their groups and likes among the donors sell.

    A row that no donor shares a group with, such as one of an item that is sold nowhere yet, is told
    by a regression that does not know of that kind of group.
    """
    teachers = _some(np.arange(len(donors)))
    every = np.concatenate([donors[teachers], rows])
    value = np.full(panel.n_series, np.nan)
    value[donors] = np.log(level)
    centre = float(np.average(value[donors]))
    means, lone = [], []
    for codes in _codes(panel):
        column, others = _group_means(codes, value, every, centre)
        means.append(column)
        lone.append(others[len(teachers) :] == 0)
    numbers = [_numbers(values)[every] for values in _prices(panel)]
    titles = _title_means(panel, value, donors, every, centre)
    usual = float(level.mean())
    told = np.full(len(rows), usual)
    pattern = np.stack(lone, axis=1) if lone else np.zeros((len(rows), 0), dtype=bool)
    for missing in np.unique(pattern, axis=0):
        mine = (pattern == missing).all(axis=1)
        chosen = [c for c, is_lone in zip(means, missing, strict=True) if not is_lone]
        features = np.stack([np.ones(len(every)), *chosen, *titles, *numbers], axis=1)
        weights = _log_link(features[: len(teachers)], level[teachers])
        told[mine] = np.exp(np.clip(features[len(teachers) :][mine] @ weights, -20, 20))
    low, high = (usual * times for times in _FACTORS)
    return np.asarray(np.clip(told, low, high))


def _coded(panel: Panel) -> list[NDArray[np.int64]]:
    """The groups of each attribute, (N,) each."""
    return [
        np.unique(values, return_inverse=True)[1].astype(np.int64)
        for values in attributes(panel).values()
    ]


_codes = OncePerCatalogue(_coded)


def _prices(panel: Panel) -> list[Array]:
    """Numbers about items that are above 0, such as price and cost, (N,) each."""
    numbers = [v.astype(np.float64) for v in panel.static.values() if v.dtype.kind == "f"]
    return [v for v in numbers if (v > 0).mean() > 0.5]


def _numbers(values: Array) -> Array:
    """Their logarithms, centred and scaled; 0 where unknown."""
    known = values > 0
    logs = np.log(np.where(known, values, 1.0))
    spread = logs[known].std() or 1.0
    return np.where(known, np.clip((logs - logs[known].mean()) / spread, -3, 3), 0.0)


def _group_means(
    codes: NDArray[np.int64], value: Array, every: Rows, centre: float
) -> tuple[Array, Array]:
    """Mean of `value` over the other donors in each row's group, around the shop's, and their number."""
    is_donor = np.isfinite(value)
    apart = np.where(is_donor, value - centre, 0.0)
    total = np.bincount(codes, apart)[codes[every]] - apart[every]
    count = np.bincount(codes, is_donor)[codes[every]] - is_donor[every]
    return np.asarray(total / (count + _SHRINK)), np.asarray(count)


def _title_means(
    panel: Panel, value: Array, donors: Rows, every: Rows, centre: float
) -> list[Array]:
    """Mean of `value` over the donors with the most similar titles, around the shop's; none untitled."""
    likes = _known_likes(panel)
    if likes is None:
        return []
    nearest, cosine = likes.nearest(every, donors, _LIKES)
    weight = cosine**2
    apart = (weight * (value[nearest] - centre)).sum(axis=1)
    return [apart / (weight.sum(axis=1) + 0.2)]


def _titles_alike(panel: Panel) -> TitleLikes | None:
    titles = np.asarray(panel.static.get("title", panel.items), dtype=np.str_)
    if (titles == panel.items).all():
        return None
    _, item = np.unique(panel.items, return_inverse=True)
    return TitleLikes(titles, item)


_known_likes = OncePerCatalogue(_titles_alike)


def _log_link(features: Array, level: Array) -> Array:
    """Weights w with E[level] = exp(features w), variance growing as mean ** 1.5, lightly held back.

    Fisher scoring: w ← (X' W X + λ)⁻¹ X' W z with W = μ^0.5 and z = X w + (y - μ) / μ.
    """
    keep = np.full(features.shape[1], 1.0)
    keep[0] = 0.0  # the level of the shop is not held back
    weights: NDArray[Any] = np.zeros(features.shape[1])
    weights[0] = np.log(level.mean())
    cap = np.quantile(level, 0.995)
    y = np.minimum(level, cap)
    for _ in range(12):
        eta = np.clip(features @ weights, weights[0] - 5, weights[0] + 5)
        mean = np.exp(eta)
        scale = np.sqrt(mean)
        target = eta + (y - mean) / mean
        left = (features * scale[:, None]).T @ features + np.diag(keep * np.median(scale) * 5)
        step = np.linalg.solve(left, (features * scale[:, None]).T @ target)
        if np.abs(step - weights).max() < 1e-6:
            break
        weights = step
    return np.asarray(weights)

"""What came next, for items that stood where this one stands now?

An item that sells a handful of pieces a year has no history to speak of, but the shop has many like
it, and each of them was once where this one is. What then happened to them, whole stretches of it,
is the forecast: counts stay counts, silences stay silent, and sums over a lead time are as wide as
they have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.calibrated import earlier_origins, filled
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["Analogues", "FittedAnalogues"]

Floats = NDArray[np.float32]
Array = NDArray[np.float64]

_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 13, Frequency.MONTH: 12}
_WINDOWS = {
    Frequency.DAY: (7, 28, 91),
    Frequency.WEEK: (2, 4, 13, 52),
    Frequency.MONTH: (6, 12, 24),
}
_FORGET = 0.03  # per period: what a sale counts less for the usual size
_LOUD = 8.0  # usual sizes: a louder period is no more than this when states are compared
_DOUBT = 0.25  # periods of the shop's usual demand that are seen in every window as well
_SIZE_WEIGHT = 0.5  # how much of a difference in size counts as a difference in state
_TIES = 0.1  # rows whose states are the same are told apart by this much, so that donors differ
_RATIO = 4.0  # a donor is stretched or shrunk to an item's size by at most this factor


@dataclass(frozen=True)
class Analogues:
    """Futures of the stock points that stood, at earlier origins, where each one stands today.

    The state of a stock point is its usual size (mean demand of the periods with any, old ones
    counting less) and its mean demand over a few windows in units of that size. A donor is a stock
    point at an earlier origin; its future, in its own sizes, is lent to the stock points whose state
    is nearest. A sample path is the whole future of one donor; one origin lends to all stock points
    of a sample, so that what struck the shop together stays together.

    Parameters
    ----------
    n_neighbours : int
        Donors of each stock point, over all origins; at most an eighth of those there are.
    n_origins : int
        Earlier origins, the last ones whose future can be seen.
    horizon : int or None, periods
        Length of the futures; longer paths chain them. None: 28 days, 13 weeks or 12 months.
    stride : int or None, periods
        Between origins. None: a twelfth of `horizon`, rounded up.
    windows : periods, or None for those usual at the panel's frequency

    Sources: E. N. Lorenz (1969), Atmospheric predictability as revealed by naturally occurring
    analogues, Journal of the Atmospheric Sciences 26; for sporadic demand K. Nikolopoulos, M. Z.
    Babai and K. Bozos (2016), Forecasting supply chain sporadic demand with nearest neighbor
    approaches, International Journal of Production Economics 177.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> rare = np.random.default_rng(0).poisson(0.1, (200, 48))
    >>> fitted = Analogues().fit(believe(Panel.of(rare, frequency=Frequency.MONTH)))
    >>> year = fitted.paths(12, 300, rng=np.random.default_rng(0)).total(0, 12)
    >>> bool(0.8 < year.mean() < 1.6), float(np.quantile(year, 0.5))
    (True, 1.0)
    """

    n_neighbours: int = 1000
    n_origins: int = 12
    horizon: int | None = None
    stride: int | None = None
    windows: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("n_neighbours", "n_origins", "horizon", "stride"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; it must be at least 1")
        if self.windows is not None and not (self.windows and min(self.windows) > 0):
            raise ConfigError(f"windows are {self.windows}; give at least one, all above 0")

    @property
    def name(self) -> str:
        """`analogues`."""
        return "analogues"

    def fit(self, history: DemandHistory) -> FittedAnalogues:
        """The states now, and for each origin the donors nearest to them."""
        frequency = history.panel.frequency
        horizon = self.horizon or _HORIZON[frequency]
        windows = self.windows or _WINDOWS[frequency]
        stride = self.stride or -(-horizon // 12)
        origins = earlier_origins(history.n_periods, horizon, stride, self.n_origins)
        now = State.of(history.values, windows)
        lent = [
            donors
            for origin in origins
            if len((donors := Donors.at(history, origin, horizon, windows)).size)
        ]
        if not lent:
            lent = [Donors.themselves(history.values, now)]
        most = -(-self.n_neighbours // len(lent))
        nearest = np.stack([d.nearest(now, most) for d in lent], axis=1)  # (N, O, K)
        return FittedAnalogues(
            panel=history.panel,
            size=np.where(now.n_known > 0, now.size, 0).astype(np.float32),
            futures=_stacked([d.future for d in lent]),
            sizes=_stacked([d.size for d in lent]),
            nearest=nearest,
            n_nearest=(nearest >= 0).sum(axis=2),
            is_count=is_count(history.values),
        )


@dataclass(frozen=True)
class State:
    """Where stock points stand at one origin.

    position : (N, F) coordinates in which near ones are alike
    size : (N,) units, the usual demand of a period that has any
    n_known : (N,) known periods
    """

    position: Array
    size: Array
    n_known: NDArray[np.int64]

    @classmethod
    def of(cls, values: Floats, windows: tuple[int, ...]) -> State:
        """The states at the end of `values` (N, t), NaN: unknown."""
        n, t = values.shape
        known, demand = np.isfinite(values), np.nan_to_num(values).astype(np.float64)
        sells = demand > 0
        usual = float(np.exp(np.log(demand[sells]).mean())) if sells.any() else 1.0
        weight = sells * (1 - _FORGET) ** np.arange(t)[::-1]
        size = ((weight * demand).sum(axis=1) + usual) / (weight.sum(axis=1) + 1)
        quiet = np.minimum(demand / size[:, None], _LOUD)
        often = sells.sum() / max(known.sum(), 1)
        columns = [
            np.log(
                (quiet[:, -w:].sum(axis=1) + _DOUBT * often + 1e-9)
                / (known[:, -w:].sum(axis=1) + _DOUBT)
            )
            for w in windows
        ]
        apart = np.arange(n) * 0.6180339887 % 1  # the golden ratio spreads rows evenly
        columns += [_SIZE_WEIGHT * np.log(size), _TIES * apart]
        return cls(np.stack(columns, axis=1), size, known.sum(axis=1))


@dataclass(frozen=True)
class Donors:
    """Stock points (D,) at one origin: where they stood, and their future in units of their size.

    position : (D, F); size : (D,) units; future : (D, C) in sizes
    """

    position: Array
    size: Floats
    future: Floats

    @classmethod
    def at(
        cls, history: DemandHistory, origin: int, horizon: int, windows: tuple[int, ...]
    ) -> Donors:
        """Those of which something was known before, and at least half of the future is."""
        n_seen = min(horizon, history.n_periods // 3)
        state = State.of(history.values[:, :origin], windows)
        seen = slice(origin, origin + n_seen)
        # A censored period is partly a guess; it is not lent as if it had happened.
        future = np.where(history.is_censored[:, seen], np.float32(np.nan), history.values[:, seen])
        future = (future / state.size[:, None]).astype(np.float32)
        is_usable = (np.isfinite(future).sum(axis=1) * 2 >= n_seen) & (state.n_known > 0)
        return cls(
            state.position[is_usable],
            state.size[is_usable].astype(np.float32),
            filled(future[is_usable]),
        )

    @classmethod
    def themselves(cls, values: Floats, now: State) -> Donors:
        """For a history too short to have had a future: every stock point goes on as it was."""
        level = np.nan_to_num(values).sum(axis=1) / np.maximum(now.n_known, 1) / now.size
        return cls(now.position, now.size.astype(np.float32), level.astype(np.float32)[:, None])

    def nearest(self, now: State, most: int) -> NDArray[np.int32]:
        """The numbers of the donors nearest to each state, (N, most); -1 where there are no more."""
        from scipy.spatial import cKDTree

        n_lent = max(1, min(most, len(self.size) // 8))
        _, found = cKDTree(self.position).query(now.position, k=[*range(1, n_lent + 1)])
        out = np.full((len(now.size), most), -1, np.int32)
        out[:, :n_lent] = found
        return out


def _stacked(parts: list[Floats]) -> Floats:
    """Arrays of different lengths (D, ...) as one (O, most, ...), 0 beyond their ends."""
    out = np.zeros((len(parts), max(len(p) for p in parts), *parts[0].shape[1:]), np.float32)
    for o, part in enumerate(parts):
        out[o, : len(part)] = part
    return out


@dataclass(frozen=True)
class FittedAnalogues:
    """The donors of every stock point.

    size : (N,) units; 0 where nothing is known
    futures : (O, D, C) in units of the donors' sizes (O, D)
    nearest : (N, O, K) donors of each stock point at each origin, n_nearest (N, O) of them
    """

    panel: Panel
    size: Floats
    futures: Floats
    sizes: Floats
    nearest: NDArray[np.int32]
    n_nearest: NDArray[np.int64]
    is_count: NDArray[np.bool_]

    def mean(self, horizon: int) -> Floats:
        """The mean over all donors, (N, H)."""
        from onhand.forecast.analogue_kernel import analogue_mean

        cycle: Any = analogue_mean(
            self.size, self.futures, self.sizes, self.nearest, self.n_nearest, _RATIO
        )
        return np.asarray(cycle[:, np.arange(horizon) % cycle.shape[1]], dtype=np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.analogue_kernel import analogue_paths

        seed = draw_seed(rng)
        n_origins, _, length = self.futures.shape
        shared = np.random.default_rng(seed)  # the same for every block of rows
        worlds = np.stack(
            [shared.permutation(n_samples) % n_origins for _ in range(-(-horizon // length))],
            axis=1,
        )
        panel = self.panel
        values = analogue_paths(
            self.size[rows],
            self.futures,
            self.sizes,
            self.nearest[rows],
            self.n_nearest[rows],
            _RATIO,
            worlds,
            horizon,
            self.is_count[rows],
            of_rows(rows, panel.n_series),
            seed,
        )
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )

"""How fast is this item changing? Several speeds of learning, weighted by how well each foresaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.paths import DemandPaths
from onhand.forecast.spread import draw_seed, is_count, of_rows

__all__ = ["Adaptive", "FittedAdaptive"]

Floats = NDArray[np.float64]

_PRIOR_CV = 0.35  # before any error is seen, demand is believed to err by a third of its level
_PRIOR_WEIGHT = 2.0  # ... as firmly as if that had been seen twice
_TAIL = (
    6.0  # degrees of freedom of the t by which forecasts are judged: one outlier convicts nobody
)
_LARGEST_CV = 2.5


@dataclass(frozen=True)
class Adaptive:
    """Exponential smoothing at many speeds at once, for short histories of which nothing is known.

    Every speed is an expert with a level of its own. An expert's weight follows from how probable
    it found each period before it was seen: slow ones win where demand is steady, fast ones after
    a jump. Some of them are pulled back towards the long-run mean. Five periods are enough to
    start with.

    In the paths, each world belongs to one expert, whose level goes on learning from what the
    world brings; so worlds part sooner where demand has been moving. Where it has been moving, its
    direction is uncertain too: each world leans up or down by a drift that grows with the speed.

    Parameters
    ----------
    speeds : shares 0..1
        Smoothing constants of the experts whose forecast is flat.
    returning_speeds : shares 0..1
        Those of the experts that are pulled to the mean of all demand seen, by `pull` per period.
    pull : share 0..1 per period
    even_share : share 0..1
        Part of the weight that is dealt evenly, because the past best may not be the next best.
    drift : >= 0, share of the level per period
        Standard deviation of the lean of a world whose expert has speed 1.
    error_memory, weight_memory : shares 0..1
        What remains of the weight of an error, and of a good forecast, after each period.

    Raises
    ------
    ConfigError
        When there is no speed, or a number lies outside its range.

    References
    ----------
    Weights by predictive density with forgetting: Raftery, Kárný & Ettler (2010), Technometrics
    52(1), doi:10.1198/TECH.2009.08104. Experts: Brown (1959).

    >>> from onhand.data.panel import Panel
    >>> panel = Panel.of([[10, 10, 11, 10, 9, 10, 30, 31, 30, 29]])
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 10), bool))
    >>> bool(Adaptive().fit(history).mean(1)[0, 0] > 25)         # follows the jump
    True
    """

    speeds: tuple[float, ...] = (0.05, 0.1, 0.2, 0.35, 0.55, 0.8)
    returning_speeds: tuple[float, ...] = (0.35, 0.55, 0.8)
    pull: float = 0.08
    even_share: float = 0.2
    drift: float = 0.1
    error_memory: float = 0.9
    weight_memory: float = 0.97

    def __post_init__(self) -> None:
        if not self.speeds + self.returning_speeds:
            raise ConfigError("an adaptive forecaster needs at least one speed; there is none")
        for name in ("pull", "even_share", "error_memory", "weight_memory"):
            _share(name, getattr(self, name))
        for speed in self.speeds + self.returning_speeds:
            _share("a speed", speed)
        if not 0 <= self.drift < np.inf:
            raise ConfigError(f"drift is {self.drift}; it must be 0 or above")

    @property
    def name(self) -> str:
        """`adaptive smoothing`."""
        return "adaptive smoothing"

    def fit(self, history: DemandHistory) -> FittedAdaptive:
        """Levels, errors and weights of every expert; zeros where nothing is known."""
        from onhand.forecast.adaptive_kernel import follow

        speeds = np.array(self.speeds + self.returning_speeds)
        pulls = np.array([0.0] * len(self.speeds) + [self.pull] * len(self.returning_speeds))
        level, scale, score, centre = follow(
            history.values.astype(np.float64),
            speeds,
            pulls,
            self.error_memory,
            self.weight_memory,
            _PRIOR_CV,
            _PRIOR_WEIGHT,
            _TAIL,
        )
        likely = np.exp(score - score.max(axis=1, keepdims=True))
        earned = likely / likely.sum(axis=1, keepdims=True)
        weights = (1 - self.even_share) * earned + self.even_share / len(speeds)
        spread = np.minimum(scale / np.maximum(level, 0.1), _LARGEST_CV)
        return FittedAdaptive(
            history.panel,
            level,
            spread,
            weights,
            centre,
            speeds,
            pulls,
            self.drift,
            is_count(history.values),
        )


@dataclass(frozen=True)
class FittedAdaptive:
    """What the experts believe at one origin.

    level : (N, M) units, `spread` : (N, M) standard deviation / level of one period's demand
    weights : (N, M), each row sums to 1
    centre : (N,) units, the mean of all demand seen
    speeds, pulls : (M,); drift : share per period; is_count : (N,) whole units only
    """

    panel: Panel
    level: Floats
    spread: Floats
    weights: Floats
    centre: Floats
    speeds: Floats
    pulls: Floats
    drift: float
    is_count: NDArray[np.bool_]

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H): the experts' forecasts, weighted."""
        stays = (1 - self.pulls) ** np.arange(1, horizon + 1)[:, None]  # (H, M)
        settled = self.centre * (self.weights @ (1 - stays.T)).T  # (H, N)
        moving = (self.weights * self.level) @ stays.T  # (N, H)
        return np.asarray(moving + settled.T, dtype=np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`."""
        from onhand.forecast.adaptive_kernel import speed_paths

        values = speed_paths(
            self.level[rows],
            self.spread[rows],
            self.weights[rows],
            self.centre[rows],
            self.speeds,
            self.pulls,
            self.drift,
            self.is_count[rows],
            of_rows(rows, self.panel.n_series),
            n_samples,
            horizon,
            draw_seed(rng),
        )
        panel = self.panel
        return DemandPaths(
            values, panel.items[rows], panel.locations[rows], panel.future_dates(horizon)
        )


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ConfigError(f"{name} is {value}; it is a share and must lie between 0 and 1")

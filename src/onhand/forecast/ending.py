"""What if an item is over, and nobody said so? Its forecast fades with the chance that it still sells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.demand.lifecycle import Survival, survival
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Refitter, taught
from onhand.forecast.paths import DemandPaths
from onhand.forecast.shared import OncePerHistory
from onhand.forecast.spread import draw_seed, of_rows

__all__ = ["Ending"]

_known_life = OncePerHistory(survival)  # several candidates look at the same history in turn


@dataclass(frozen=True)
class Ending:
    """Another forecaster, with silent stock points alive in only some of the worlds.

    A stock point that has not sold for a while is over with the chance that
    `onhand.demand.lifecycle.survival` tells, or will be soon: after each coming period with the hazard
    that was learned from the whole shop. In a world in which it is over it sells nothing, from then to the
    end. Its forecast is what is left. Stock points that sold in their last known period are left as
    they are: what ends among those is in the forecaster's own errors.

    Parameters
    ----------
    inner : Forecaster

    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> history = believe(Panel.of([[2] * 60] * 30 + [[2] * 40 + [0] * 20] * 10))
    >>> MovingAverage(40).fit(history).mean(1)[-1].tolist()
    [1.0]
    >>> Ending(MovingAverage(40)).fit(history).mean(1)[-1].round(2).tolist()
    [0.0]
    """

    inner: Forecaster

    @property
    def name(self) -> str:
        """The inner forecaster's name: it speaks for all that still sells."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The inner forecaster, fitted, and the chance that each stock point still sells."""
        return FittedEnding(history.panel, self.inner.fit(history), _known_life(history))

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learns once; silences are looked at anew each time."""
        ready = taught(self.inner, history)
        return _Learned(ready)


@dataclass(frozen=True)
class _Learned:
    """An inner forecaster that learned once, and looks again at later origins."""

    inner: Refitter

    def fit(self, history: DemandHistory) -> FittedForecaster:
        return FittedEnding(history.panel, self.inner.fit(history), _known_life(history))


@dataclass(frozen=True)
class FittedEnding:
    """A fitted forecaster, and who may be over."""

    panel: Panel
    inner: FittedForecaster
    life: Survival

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """Expected demand, (N, H)."""
        return (self.inner.mean(horizon) * self._alive(horizon)).astype(np.float32)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the stock points in `rows`.

        The worlds in which a stock point ends are drawn for each stock point by itself.
        """
        told = self.inner.paths(horizon, n_samples, rng=rng, rows=rows)
        from onhand.forecast.kernels import stratified_luck

        seed = draw_seed(rng)
        alive = self._alive(horizon)[rows]
        mortal = np.flatnonzero(alive[:, -1] < 1)
        if not len(mortal):
            return told
        luck = stratified_luck(of_rows(rows, self.panel.n_series)[mortal], n_samples, seed)
        is_over = luck[:, :, None] > alive[mortal, None, :]
        values = told.values.copy()
        values[mortal] = np.where(is_over, np.float32(0), values[mortal])
        return replace(told, values=values)

    def _alive(self, horizon: int) -> NDArray[np.float64]:
        """Chance that each stock point still sells in each coming period, (N, H)."""
        is_silent = (self.life.silent > 0)[:, None]
        return np.where(is_silent, self.life.over(horizon), 1.0)

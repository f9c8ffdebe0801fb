"""What can a network that was taught once say of any shop's history, without being taught again?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.forecast.boosted.forecaster import FittedMean
from onhand.forecast.calibrated import earlier_origins, error_library
from onhand.forecast.forecaster import FittedForecaster, refuse_hindsight
from onhand.forecast.neural.fitted import Dependence, FittedNeural, positions
from onhand.forecast.neural.heads import Head, TellsMean, TellsSpread
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.training import Epoch, on_threads
from onhand.forecast.neural.windows import Batch, Windows
from onhand.forecast.spread import is_count

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LearnedNeural", "Speaker", "TrainedNeural", "forecast_with", "validation_origins"]

Floats = NDArray[np.float32]
Speaker = Callable[[Batch], Floats]  # raw numbers (B, H, K) of a batch
_BLOCK = 1024  # windows laid out at once
_MOST_JUDGED = 20_000  # earlier windows from which the two numbers of the dependence are measured


@dataclass(frozen=True)
class TrainedNeural:
    """A network, what it reads and what it tells.

    Parameters
    ----------
    layout : Layout
    head : Head
    network : module, or None where there was nothing to learn from: it tells the level
    epochs : how the training went
    n_origins : earlier origins at which its errors are looked at
    """

    layout: Layout
    head: Head
    network: nn.Module | None
    epochs: tuple[Epoch, ...]
    n_origins: int

    def forecast(self, history: DemandHistory) -> FittedForecaster:
        """What may come after `history`: the shop it was taught on, or one with other items."""
        return forecast_with(self.say, self.head, self.layout, history, self.n_origins)

    def say(self, batch: Batch) -> Floats:
        """Raw numbers (B, H, K)."""
        if self.network is None:
            start = self.head.start().astype(np.float32)
            return np.broadcast_to(start, (len(batch.scale), self.layout.horizon, len(start)))
        import torch

        with on_threads(), torch.inference_mode():
            return self.network(*(torch.as_tensor(x) for x in batch.inputs)).numpy()


@dataclass(frozen=True)
class LearnedNeural:
    """A network that learned once and looks again at later origins of the same shop.

    trained : TrainedNeural
    n_periods : length of the history that it learned from
    """

    trained: TrainedNeural
    n_periods: int

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The forecast from the end of `history`.

        Raises
        ------
        HistoryError
            When the network has seen more than this history.
        """
        refuse_hindsight("the network", self.n_periods, history)
        return self.trained.forecast(history)


def validation_origins(n_periods: int, horizon: int, n_origins: int) -> list[int]:
    """The last origins whose future can be seen; none where the history is too short.

    Learning ends before the first of them. So none but the last lies before the last seventh or so of
    the history: what is new must be learned from, more than it must be checked.

    >>> validation_origins(100, horizon=8, n_origins=3)
    [88, 90, 92]
    >>> validation_origins(28, horizon=13, n_origins=3)
    [19]
    """
    origins = earlier_origins(n_periods, horizon, -(-horizon // 4), n_origins)
    return [origin for origin in origins if origin >= 0.85 * n_periods] or origins[-1:]


def forecast_with(
    say: Speaker, head: Any, layout: Layout, history: DemandHistory, n_origins: int
) -> FittedForecaster:
    """The forecast after `history` of whatever `say` speaks for, with its spread.

    head : TellsMean or TellsSpread, reads what `say` says

    What it says of earlier origins is compared with what happened: the errors of a mean head become
    the spread, the probabilities of a spread head are corrected by how they came true.
    """
    windows = Windows.of(history, layout)
    everyone = np.arange(history.n_series)
    origins = validation_origins(history.n_periods, layout.horizon, n_origins)
    raw, scale = _spoken(say, windows, history.n_periods, everyone)
    if isinstance(head, TellsSpread):
        counts = is_count(history.values)
        dependence = _dependence(say, head, windows, history, origins, counts)
        return FittedNeural(history.panel, head, raw, scale, counts, dependence)
    assert isinstance(head, TellsMean)
    point = FittedMean(history.panel, head.mean(raw) * scale[:, None])
    earlier = {}
    for origin in origins:
        then, unit = _spoken(say, windows, origin, everyone)
        earlier[origin] = head.mean(then) * unit[:, None]
    if not earlier:
        return point
    return error_library(history, point, earlier, bias_correction=0.0)


def _dependence(
    say: Speaker,
    head: TellsSpread,
    windows: Windows,
    history: DemandHistory,
    origins: list[int],
    counts: NDArray[np.bool_],
) -> Dependence:
    """What is learned from the places that demand took at `origins`; of big shops, from some series."""
    if not origins:
        return Dependence()
    n, most = history.n_series, max(1, _MOST_JUDGED // len(origins))
    rows = np.sort(np.random.default_rng(0).permutation(n)[:most])
    places = [
        positions(
            _actual(history, origin, windows.layout.horizon)[rows],
            head.quantiles(*_spoken(say, windows, origin, rows)),
            counts[rows],
            np.random.default_rng(origin),
        )
        for origin in origins
    ]
    return Dependence.seen(np.stack(places))


def _spoken(
    say: Speaker, windows: Windows, origin: int, rows: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Raw numbers (n, H, K) and scales (n,) of the series `rows` at one origin."""
    parts = []
    for start in range(0, max(len(rows), 1), _BLOCK):
        some = rows[start : start + _BLOCK]
        batch = windows.batch(some, np.full(len(some), origin))
        parts.append((say(batch), batch.scale))
    raw, scale = zip(*parts, strict=True)
    return np.concatenate(raw), np.concatenate(scale)


def _actual(history: DemandHistory, origin: int, horizon: int) -> Floats:
    """Demand (N, H) after an origin; NaN where unknown, censored, or not yet over."""
    seen = slice(origin, origin + horizon)
    actual = np.full((history.n_series, horizon), np.nan, np.float32)
    known = np.where(history.is_censored[:, seen], np.float32(np.nan), history.values[:, seen])
    actual[:, : known.shape[1]] = known
    return actual

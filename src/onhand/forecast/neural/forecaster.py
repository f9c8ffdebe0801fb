"""What does a network, taught by the whole shop, expect of each stock point?

One network learns from all series at once, each in units of its own level. It is direct (every period
of the horizon at once), reads what is known ahead (prices, promotions, the calendar), and leaves out what
is not known (empty shelves) or takes it for the lower bound that it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.neural.architecture import Architecture
from onhand.forecast.neural.heads import Head, NegativeBinomial
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.mlp import MLP
from onhand.forecast.neural.trained import LearnedNeural, TrainedNeural, validation_origins
from onhand.forecast.neural.training import Hiding, Training, train
from onhand.forecast.neural.windows import Windows

__all__ = ["Neural"]

_MOST_SAMPLED = 20_000  # windows from which a head learns its classes


@dataclass(frozen=True)
class Neural:
    """A global neural forecaster.

    Parameters
    ----------
    architecture : how the past is read: `MLP()`, `CNN()`, `RNN()`, `LSTM()` or `GRU()`
    head : what is told of a period and by which loss it is learned: `NegativeBinomial()`,
        `Quantiles()`, `Binned()`, or of the mean alone `Point()`, `Tweedie()`
    horizon : int or None, periods
        How far it learns to see. None: 28 days, 13 weeks or 6 months. Beyond it, the last season
        told is repeated.
    context : int or None, periods
        How far back it looks. None: 56 days, 52 weeks or 24 months.
    training : how it is taught
    n_origins : int
        Validation origins: the last ones whose future can be seen. Training stops before the first.
        They decide when to stop and how far the paths spread.
    omega : (N,) or (N, T) or None
        Extra weight of each series, or of each of its periods, in training. It arrives as data: the
        forecaster knows no costs.
    seed : of weights, draws and dropout

    Notes
    -----
    A history with fewer than four periods, or in which nothing was ever sold, teaches nothing: the
    level of each series, shrunk to that of the shop, is the forecast. Unseen items, places and
    attributes are read as *unknown*, a name that the network was taught by hiding names.

    Raises
    ------
    ConfigError
        When a number is out of its range, or torch is not installed (`pip install "onhand[deep]"`).

    >>> Neural().name
    'mlp negative_binomial'
    """

    architecture: Architecture = field(default_factory=MLP)
    head: Head = field(default_factory=NegativeBinomial)
    horizon: int | None = None
    context: int | None = None
    training: Training = field(default_factory=Training)
    n_origins: int = 4
    omega: NDArray[np.float32] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("horizon", "context"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; choose at least 1 period, or None")
        if self.n_origins < 1:
            raise ConfigError(f"n_origins is {self.n_origins}; validation needs at least 1")
        if self.seed < 0:
            raise ConfigError(f"seed is {self.seed}; it must be 0 or more")
        if not isinstance(self.architecture, Architecture):
            raise ConfigError(
                f"architecture is {self.architecture!r}; give a value such as MLP() or GRU()"
            )

    @property
    def name(self) -> str:
        """Architecture and head, for instance `gru quantiles`."""
        return f"{self.architecture.name} {self.head.name}"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """Teach a network on `history` and forecast what comes after it."""
        return self.train(history).forecast(history)

    def learn(self, history: DemandHistory) -> LearnedNeural:
        """A network taught on `history`, to forecast from its end or from any later origin."""
        return LearnedNeural(self.train(history), history.n_periods)

    def train(
        self,
        history: DemandHistory,
        *,
        hiding: Hiding | None = None,
        reads_year: bool = True,
    ) -> TrainedNeural:
        """The network alone, to be kept, exported or asked about other histories.

        hiding, reads_year : what is hidden from its examples, and whether the time of year is read; see
            `pretrain`
        """
        _require_torch()
        import torch

        from onhand.forecast.neural.network import build

        layout = Layout.of(history, self.context, self.horizon)
        layout = replace(layout, has_year=layout.has_year and reads_year)
        windows = Windows.of(history, layout, self.omega)
        origins = validation_origins(history.n_periods, layout.horizon, self.n_origins)
        head = self.head.learn(_scaled_targets(windows, min(origins, default=0), self.seed))
        if not origins or not windows.values[:, : origins[0]].any():
            return TrainedNeural(layout, head, None, (), self.n_origins)
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = build(self.architecture, layout, head.start(), self.training.dropout)
        epochs = train(network, head, windows, origins, self.training, self.seed, hiding)
        return TrainedNeural(layout, head, network, epochs, self.n_origins)


def _scaled_targets(windows: Windows, end: int, seed: int) -> NDArray[np.float32]:
    """Demand / scale (M,) of some training windows; empty where there are none."""
    if end < 2 or windows.n_series == 0:
        return np.empty(0, np.float32)
    rng = np.random.default_rng(seed)
    size = max(1, min(_MOST_SAMPLED // windows.layout.horizon, windows.n_series * (end - 1)))
    series = rng.integers(0, windows.n_series, size)
    batch = windows.batch(series, rng.integers(1, end, size), end=end)
    return batch.target[(batch.weight > 0) & ~batch.is_censored]


def _require_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            'neural forecasters are taught with PyTorch: pip install "onhand[deep]"'
        ) from error

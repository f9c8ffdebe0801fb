"""How does a network that knows many shops come to know one more, from a few weeks of history?

Nearly all of its weights stay as they are. Between its layers small *adapters* are put, which start as
no change at all; only they and the bias of the head are taught. What was learned from many cannot be
forgotten over a few weeks of one.

Source: N. Houlsby et al. (2019), Parameter-Efficient Transfer Learning for NLP, arXiv:1902.00751.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.neural.trained import LearnedNeural, TrainedNeural, validation_origins
from onhand.forecast.neural.training import Training, train
from onhand.forecast.neural.windows import Windows

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Adapted", "with_adapters"]


@dataclass(frozen=True)
class Adapted:
    """A forecaster that adapts a network to the shop it is fitted on.

    Parameters
    ----------
    base : TrainedNeural
        What `pretrain` or `Neural.train` gave. It is not changed.
    rank : numbers through which each adapter speaks
    training : how the adapters are taught
    n_origins : validation origins; few, since histories are short
    seed : of draws and dropout

    Notes
    -----
    Of a history in which nothing can be checked, or in which nothing helps at the validation origins,
    nothing is learned: the base speaks. Items and places that the base never saw are *unknown* to it.

    Raises
    ------
    ConfigError
        When a number is out of its range, or the base holds no network.
    """

    base: TrainedNeural
    rank: int = 8
    training: Training = field(
        default_factory=lambda: Training(
            n_epochs=6, n_steps=20, batch_size=128, learning_rate=3e-3, patience=2
        )
    )
    n_origins: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rank < 1 or self.n_origins < 1 or self.seed < 0:
            raise ConfigError(
                f"rank is {self.rank}, n_origins {self.n_origins}, seed {self.seed}; "
                "the first two are at least 1, the seed at least 0"
            )
        if self.base.network is None:
            raise ConfigError(
                "the base learned nothing from its history, so there is no network to adapt; "
                "train it on a longer history"
            )

    @property
    def name(self) -> str:
        """`adapted`, and the head."""
        return f"adapted {self.base.head.name}"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """Adapt the base to `history` and forecast what comes after it."""
        return self.train(history).forecast(history)

    def learn(self, history: DemandHistory) -> LearnedNeural:
        """A network adapted to `history`, to forecast from its end or from any later origin."""
        return LearnedNeural(self.train(history), history.n_periods)

    def train(self, history: DemandHistory) -> TrainedNeural:
        """The adapted network alone, to be kept or exported."""
        import torch

        layout, head, base = self.base.layout, self.base.head, self.base.network
        assert base is not None
        windows = Windows.of(history, layout)
        origins = validation_origins(history.n_periods, layout.horizon, self.n_origins)
        if not origins or not windows.values[:, : origins[0]].any():
            return TrainedNeural(layout, head, base, (), self.n_origins)
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network = with_adapters(base, self.rank)
        epochs = train(network, head, windows, origins, self.training, self.seed)
        return TrainedNeural(layout, head, network, epochs, self.n_origins)


def with_adapters(base: nn.Module, rank: int) -> nn.Module:
    """A copy of a network in which only new adapters and the head's bias ask for a gradient.

    It tells exactly what the base tells until it is taught.
    """
    from torch import nn

    class Adapter(nn.Module):
        """x + W2 relu(W1 x), with W2 = 0 at first; any shape (..., width)."""

        def __init__(self, width: int) -> None:
            super().__init__()
            self.down = nn.Linear(width, rank)
            self.up = nn.Linear(rank, width)
            nn.init.zeros_(self.up.weight)
            nn.init.zeros_(self.up.bias)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.up(self.down(x).relu())

    network: Any = copy.deepcopy(base).requires_grad_(False)
    width: int = network.head.in_features
    network.series = nn.Sequential(network.series, Adapter(width))
    network.mix = nn.Sequential(network.mix, Adapter(width))
    network.head.bias.requires_grad_(True)
    adapted: nn.Module = network
    return adapted

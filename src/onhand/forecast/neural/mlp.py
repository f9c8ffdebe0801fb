"""Does a plain residual network over the flattened past do? Often it does.

Source: the dense encoder of TiDE: A. Das, W. Kong, A. Leach, S. Mathur, R. Sen and R. Yu (2023),
Long-term Forecasting with TiDE: Time-series Dense Encoder, arXiv:2304.08424, section 4. Its temporal
decoder, which lets what is known of a period speak directly to the forecast of it, is shared by all
architectures here (`network.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onhand.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["MLP"]


@dataclass(frozen=True)
class MLP:
    """A residual multi-layer perceptron.

    Parameters
    ----------
    width : features of each layer, D
    depth : residual blocks after the first layer

    >>> MLP().name
    'mlp'
    """

    width: int = 96
    depth: int = 2

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 0:
            raise ConfigError(f"MLP({self.width}, {self.depth}): width is >= 1, depth >= 0")

    @property
    def name(self) -> str:
        """`mlp`."""
        return "mlp"

    def encoder(self, n_channels: int, context: int, dropout: float) -> nn.Module:
        """From the context (B, C, P) to features (B, D)."""
        from torch import nn

        from onhand.forecast.neural.network import residual

        return nn.Sequential(
            nn.Flatten(),  # (B, C * P)
            nn.Linear(context * n_channels, self.width),
            nn.ReLU(),
            *(residual(self.width, dropout) for _ in range(self.depth)),
        )

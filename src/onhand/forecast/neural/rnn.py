"""How far does the simplest memory go? One state, rewritten in every period.

Source: J. L. Elman (1990), Finding Structure in Time, doi:10.1207/s15516709cog1402_1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onhand.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["RNN"]


@dataclass(frozen=True)
class RNN:
    """A plain recurrent network (Elman, tanh).

    Parameters
    ----------
    width : numbers that are remembered, D
    depth : layers, each reading what the one below remembered

    >>> RNN().name
    'rnn'
    """

    width: int = 64
    depth: int = 1

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ConfigError(f"RNN({self.width}, {self.depth}): both are at least 1")

    @property
    def name(self) -> str:
        """`rnn`."""
        return "rnn"

    def encoder(self, n_channels: int, context: int, dropout: float) -> nn.Module:
        """From the context (B, C, P) to what is remembered after its last period, (B, D)."""
        del context  # any length will do
        from torch import nn

        from onhand.forecast.neural.network import last_state

        between = dropout if self.depth > 1 else 0.0
        cells = nn.RNN(n_channels, self.width, self.depth, batch_first=True, dropout=between)
        return last_state(cells)

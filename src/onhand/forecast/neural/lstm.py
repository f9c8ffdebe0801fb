"""What is worth remembering over a long stretch? A memory with gates that keep, write and tell.

Source: S. Hochreiter and J. Schmidhuber (1997), Long Short-Term Memory, doi:10.1162/neco.1997.9.8.1735.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onhand.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LSTM"]


@dataclass(frozen=True)
class LSTM:
    """Long short-term memory.

    Parameters
    ----------
    width : numbers that are remembered, D
    depth : layers, each reading what the one below remembered

    >>> LSTM().name
    'lstm'
    """

    width: int = 64
    depth: int = 1

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ConfigError(f"LSTM({self.width}, {self.depth}): both are at least 1")

    @property
    def name(self) -> str:
        """`lstm`."""
        return "lstm"

    def encoder(self, n_channels: int, context: int, dropout: float) -> nn.Module:
        """From the context (B, C, P) to what is remembered after its last period, (B, D)."""
        del context  # any length will do
        from torch import nn

        from onhand.forecast.neural.network import last_state

        between = dropout if self.depth > 1 else 0.0
        cells = nn.LSTM(n_channels, self.width, self.depth, batch_first=True, dropout=between)
        return last_state(cells)

"""Is half of the LSTM's machinery enough? A memory with two gates.

Source: K. Cho et al. (2014), Learning Phrase Representations using RNN Encoder-Decoder, arXiv:1406.1078.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onhand.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["GRU"]


@dataclass(frozen=True)
class GRU:
    """Gated recurrent units.

    Parameters
    ----------
    width : numbers that are remembered, D
    depth : layers, each reading what the one below remembered

    >>> GRU().name
    'gru'
    """

    width: int = 64
    depth: int = 1

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ConfigError(f"GRU({self.width}, {self.depth}): both are at least 1")

    @property
    def name(self) -> str:
        """`gru`."""
        return "gru"

    def encoder(self, n_channels: int, context: int, dropout: float) -> nn.Module:
        """From the context (B, C, P) to what is remembered after its last period, (B, D)."""
        del context  # any length will do
        from torch import nn

        from onhand.forecast.neural.network import last_state

        between = dropout if self.depth > 1 else 0.0
        cells = nn.GRU(n_channels, self.width, self.depth, batch_first=True, dropout=between)
        return last_state(cells)

"""How do past, names and what is known ahead become a forecast? The parts that all architectures share.

    features (B, D) of the context  ─┐
    size (B, Z), embeddings (B, E)  ─┴─> one vector per series ──┐
    covariates, calendar, echoes (B, H, F) ─> one per period ────┴─ sum -> residual -> head (B, H, K)

Direct: every period of the horizon is told at once, from what is known of that very period; no
forecast is fed back (R. Wen et al. 2017, A Multi-Horizon Quantile Recurrent Forecaster,
arXiv:1711.11053). The last layer starts at zero: an untrained network tells the level of the context.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onhand.forecast.neural.architecture import Architecture
from onhand.forecast.neural.layout import Layout

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["build", "last_state", "residual"]

_HIDDEN_NAMES = 0.1  # share of names hidden in training, so that the code of the unknown is trained


def build(
    architecture: Architecture, layout: Layout, start: NDArray[np.float64], dropout: float
) -> nn.Module:
    """An untrained network for a layout, whose head starts at the numbers `start` (K,)."""
    import torch
    from torch import nn

    width = architecture.width

    class Network(nn.Module):
        """past (B, C, P), future (B, H, F), size (B, Z), static (B, K) -> (B, H, n_outputs)."""

        def __init__(self) -> None:
            super().__init__()
            sizes = [(n, min(16, 2 + int(n**0.4))) for n in layout.n_names]
            self.encoder = architecture.encoder(layout.n_past, layout.context, dropout)
            self.names = nn.ModuleList(nn.Embedding(n, e) for n, e in sizes)
            self.series = nn.Linear(width + layout.n_size + sum(e for _, e in sizes), width)
            self.period = nn.Linear(layout.n_future, width)
            self.mix = nn.Sequential(residual(width, dropout), residual(width, dropout))
            self.direct = nn.Linear(layout.n_future, len(start), bias=False)
            self.skip = nn.Linear(layout.n_size, len(start), bias=False)
            self.head = nn.Linear(width, len(start))
            for table in self.names:
                nn.init.normal_(table.weight, std=0.05)  # type: ignore[arg-type]
            nn.init.zeros_(self.direct.weight)
            nn.init.zeros_(self.skip.weight)
            nn.init.zeros_(self.head.weight)
            with torch.no_grad():
                self.head.bias.copy_(torch.as_tensor(start))

        def forward(self, past: Tensor, future: Tensor, size: Tensor, static: Tensor) -> Tensor:
            if self.training:
                static = static * (torch.rand_like(static, dtype=past.dtype) >= _HIDDEN_NAMES)
            names = [table(static[:, k]) for k, table in enumerate(self.names)]
            series = self.series(torch.cat([self.encoder(past), size, *names], dim=1))
            mixed = self.mix((series[:, None, :] + self.period(future)).relu())
            return self.head(mixed) + self.direct(future) + self.skip(size)[:, None, :]

    return Network()


def residual(width: int, dropout: float) -> nn.Module:
    """x + W2 dropout(relu(W1 x)), then normalised; any shape (..., width)."""
    from torch import nn

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(
                nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, width)
            )
            self.norm = nn.LayerNorm(width)

        def forward(self, x: Tensor) -> Tensor:
            return self.norm(x + self.inner(x))

    return Residual()


def last_state(cells: nn.Module) -> nn.Module:
    """The output of recurrent `cells` at the last period: (B, C, P) -> (B, D)."""
    from torch import nn

    class LastState(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = cells

        def forward(self, past: Tensor) -> Tensor:
            return self.cells(past)[0][:, -1]

    return LastState()

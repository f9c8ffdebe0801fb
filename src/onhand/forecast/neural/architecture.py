"""How does a network read the past of a series? The seam that every architecture fills.

An architecture is a frozen value with its sizes. `encoder` builds the module that turns the context
into features; everything around it (embeddings, what is known ahead, the heads) is shared, so that
architectures differ in nothing else and can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Architecture"]


@runtime_checkable
class Architecture(Protocol):
    """Builds an encoder of contexts."""

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        ...

    @property
    def width(self) -> int:
        """Features that the encoder gives, D."""
        ...

    def encoder(self, n_channels: int, context: int, dropout: float) -> nn.Module:
        """A module from the context (B, C, P) to features (B, D)."""
        ...

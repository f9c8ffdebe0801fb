"""How far along are we? A callback that long work reports to; nobody listens by default."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called with the name of a stage and the share of it that is done, 0..1, which only grows."""

    def __call__(self, stage: str, share: float) -> None: ...


def silent(stage: str, share: float) -> None:
    """Report to nobody."""

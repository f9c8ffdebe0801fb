"""How far along are we? A callback that long work reports to; nobody listens by default."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "part_of", "silent"]


class Progress(Protocol):
    """Called with the name of a stage and the share of it that is done, 0..1, which only grows."""

    def __call__(self, stage: str, share: float) -> None: ...


def silent(stage: str, share: float) -> None:
    """Report to nobody."""


def part_of(progress: Progress, stage: str, start: float, stop: float) -> Progress:
    """Reports whatever it is told as the part start..stop of one stage.

    >>> part_of(lambda stage, share: print(stage, share), "all", 0.5, 1.0)("a piece", 0.5)
    all 0.75
    """
    return lambda _, share: progress(stage, start + share * (stop - start))

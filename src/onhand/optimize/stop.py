"""When is a search over? A Protocol, and one short class per answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["AnyOf", "Evaluations", "Reached", "Stalled", "Status", "Stop"]


@dataclass(frozen=True)
class Status:
    """How far a search has come: evaluations so far, the best cost, and evaluations since it improved."""

    n_evaluations: int
    best: float
    n_since_better: int


class Stop(Protocol):
    """Says whether a search should end."""

    def __call__(self, status: Status) -> bool:
        """True when the search is over."""
        ...


@dataclass(frozen=True)
class Evaluations:
    """Stops after this many evaluations.

    >>> Evaluations(100)(Status(100, 1.0, 0))
    True
    """

    most: int

    def __call__(self, status: Status) -> bool:
        """True once the budget is spent."""
        return status.n_evaluations >= self.most


@dataclass(frozen=True)
class Stalled:
    """Stops when the best cost has not improved for this many evaluations."""

    most: int

    def __call__(self, status: Status) -> bool:
        """True once patience is spent."""
        return status.n_since_better >= self.most


@dataclass(frozen=True)
class Reached:
    """Stops when a cost is reached, for instance a known bound."""

    cost: float

    def __call__(self, status: Status) -> bool:
        """True once the best cost is at or below the target."""
        return status.best <= self.cost


@dataclass(frozen=True)
class AnyOf:
    """Stops when the first of several answers says so."""

    stops: tuple[Stop, ...]

    def __call__(self, status: Status) -> bool:
        """True once any of them is."""
        return any(stop(status) for stop in self.stops)

"""Several forecasters stand on one: who works it out?"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Learner, Refitter

__all__ = ["OncePerHistory", "Shared"]

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Shared:
    """A forecaster that is fitted, or taught, once on a history, however many ask for it in a row.

    The last history and what was learned from it are kept, so that forecasters built on the same one
    do not pay for it again. The answer is the inner forecaster's. Histories are told apart by identity.

    Parameters
    ----------
    inner : Forecaster

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> from onhand.forecast.averages import MovingAverage
    >>> shared, history = Shared(MovingAverage(2)), believe(Panel.of([[4, 4, 8]]))
    >>> shared.fit(history) is shared.fit(history)
    True
    """

    inner: Forecaster
    _fitted: list[tuple[DemandHistory, FittedForecaster]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _taught: list[tuple[DemandHistory, Refitter]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The inner forecaster's."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the inner forecaster learns from `history`."""
        if not (self._fitted and self._fitted[0][0] is history):
            self._fitted[:] = [(history, self.inner.fit(history))]
        return self._fitted[0][1]

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learned once, shared in its turn; itself where that is cheap."""
        if not isinstance(self.inner, Learner):
            return self
        if not (self._taught and self._taught[0][0] is history):
            self._taught[:] = [(history, _Once(self.inner.learn(history)))]
        return self._taught[0][1]


@dataclass(frozen=True)
class _Once:
    """What was learned, asked once at each origin."""

    inner: Refitter
    kept: list[tuple[DemandHistory, FittedForecaster]] = field(default_factory=list, repr=False)

    def fit(self, history: DemandHistory) -> FittedForecaster:
        if not (self.kept and self.kept[0][0] is history):
            self.kept[:] = [(history, self.inner.fit(history))]
        return self.kept[0][1]


class OncePerHistory(Generic[Answer]):
    """A question about a history, answered once however many ask it in a row; nothing is kept alive.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> total = OncePerHistory(lambda history: [float(history.values.sum())])
    >>> history = believe(Panel.of([[4, 4, 8]]))
    >>> total(history) is total(history), total(history)
    (True, [16.0])
    """

    def __init__(self, answer: Callable[..., Answer]) -> None:
        self._answer = answer
        self._last: tuple[weakref.ref[DemandHistory], tuple[Any, ...], Answer] | None = None

    def __call__(self, history: DemandHistory, *details: Any) -> Answer:
        """The answer for this history and these details, which are compared by value."""
        last = self._last
        if last is not None and last[0]() is history and last[1] == details:
            return last[2]
        answer = self._answer(history, *details)
        self._last = (weakref.ref(history), details, answer)
        return answer

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
    _fitted: OncePerHistory[FittedForecaster] = field(init=False, repr=False, compare=False)
    _taught: OncePerHistory[Refitter] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_fitted", OncePerHistory(self.inner.fit))
        object.__setattr__(self, "_taught", OncePerHistory(self._teach))

    @property
    def name(self) -> str:
        """The inner forecaster's."""
        return self.inner.name

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the inner forecaster learns from `history`."""
        return self._fitted(history)

    def learn(self, history: DemandHistory) -> Refitter:
        """What the inner forecaster learned once, shared in its turn; itself where that is cheap."""
        return self._taught(history) if isinstance(self.inner, Learner) else self

    def _teach(self, history: DemandHistory) -> Refitter:
        assert isinstance(self.inner, Learner)
        return _Once(OncePerHistory(self.inner.learn(history).fit))


@dataclass(frozen=True)
class _Once:
    """What was learned, asked once at each origin."""

    fit: OncePerHistory[FittedForecaster]

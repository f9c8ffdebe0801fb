"""A catalogue is the same at every past review: who works out again what follows from it alone?"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from onhand.data.panel import Panel

__all__ = ["OncePerCatalogue"]

Answer = TypeVar("Answer")


class OncePerCatalogue(Generic[Answer]):
    """A question about items, locations and what never changes of them, answered once for all periods.

    `Panel.until` keeps these arrays as they are, so that they are told apart by identity. The last
    catalogue's answer is kept as long as its arrays live; nothing is kept alive.

    >>> import numpy as np
    >>> asked = OncePerCatalogue(lambda panel: [len(panel.items)])
    >>> panel = Panel.of(np.ones((3, 9)))
    >>> asked(panel.until(4)) is asked(panel.until(8)), asked(panel.rows(slice(2)))
    (True, [2])
    """

    def __init__(self, answer: Callable[[Panel], Answer]) -> None:
        self._answer = answer
        self._last: tuple[list[weakref.ref[NDArray[Any]]], list[str], Answer] | None = None

    def __call__(self, panel: Panel) -> Answer:
        """The answer for the catalogue of this panel."""
        names = list(panel.static)
        parts = [panel.items, panel.locations, *panel.static.values()]
        last = self._last
        if last is not None and last[1] == names and _are(last[0], parts):
            return last[2]
        answer = self._answer(panel)
        forget = self._forget
        self._last = [weakref.ref(part, forget) for part in parts], names, answer
        return answer

    def _forget(self, gone: weakref.ref[NDArray[Any]]) -> None:
        last = self._last
        if last is not None and any(ref is gone for ref in last[0]):
            self._last = None


def _are(known: list[weakref.ref[NDArray[Any]]], parts: list[NDArray[Any]]) -> bool:
    return all(ref() is part for ref, part in zip(known, parts, strict=True))

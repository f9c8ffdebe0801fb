"""What is a forecaster made of? Its members, and the same forecaster with some of them changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from onhand.forecast.forecaster import Forecaster

__all__ = ["changed", "found_in"]


def found_in(forecaster: Forecaster) -> Iterator[Forecaster]:
    """The forecaster itself, and every forecaster within its settings.

    >>> from onhand.forecast import TSB, Blend, Calibrated, MovingAverage
    >>> [member.name for member in found_in(Calibrated(Blend([TSB(), MovingAverage(4)])))][2:]
    ['tsb', 'moving average 4']
    """
    yield forecaster
    for _, value in _settings(forecaster):
        for member in value if isinstance(value, list | tuple) else [value]:
            if isinstance(member, Forecaster):
                yield from found_in(member)


def changed(
    forecaster: Forecaster,
    change: Callable[[Forecaster], Forecaster],
    known: dict[int, tuple[Forecaster, Forecaster]] | None = None,
) -> Forecaster:
    """The forecaster after `change` of each of its members, the innermost first, and of itself.

    A member that several share stays shared; `known` keeps it so over several calls.

    >>> from onhand.forecast import TSB, Blend, MovingAverage
    >>> blend = Blend([TSB(), MovingAverage(4)])
    >>> changed(blend, lambda f: MovingAverage(8) if isinstance(f, MovingAverage) else f).name
    'blend of tsb, moving average 8'
    """
    known = {} if known is None else known
    if id(forecaster) in known:
        return known[id(forecaster)][1]
    new: dict[str, Any] = {}
    for name, value in _settings(forecaster):
        if isinstance(value, Forecaster):
            new[name] = changed(value, change, known)
        elif isinstance(value, list | tuple) and any(isinstance(v, Forecaster) for v in value):
            members = [changed(v, change, known) if isinstance(v, Forecaster) else v for v in value]
            if any(a is not b for a, b in zip(members, value, strict=True)):
                new[name] = type(value)(members)
    same = all(new[name] is getattr(forecaster, name) for name in new)
    made = change(forecaster if same else replace(forecaster, **new))  # type: ignore[type-var]
    known[id(forecaster)] = (
        forecaster,
        made,
    )  # the first one is kept, so that its id stays its own
    return made


def _settings(forecaster: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(forecaster):
        for setting in fields(forecaster):
            yield setting.name, getattr(forecaster, setting.name)

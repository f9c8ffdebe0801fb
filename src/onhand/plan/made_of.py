"""What is the expected demand of each stock point made of, in the units that the plan tells?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.parts import parts_of
from onhand.plan.plan import Part
from onhand.plan.wording import percent, units

__all__ = ["SURE", "forecast_parts", "said_parts"]

Array = NDArray[np.float64]

SURE = 0.95  # chance of still selling from which nobody speaks of an end
_MOST_BY_TREES = 200  # stock points whose trees are asked, which takes a while


def forecast_parts(
    fitted: FittedForecaster,
    history: DemandHistory,
    horizon: int,
    mean_demand: Array,
    at_stake: Array,
) -> dict[int, tuple[Part, ...]]:
    """The parts of `mean_demand` (N,), row -> parts.

    The trees of the 200 rows with the most money at stake are asked what they saw; those of the others are
    told by their level and season alone.
    Parts are means over the horizon, scaled to the mean of the paths that the plan was made from,
    and rounded to thousandths so that they still add up to it.
    """
    order = np.argsort(-at_stake, kind="stable")
    found: dict[int, tuple[Part, ...]] = {}
    for rows, into_trees in ((order[:_MOST_BY_TREES], True), (order[_MOST_BY_TREES:], False)):
        if not len(rows):
            continue
        parts = parts_of(fitted, history, horizon, rows, into_trees=into_trees)
        means = {name: units.mean(axis=1) for name, units in parts.items()}
        total = sum(means.values())
        for k, row in enumerate(rows.tolist()):
            told = round(float(mean_demand[row]), 3)
            scale = told / float(total[k]) if total[k] > 0 else 0.0
            found[row] = _rounded({name: float(m[k]) * scale for name, m in means.items()}, told)
    return found


def _rounded(units: dict[str, float], total: float) -> tuple[Part, ...]:
    """Parts to thousandths; what rounding leaves over goes to the largest."""
    rounded = {name: round(value, 3) for name, value in units.items()}
    largest = max(rounded, key=lambda name: abs(rounded[name]))
    rounded[largest] = round(rounded[largest] + total - sum(rounded.values()), 3)
    return tuple(Part(name, value) for name, value in rounded.items() if value != 0)


_SAID = {
    "season": "the season",
    "calendar": "the calendar",
    "price and promotion": "what is known of price and promotion",
    "stock status": "demand that empty shelves hid",
    "other signals": "what else was observed",
    "past errors": "what past forecasts of such items missed",
}


def said_parts(
    parts: tuple[Part, ...], frequency: str, *, alive: float = 1.0, likes: tuple[str, ...] = ()
) -> str:
    """The parts as a sentence; those that hardly matter are left out. Empty: nothing to say.

    Parameters
    ----------
    alive : chance that it still sells, and
    likes : what is like it: they tell what its place in life means

    >>> said_parts((Part("level", 8.0), Part("season", 2.5), Part("past errors", -0.01)), "week")
    '10.5 are expected per week: 8 is the level of late; the season adds 2.5.'
    >>> said_parts((Part("level", 8.0), Part("life cycle", -6.0)), "week", alive=0.25)
    '2 are expected per week: 8 is the level of late; a chance of 75% that it is over takes off 6.'
    """
    total = sum(part.units for part in parts)
    least = max(0.02 * max((abs(part.units) for part in parts), default=0.0), 0.005)
    names = _SAID | {"life cycle": _said_life(alive, likes)}
    said = []
    for part in parts:
        if abs(part.units) < least:
            continue
        if part.group == "level":
            said.append(f"{units(part.units)} is the level of late")
        else:
            does = "adds" if part.units > 0 else "takes off"
            said.append(f"{names[part.group]} {does} {units(abs(part.units))}")
    return f"{units(total)} are expected per {frequency}: {'; '.join(said)}." if said else ""


def _said_life(alive: float, likes: tuple[str, ...]) -> str:
    if alive < SURE:
        return f"a chance of {percent(1 - alive)} that it is over"
    if likes:
        return "what items like it sold when they were new"
    return "its age"

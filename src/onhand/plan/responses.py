"""What do planned prices, promotions and holidays do to this forecast, and which of them do nothing?"""

from __future__ import annotations

import numpy as np

from onhand.demand.history import DemandHistory
from onhand.forecast.default import MEMORY
from onhand.forecast.recent import last
from onhand.forecast.response import MOST_CELLS, Response, Signal, response_of, signals_of
from onhand.plan.plan import Assumption
from onhand.plan.wording import percent

__all__ = ["response_notes"]

_ANSWER = ("default", "statistical")  # forecasters that stand on the statistics
_KEY = "forecast.plans"


def response_notes(history: DemandHistory, named: str, chosen: str) -> tuple[Assumption, ...]:
    """What each covariate known in advance does to the forecast, for the plan's assumptions.

    Parameters
    ----------
    named : as in `[forecast] forecaster`
    chosen : the candidate that decides now, such as `statistical, own spread`

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> flag = np.zeros((1, 60), np.float32)
    >>> flag[0, ::6] = 1
    >>> sales = [np.where(flag[0, :50] > 0, 20, 10)] * 10
    >>> history = believe(Panel.of(sales, known={"promotion": flag}))
    >>> response_notes(history, "statistical", "statistical")[0].why
    'where it is planned, demand is 2 times as high, as it was in 9 periods of the past'
    >>> response_notes(history, "tsb", "tsb")[0].why
    "it is planned, but forecaster 'tsb' does not look at plans"
    """
    history = last(history, MEMORY[history.panel.frequency])
    signals = signals_of(history)
    if not signals or _has_trees(named, chosen):
        return ()
    if not named.startswith(_ANSWER) or history.values.size > MOST_CELLS:
        why = f"it is planned, but forecaster {chosen!r} does not look at plans"
        if named.startswith(_ANSWER):
            why += " of a shop of this size, as trees would; they were not chosen"
        return tuple(_unused(signal.name, why) for signal in signals if signal.reach > 0)
    response = response_of(history)
    return tuple(_note(signal, response) for signal in signals)


def _has_trees(named: str, chosen: str) -> bool:
    """Whether trees, which look at all plans themselves, take part."""
    return chosen.startswith("default") or named.startswith(("boosted", "ensemble"))


def _unused(name: str, why: str) -> Assumption:
    return Assumption(_KEY, name, "", "assumed", why)


def _note(signal: Signal, response: Response | None) -> Assumption:
    if signal.why_not or response is None:
        why = f"it is known in advance, but changes no forecast: {signal.why_not or 'nothing sold'}"
        return _unused(signal.name, why)
    place = [used.name for used in response.signals].index(signal.name)
    slope = float(np.median(response.slopes[:, place]))
    seen = f"as it was in {signal.n_occasions} periods of the past"
    if signal.is_price:
        change, way = abs(0.9**slope - 1), "higher" if slope <= 0 else "lower"
        why = f"where it is planned a tenth lower, demand is {percent(change)} {way}, {seen}"
    elif slope >= 0:
        why = f"where it is planned, demand is {np.exp(slope):.2g} times as high, {seen}"
    else:
        why = f"where it is planned, demand is {percent(1 - np.exp(slope))} lower, {seen}"
    return Assumption(_KEY, signal.name, "", "file", why)

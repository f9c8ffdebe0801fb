"""Which sales does the forecast take for something that will not come again?"""

from __future__ import annotations

from onhand.demand.history import DemandHistory
from onhand.demand.outliers import lone_peaks
from onhand.plan.plan import Assumption
from onhand.plan.wording import plural, units

__all__ = ["peak_note"]


def peak_note(history: DemandHistory) -> tuple[Assumption, ...]:
    """The peaks that stand alone, the largest by name, for the plan's assumptions; empty without any.

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.believe import believe
    >>> peak_note(believe(Panel.of([[4, 6, 5] * 5 + [300]], items=["MUG"])))[0].why
    'one period far beyond all others counts as the next largest in forecasts and replay: 300 of MUG on 2024-12-30'
    """
    peaks = lone_peaks(history)
    if not peaks:
        return ()
    panel = history.panel
    row, period = max(peaks.items(), key=lambda peak: float(history.values[peak]))
    largest = f"{units(float(history.values[row, period]))} of {panel.items[row]} on {panel.dates[period]}"
    why = f"one period far beyond all others counts as the next largest in forecasts and replay: {largest}"
    if len(peaks) > 1:
        why += f", and at {plural(len(peaks) - 1, 'other stock point')}"
    return (Assumption("demand.lone_peaks", str(len(peaks)), "periods", "file", why),)

"""Which forecaster when nobody chose one? The one that was best calibrated on public shops."""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast.averages import MovingAverage
from onhand.forecast.blend import Blend
from onhand.forecast.calibrated import Calibrated
from onhand.forecast.ending import Ending
from onhand.forecast.forecaster import Forecaster
from onhand.forecast.intermittent import TSB
from onhand.forecast.item_seasons import ItemSeasons
from onhand.forecast.new_items import NewItems
from onhand.forecast.recent import Recent
from onhand.forecast.responsive import Responsive
from onhand.forecast.smoothing import ExponentialSmoothing
from onhand.forecast.steadied import Steadied
from onhand.forecast.tempered import Tempered
from onhand.forecast.when_open import WhenOpen

__all__ = ["MEMORY", "default_forecaster", "through_life"]

MEMORY = {Frequency.DAY: 400, Frequency.WEEK: 209, Frequency.MONTH: 60}  # periods that it looks at


def default_forecaster(frequency: Frequency) -> Calibrated:
    """The default forecaster for a panel of this frequency.

    Fast and slow memories are blended because no single one wins everywhere; the season is that of
    the whole shop and, in weeks and months, as far as the sales of an item and its likes tell one, the
    item's own; weeks of which no season is known yet, or hardly one, are shown without the shop's ups and downs;
    planned prices, promotions and holidays are answered to as they were before; the spread is that of the
    blend's own past errors. `docs/concepts/forecasts.md`
    has the measurements behind the choice.

    >>> default_forecaster(Frequency.WEEK).name
    'default'
    """
    members: list[Forecaster]
    if frequency is Frequency.DAY:
        members = [ExponentialSmoothing(), TSB(), MovingAverage(28)]
    elif frequency is Frequency.WEEK:
        members = [ExponentialSmoothing(), MovingAverage(8), MovingAverage(52)]
    else:
        members = [ExponentialSmoothing(), MovingAverage(6), MovingAverage(12)]
    blend: Forecaster = Blend(members)
    if frequency is Frequency.WEEK:
        blend = Steadied(blend, fading=0.5)
    return Calibrated(Recent(Responsive(ItemSeasons(blend)), MEMORY[frequency]), label="default")


def through_life(forecaster: Forecaster) -> WhenOpen:
    """A forecaster of what sells, also for what is new, for what may be over and for closed days.

    Young items borrow from their likes, silent ones fade, one sale far beyond all others is not expected
    again, and nothing is expected while the shop is closed; for all else it speaks as before.

    >>> through_life(default_forecaster(Frequency.WEEK)).name
    'default'
    """
    return WhenOpen(Tempered(NewItems(Ending(forecaster))))

"""What can a network learn from a whole catalogue, before it knows whose demand it will forecast?

Stretches of the past are hidden, and the network fills them from what lies before and after; in
between it also forecasts, which is the same task with nothing after the gap. No label is needed but
demand itself. Half of the examples also hide what is old, so that the network has met series of every
age. What comes out knows how demand moves in general, and is adapted to a new shop or category
with little history by teaching a small share of its weights (`adapters.py`).

Source: masked reconstruction of patches, Y. Nie, N. Nguyen, P. Sinthong and J. Kalagnanam (2023), A Time
Series is Worth 64 Words, arXiv:2211.14730, section 3.2.
"""

from __future__ import annotations

from onhand.demand.history import DemandHistory
from onhand.forecast.neural.forecaster import Neural
from onhand.forecast.neural.trained import TrainedNeural
from onhand.forecast.neural.training import Hiding

__all__ = ["pretrain"]

_HALF_AND_HALF = Hiding(gaps=0.5, young=0.5)


def pretrain(
    net: Neural,
    catalogue: DemandHistory,
    hiding: Hiding = _HALF_AND_HALF,
    *,
    reads_year: bool = False,
) -> TrainedNeural:
    """A network taught by filling gaps in the demand of a whole catalogue.

    Parameters
    ----------
    net : its architecture, head, horizon and training
    catalogue : DemandHistory
        All there is, as it was known when the new shop opened: what happened to others later would
        tell of what is to come.
    hiding : what is hidden; half of the examples have a gap, and half a short past
    reads_year : whether it reads the time of year, where a year and a half was seen
        Of two or three years a network remembers what happened rather than learns what recurs; a new shop
        has no last year that could say otherwise. `docs/concepts/neural.md` has what it costs.

    Raises
    ------
    ConfigError
        When torch is not installed.
    """
    return net.train(catalogue, hiding=hiding, reads_year=reads_year)

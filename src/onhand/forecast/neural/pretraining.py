"""What can a network learn from a whole catalogue, before it knows whose demand it will forecast?

Stretches of the past are hidden, and the network fills them from what lies before and after; in
between it also forecasts, which is the same task with nothing after the gap. No label is needed but
demand itself. What comes out knows how demand moves in general, and is adapted to a new shop or category
with little history by teaching a small share of its weights (`adapters.py`).

Source: masked reconstruction of patches, Y. Nie, N. Nguyen, P. Sinthong and J. Kalagnanam (2023), A Time
Series is Worth 64 Words, arXiv:2211.14730, section 3.2.
"""

from __future__ import annotations

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.neural.forecaster import Neural
from onhand.forecast.neural.trained import TrainedNeural

__all__ = ["pretrain"]


def pretrain(net: Neural, catalogue: DemandHistory, *, gaps: float = 0.5) -> TrainedNeural:
    """A network taught by filling gaps in the demand of a whole catalogue.

    Parameters
    ----------
    net : its architecture, head, horizon and training
    catalogue : DemandHistory
        All there is, as it was known when the new shop opened: what happened to others later would
        tell of what is to come.
    gaps : share of the examples that hide a stretch of `horizon` periods, 0..1; the others forecast

    Raises
    ------
    ConfigError
        When `gaps` is not a share, or torch is not installed.
    """
    if not 0 <= gaps <= 1:
        raise ConfigError(f"gaps is {gaps}; choose a share 0..1")
    return net.train(catalogue, gaps=gaps)

"""What does the whole shop's past say about each stock point's future? One model for all series."""

from onhand.forecast.boosted.forecaster import Boosted
from onhand.forecast.boosted.members import Member, Trees

__all__ = ["Boosted", "Member", "Trees"]

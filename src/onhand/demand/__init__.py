"""What did customers want? Sales become demand, also where the shelf was empty."""

from onhand.demand.believe import believe
from onhand.demand.history import DemandHistory

__all__ = ["DemandHistory", "believe"]

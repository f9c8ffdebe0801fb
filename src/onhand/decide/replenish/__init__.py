"""How much should we order, when, from whom?"""

from onhand.decide.replenish.classical import ClassicalSafetyStock
from onhand.decide.replenish.coverage import Coverage, ProtectionCoverage
from onhand.decide.replenish.order_up_to import OrderUpToQuantile
from onhand.decide.replenish.projected import (
    BalancedProjection,
    PointProjection,
    ProjectedInventory,
)
from onhand.decide.replenish.rounding import RoundedOrder, RoundingMode, round_order

__all__ = [
    "BalancedProjection",
    "ClassicalSafetyStock",
    "Coverage",
    "OrderUpToQuantile",
    "PointProjection",
    "ProjectedInventory",
    "ProtectionCoverage",
    "RoundedOrder",
    "RoundingMode",
    "round_order",
]

"""What did customers want? Sales become demand, also where the shelf was empty."""

from onhand.demand.believe import believe
from onhand.demand.classify import (
    abc_classes,
    demand_classes,
    demand_interval,
    revenues,
    size_variation,
    xyz_classes,
)
from onhand.demand.clean import infer_in_stock
from onhand.demand.history import DemandHistory

__all__ = [
    "DemandHistory",
    "abc_classes",
    "believe",
    "demand_classes",
    "demand_interval",
    "infer_in_stock",
    "revenues",
    "size_variation",
    "xyz_classes",
]

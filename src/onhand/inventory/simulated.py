"""What came out of a simulation, at every stock point and under every alternative?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.inventory.costs import Costs

__all__ = ["N_SUMS", "Simulated", "name_sums"]

Array = NDArray[np.float64]

#: Columns of the sums that `name_sums` names.
N_SUMS = 13


@dataclass(frozen=True)
class Simulated:
    """What happened at N stock points under K alternatives: sums over all paths and periods.

    Each array is (N, K), in units unless said:

    demand, served, short : wanted; met from stock in its own period; the rest
    holding : unit-periods on hand at the end of periods
    charged : what the shortage cost is charged on: lost units under lost sales, unit-periods owed
        under backorders
    ordered, n_orders : units ordered, and number of orders
    n_short : path-periods in which some demand was not met from stock
    never_arrived : units ordered that the supplier lost
    final_on_hand, final_on_order, final_backorders : what stands after the last period
    n_ready : path-periods that ended with stock on hand
    n_paths, n_periods : S and H
    """

    demand: Array
    served: Array
    short: Array
    holding: Array
    charged: Array
    ordered: Array
    n_orders: Array
    n_short: Array
    never_arrived: Array
    final_on_hand: Array
    final_on_order: Array
    final_backorders: Array
    n_ready: Array
    n_paths: int
    n_periods: int

    @property
    def fill_rate(self) -> Array:
        """Share of demand met from stock in its own period, (N, K); NaN without demand."""
        share = np.full_like(self.demand, np.nan)
        return np.divide(self.served, self.demand, out=share, where=self.demand > 0)

    @property
    def ready_rate(self) -> Array:
        """Share of periods that ended with stock on hand, (N, K)."""
        return self.n_ready / (self.n_paths * self.n_periods)

    @property
    def shortage_rate(self) -> Array:
        """Share of periods in which some demand was not met from stock, (N, K)."""
        return self.n_short / (self.n_paths * self.n_periods)

    @property
    def average_inventory(self) -> Array:
        """Mean units on hand at the end of a period, (N, K)."""
        return self.holding / (self.n_paths * self.n_periods)

    def cost(self, costs: Costs) -> Array:
        """Mean money per path over the whole horizon, (N, K)."""
        h, p, k = (c[:, None] for c in (costs.holding_cost, costs.shortage_cost, costs.order_cost))
        return (h * self.holding + p * self.charged + k * self.n_orders) / self.n_paths


def name_sums(sums: Array, n_paths: int, n_periods: int) -> Simulated:
    """Name the columns of the kernel's (N, K, 13) sums."""
    return Simulated(
        demand=sums[..., 0],
        served=sums[..., 1],
        short=sums[..., 2],
        holding=sums[..., 3],
        charged=sums[..., 4],
        ordered=sums[..., 5],
        n_orders=sums[..., 6],
        n_short=sums[..., 7],
        never_arrived=sums[..., 8],
        final_on_hand=sums[..., 9],
        final_on_order=sums[..., 10],
        final_backorders=sums[..., 11],
        n_ready=sums[..., 12],
        n_paths=n_paths,
        n_periods=n_periods,
    )

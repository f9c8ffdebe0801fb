"""Could an agent learn to order by trying? The physics of stock as a Gymnasium environment.

The same two moves and the same charge as everywhere else, one stock point, one period per step. Needs
Gymnasium (`pip install "onhand[rl]"`).
"""

from __future__ import annotations

from typing import Any, Literal

import gymnasium
import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.inventory.costs import Costs, charge
from onhand.inventory.moves import place, serve_or_backorder, serve_or_lose
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["Replenishment"]


class Replenishment(gymnasium.Env[NDArray[np.float32], Any]):
    """One stock point, reviewed every period, on demand paths drawn at random.

    A step orders `action` packs, receives what is due, serves the period's demand and pays for it:
    the reward is minus the money. An episode is one path from its first period to its last, where it
    is truncated, not ended: stock goes on. Actions are whole numbers 0..`most_packs`; others are
    refused, not clipped, so that a mistake is seen and no agent is paid for an order it did not place.

    Parameters
    ----------
    paths : (S, H) units, possible demands; every episode draws one of the S rows
    terms, costs : of one stock point, (1,)
    opening : Stock, (1,), with lead_time + 1 slots or more; empty shelf unless given
    most_packs : largest order that can be placed, in packs
    shortage : "lost_sales" or "backorder"

    Observations are float32 (W + 2,): net inventory, the W slots of the pipeline, and the mean over
    all paths of demand in the coming protection interval, all in units.

    Raises
    ------
    ShapeError
        When the parts are not those of one stock point, or a path is asked for that is not there.
    gymnasium.error.ResetNeeded
        When a step is taken before the first reset, or after the episode's last period.
    gymnasium.error.InvalidAction
        When an action lies outside the action space.

    >>> env = Replenishment(
    ...     np.full((1, 3), 4.0),
    ...     SupplyTerms.of(lead_time=1, n_series=1),
    ...     Costs.of(1.0, 9.0, n_series=1),
    ...     most_packs=10,
    ... )
    >>> env.reset(seed=0)[0].tolist()                  # nothing there, 8 wanted in two periods
    [0.0, 0.0, 0.0, 8.0]
    >>> seen, reward, *_ = env.step(6)
    >>> seen.tolist(), reward                          # 4 lost at 9 each; 6 arrive next
    ([0.0, 6.0, 0.0, 8.0], -36.0)
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  Gymnasium's own name

    def __init__(
        self,
        paths: NDArray[Any],
        terms: SupplyTerms,
        costs: Costs,
        *,
        opening: Stock | None = None,
        most_packs: int,
        shortage: Literal["lost_sales", "backorder"] = "lost_sales",
    ) -> None:
        if paths.ndim != 2 or not paths.size:
            raise ShapeError(f"paths have shape {paths.shape}; one stock point has (S, H)")
        if terms.lead_time.shape != (1,) or costs.holding_cost.shape != (1,):
            raise ShapeError("terms and costs must be those of one stock point, (1,)")
        if most_packs < 1:
            raise ShapeError(f"most_packs is {most_packs}; an agent must be able to order 1")
        width = int(terms.lead_time[0]) + 1
        self._opening = opening or Stock.of([0.0], np.zeros((1, width)))
        if self._opening.on_hand.shape != (1,) or self._opening.pipeline.shape[1] < width:
            raise ShapeError(f"opening must be one stock point with {width} slots or more")
        self._paths, self._terms, self._costs = np.asarray(paths, np.float64), terms, costs
        self._serve = {"lost_sales": serve_or_lose, "backorder": serve_or_backorder}[shortage]
        self._ahead = _expected_ahead(self._paths.mean(axis=0), int(terms.protection_interval[0]))
        self._most_packs = most_packs
        self.action_space = gymnasium.spaces.Discrete(most_packs + 1)
        n = self._opening.pipeline.shape[1] + 2
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (n,), np.float32)
        # Nobody has reset it: no period is left to step into.
        self._stock, self._period, self._demand = self._opening, 0, self._paths[0, :0]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """The opening stock, and a path drawn for the episode; `options={"path": k}` takes path k."""
        super().reset(seed=seed, options=options)
        drawn = int(self.np_random.integers(len(self._paths)))
        path = (options or {}).get("path", drawn)
        if not 0 <= path < len(self._paths):
            raise ShapeError(f"path is {path}; there are {len(self._paths)}, counted from 0")
        self._demand = self._paths[path]
        self._stock, self._period = self._opening, 0
        return self._seen(), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Order, receive, serve, pay: (observation, -money, False, whether the path is over, info)."""
        if self._period >= len(self._demand):
            raise gymnasium.error.ResetNeeded(
                f"no period is left after {self._period}; call reset() before the next step"
            )
        if not self.action_space.contains(action):
            raise gymnasium.error.InvalidAction(
                f"action is {action!r}; order a whole number of packs, 0..{self._most_packs}"
            )
        is_review = self._period % int(self._terms.review_period[0]) == 0
        order = float(action) * self._terms.pack_size if is_review else np.zeros(1)
        stock = place(self._stock, order, self._terms.lead_time)
        self._stock, flow = self._serve(stock, self._demand[self._period : self._period + 1])
        money = float(charge(flow, order, self._costs).total[0])
        self._period += 1
        info = {"served": float(flow.served[0]), "short": float(flow.short[0])}
        return self._seen(), -money, False, self._period >= len(self._demand), info

    def _seen(self) -> NDArray[np.float32]:
        stock = self._stock
        parts = (stock.net_inventory, stock.pipeline[0], self._ahead[self._period, None])
        return np.concatenate(parts).astype(np.float32)


def _expected_ahead(mean: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Mean demand of the next `reach` periods from every period, (H + 1,); the last pace goes on."""
    longer = np.concatenate([[0.0], np.cumsum(np.pad(mean, (0, reach), mode="edge"))])
    return np.asarray(longer[reach:] - longer[: len(longer) - reach])

"""What are the small orders from fast suppliers, and when do they come?

A bridge is a line of its own: its fast supplier, its price, its dates. It stands beside the line of the
same stock point from the slow supplier, which is decided as if the bridge were on its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.inventory.stock import Stock
from onhand.plan.buying.choose import Bridge, Choice
from onhand.plan.buying.proposals import Proposal
from onhand.plan.buying.rules import SupplierRule
from onhand.plan.buying.worlds import Worlds
from onhand.plan.projection import OnTheWay

__all__ = ["Bridges", "both_of", "bridges_of", "in_full", "on_the_way", "same_steps"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bridges:
    """B small orders; each (B,) unless said.

    row : stock point;  quantity : units;  need : units worth their price, before the fast offer's minimum
    supplier, unit_cost, order_date, due_date, late_date : of the fast offer, as on an order line
    slot : period in which it is planned to come;  comes, share : (B, S) in every world
    step, worth : (B,), (B, K) of each further step, its dearer price taken off
    least : units, below which the fast supplier takes no order
    gain : money that it is expected to earn
    is_kept : (B,) whether it stays, all of it or nothing, because the last plan froze it
    suppliers : what the fast suppliers ask of an order as a whole
    """

    row: NDArray[np.int64]
    quantity: Array
    need: Array
    supplier: NDArray[np.str_]
    unit_cost: Array
    order_date: NDArray[np.datetime64]
    due_date: NDArray[np.datetime64]
    late_date: NDArray[np.datetime64]
    slot: NDArray[np.int64]
    comes: NDArray[np.int64]
    share: NDArray[np.float32]
    step: Array
    worth: Array
    least: Array
    gain: Array
    is_kept: NDArray[np.bool_]
    suppliers: Mapping[str, SupplierRule]

    def with_quantity(self, quantity: Array) -> Bridges:
        """The bridges of which something is left, with these quantities (B,)."""
        kept = np.flatnonzero(quantity > 0)
        changed = {
            name: getattr(self, name)[kept]
            for name in self.__dataclass_fields__
            if name not in ("suppliers", "quantity")
        }
        return Bridges(**changed, quantity=quantity[kept], suppliers=self.suppliers)

    def lines(self, n_steps: int) -> Proposal:
        """The bridges as lines of an order, with the worth of `n_steps` steps; none is ever raised."""
        n, known = self.worth.shape
        worth = np.full((n, n_steps), -1e9)
        worth[:, : min(known, n_steps)] = self.worth[:, :n_steps]
        nothing = np.zeros(n)
        return Proposal(
            need=self.need,
            by_cycle=nothing,
            by_minimum=np.where(self.is_kept, 0.0, self.quantity - self.need),
            by_pack=nothing,
            by_shelf_life=nothing,
            by_phase_out=nothing,
            by_silence=nothing,
            kept=np.where(self.is_kept, self.quantity - self.need, 0.0),
            by_capacity=nothing,
            by_price_break=nothing,
            by_fee=nothing,
            quantity=self.quantity,
            least=np.where(self.is_kept, self.quantity, np.minimum(self.least, self.quantity)),
            most=self.quantity,
            unit_cost=self.unit_cost,
            pack=self.step,
            step=self.step,
            worth=worth,
            saves=np.zeros((n, n_steps)),
        )


def bridges_of(choice: Choice, n_samples: int) -> Bridges | None:
    """The bridges of the offers chosen, in full; None where there are none."""
    return in_full(choice.bridges, choice, n_samples) if choice.bridges else None


def in_full(bridges: Sequence[Bridge], choice: Choice, n_samples: int) -> Bridges:
    """Small orders with the terms of their offers."""
    found = [_in_full(bridge, choice, n_samples) for bridge in same_steps(bridges)]
    suppliers = {n: r for c in choice.candidates for n, r in c.rules.suppliers.items()}
    columns = {name: np.array([each[name] for each in found]) for name in found[0]}
    return Bridges(**columns, suppliers=suppliers)


def same_steps(bridges: Sequence[Bridge]) -> list[Bridge]:
    """The bridges with as many steps each; those that one has less than another are worth nothing."""
    n_steps = max(len(bridge.worth) for bridge in bridges)
    return [
        replace(bridge, worth=np.pad(bridge.worth, (0, n_steps - len(bridge.worth))))
        for bridge in bridges
    ]


def _in_full(bridge: Bridge, choice: Choice, n_samples: int) -> dict[str, object]:
    """One bridge with the terms of its fast offer."""
    offer, row = choice.candidates[bridge.offer], bridge.row
    timing, ladder = offer.rules.timing, offer.rules.ladder
    slot = int(timing.terms.lead_time[row])
    if offer.worlds is None:
        comes = np.full(n_samples, slot)
        share = np.ones(n_samples, dtype=np.float32)
    else:
        comes, share = offer.worlds.order_of(row)
    step = int((ladder.start[row] <= bridge.quantity + 1e-9).sum()) - 1
    return {
        "row": row,
        "quantity": bridge.quantity,
        "need": bridge.need,
        "supplier": str(offer.terms.supplier[row]),
        "unit_cost": float(ladder.unit_cost[row, step]),
        "order_date": timing.order_date[row],
        "due_date": timing.due_date[row],
        "late_date": timing.late_date[row],
        "slot": slot,
        "comes": comes,
        "share": share,
        "step": bridge.step,
        "worth": bridge.worth,
        "least": max(float(timing.terms.minimum_order[row]), float(timing.terms.pack_size[row])),
        "gain": bridge.gain,
        "is_kept": bridge.is_kept,
    }


def both_of(bridges: Bridges | None, splits: Bridges | None) -> Bridges | None:
    """All of them as one list, those of `bridges` first."""
    if bridges is None or splits is None:
        return bridges or splits
    joined = {
        name: np.concatenate([getattr(bridges, name), getattr(splits, name)])
        for name in Bridges.__dataclass_fields__
        if name != "suppliers"
    }
    return Bridges(**joined, suppliers={**bridges.suppliers, **splits.suppliers})


def on_the_way(bridges: Bridges, worlds: Worlds, stock: Stock) -> OnTheWay:
    """The supply with the bridges placed, and their units as they are planned to come."""
    pipeline = np.zeros((len(stock.on_hand), int(bridges.slot.max()) + 1))
    np.add.at(pipeline, (bridges.row, bridges.slot), bridges.quantity)
    units = (bridges.quantity[:, None] * bridges.share).astype(np.float32)
    return OnTheWay(worlds.with_orders(bridges.row, bridges.comes, units).of, pipeline)

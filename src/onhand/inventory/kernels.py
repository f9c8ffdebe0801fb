"""How do millions of paths run through the physics at once? The plain moves, compiled.

The same three steps as `onhand.inventory.moves`, period by period: order, send, serve. They are
written as loops over the paths of one stock point, so that the compiler turns each into vector
instructions (a product with 0 or 1 is faster than a branch): one stock point's state (a few hundred paths of 4 or 8 bytes) stays in the nearest
cache while its periods go by, and its demand is read once, in the order it lies in memory
(stock point, period, path).

Units are int32 when everything is whole and small enough, float64 otherwise; the caller decides
(`onhand.inventory.kernel_units`). numba promotes int32 + int32 to int64, which halves the lanes of a
vector: hence the casts `T(...)` on every line.

Import this module only where it runs: it takes numba along, which is slow to load.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.compiled import njit
from onhand.inventory.level_rule import PACK_SLACK, SMALLEST_ORDER

__all__ = ["run_block"]

Row = NDArray[Any]

# reassoc lets sums of floats be vectorised; sums of whole numbers below 2^53 stay exact.
_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": {"reassoc", "nsz", "nnan"}}


@njit(**_JIT)
def run_block(
    demand: NDArray[Any],  # (N, H, S)
    net: NDArray[Any],  # (N, 1 or S) opening on hand minus backorders
    pipeline: NDArray[Any],  # (N, 1 or S, W) opening pipeline
    levels: NDArray[Any],  # (N, K, 1 or H) order-up-to levels
    reorder_points: NDArray[Any],  # (N, K)
    caps: NDArray[Any],  # (N, K) largest order
    minimum_order: NDArray[Any],  # (N,)
    pack_size: NDArray[Any],  # (N,)
    lead_time: NDArray[np.int64],  # (N,)
    lead_times: NDArray[np.int16],  # (N, H, 1 or S) per order, or (0, 0, 0): use lead_time
    review_period: NDArray[np.int64],  # (N,)
    is_lost: bool,
    totals: NDArray[np.float64],  # (N, K, 13), filled here: see `simulated.name_sums`
) -> None:
    """Fill `totals` with what happened to every stock point under every one of its K levels."""
    T = net.dtype.type
    tiny = T(SMALLEST_ORDER)  # 0 for whole units
    N, H, S = demand.shape
    K = levels.shape[1]
    W = pipeline.shape[2]
    state = np.zeros(S, net.dtype)
    position = np.zeros(S, net.dtype)
    held_back = np.zeros(S, net.dtype)  # orders not yet in the slot in which they arrive
    ring = np.zeros((W, S), net.dtype)
    one_lead = np.zeros(1, np.int16)
    for n in range(N):
        for k in range(K):
            sums = totals[n, k]
            sums[:] = 0.0
            _open(state, position, ring, net[n], pipeline[n])
            for t in range(H):
                if t % review_period[n] == 0:
                    level = levels[n, k, t if levels.shape[2] > 1 else 0]
                    if lead_times.shape[0] == 0 and pack_size[n] == 1:
                        slot = ring[(t + lead_time[n]) % W]
                    else:
                        slot = held_back
                    ordered, n_orders = _order(
                        slot,
                        position,
                        level,
                        reorder_points[n, k],
                        caps[n, k],
                        minimum_order[n],
                        tiny,
                    )
                    if pack_size[n] != 1:
                        ordered += _round_to_packs(slot, position, pack_size[n])
                    sums[5] += ordered
                    sums[6] += n_orders
                    if lead_times.shape[0] > 0:
                        one_lead[0] = lead_times[n, t, 0]
                        leads = lead_times[n, t] if lead_times.shape[2] > 1 else one_lead
                        sums[8] += _send_each(ring, position, slot, leads, t)
                    elif pack_size[n] != 1:
                        _send(ring[(t + lead_time[n]) % W], slot)
                if is_lost:
                    moved = _serve_or_lose(state, position, ring[t % W], demand[n, t])
                else:
                    moved = _serve_or_backorder(state, position, ring[t % W], demand[n, t])
                sums[0] += moved[0]
                sums[2] += moved[1]
                sums[3] += moved[2]
                sums[4] += moved[3]
                sums[7] += moved[4]
                sums[12] += moved[5]
            sums[1] = sums[0] - sums[2]
            _close(sums, state, position)


@njit(**_JIT)
def _open(state: Row, position: Row, ring: NDArray[Any], net: Row, pipeline: NDArray[Any]) -> None:
    """Set every path to the opening stock."""
    T = state.dtype.type
    M = net.shape[0]
    for s in range(state.shape[0]):
        state[s] = net[s if M > 1 else 0]
        position[s] = state[s]
    for w in range(ring.shape[0]):
        for s in range(state.shape[0]):
            ring[w, s] = pipeline[s if M > 1 else 0, w]
            position[s] = T(position[s] + ring[w, s])


@njit(**_JIT)
def _order(
    slot: Row, position: Row, level: Any, reorder_point: Any, cap: Any, minimum: Any, tiny: Any
) -> tuple[Any, Any]:
    """Order at or below the reorder point: up to the level, the cap, the minimum.

    Adds each path's order to `slot` and `position`; returns the units and the number of orders
    over all paths.
    """
    T = slot.dtype.type
    zero, one = T(0), T(1)
    units, orders = zero, zero
    for s in range(slot.shape[0]):
        need = min(T(level - position[s]), cap)
        due = one if (position[s] <= reorder_point) & (need > tiny) else zero
        quantity = T(max(need, minimum) * due)
        slot[s] = T(slot[s] + quantity)
        position[s] = T(position[s] + quantity)
        units = T(units + quantity)
        orders = T(orders + due)
    return units, orders


@njit(**_JIT)
def _round_to_packs(order: Row, position: Row, pack: Any) -> Any:
    """Round every order up to whole packs; returns the units that this adds over all paths."""
    T = order.dtype.type
    added = T(0)
    per_unit = 1.0 / pack
    for s in range(order.shape[0]):
        packs = T(np.ceil(order[s] * per_unit - PACK_SLACK))
        more = T(T(packs * pack) - order[s])
        order[s] = T(order[s] + more)
        position[s] = T(position[s] + more)
        added = T(added + more)
    return added


@njit(**_JIT)
def _send(slot: Row, order: Row) -> None:
    """Move the orders of all paths into the slot in which they arrive."""
    T = order.dtype.type
    for s in range(order.shape[0]):
        slot[s] = T(slot[s] + order[s])
        order[s] = T(0)


@njit(**_JIT)
def _send_each(ring: NDArray[Any], position: Row, order: Row, leads: Row, t: int) -> float:
    """Move each path's order where its own lead time says; returns the units never to arrive."""
    T = order.dtype.type
    W = ring.shape[0]
    never = 0.0
    for s in range(order.shape[0]):
        lead = leads[s if leads.shape[0] > 1 else 0]
        if lead < 0:
            never += order[s]
            position[s] = T(position[s] - order[s])
        else:
            w = (t + lead) % W
            ring[w, s] = T(ring[w, s] + order[s])
        order[s] = T(0)
    return never


@njit(**_JIT)
def _serve_or_lose(
    state: Row, position: Row, slot: Row, demand: Row
) -> tuple[Any, Any, Any, Any, Any, Any]:
    """One period, lost sales.

    Returns over all paths: units wanted, short, held, charged as short; paths short, paths ready.
    """
    T = state.dtype.type
    zero, one = T(0), T(1)
    wanted, short, held, n_short, n_ready = zero, zero, zero, zero, zero
    for s in range(state.shape[0]):
        want = T(demand[s])
        available = T(state[s] + slot[s])
        slot[s] = zero
        served = min(available, want)
        left = T(available - served)
        missed = T(want - served)
        state[s] = left
        position[s] = T(position[s] - served)
        wanted = T(wanted + want)
        short = T(short + missed)
        held = T(held + left)
        n_short = T(n_short + (one if missed > zero else zero))
        n_ready = T(n_ready + (one if left > zero else zero))
    return wanted, short, held, short, n_short, n_ready


@njit(**_JIT)
def _serve_or_backorder(
    state: Row, position: Row, slot: Row, demand: Row
) -> tuple[Any, Any, Any, Any, Any, Any]:
    """One period, backorders: `state` is net inventory; returns as `_serve_or_lose`."""
    T = state.dtype.type
    zero, one = T(0), T(1)
    wanted, short, held, owed, n_short, n_ready = zero, zero, zero, zero, zero, zero
    for s in range(state.shape[0]):
        want = T(demand[s])
        before = T(state[s] + slot[s])
        slot[s] = zero
        after = T(before - want)
        missed = T(want - min(max(before, zero), want))
        state[s] = after
        position[s] = T(position[s] - want)
        wanted = T(wanted + want)
        short = T(short + missed)
        held = T(held + max(after, zero))
        owed = T(owed + max(T(-after), zero))
        n_short = T(n_short + (one if missed > zero else zero))
        n_ready = T(n_ready + (one if after > zero else zero))
    return wanted, short, held, owed, n_short, n_ready


@njit(**_JIT)
def _close(sums: NDArray[np.float64], state: Row, position: Row) -> None:
    """Add what is left at the end, over all paths."""
    for s in range(state.shape[0]):
        sums[9] += max(state[s], 0)
        sums[10] += position[s] - state[s]
        sums[11] += max(-state[s], 0)

"""What must hold of stock on any demand, terms and rule: units are neither made nor lost, and the
compiled simulator is the plain moves."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from onhand.inventory.level_rule import LevelRule
from onhand.inventory.simulate import Shortage, simulate, simulate_plainly
from onhand.inventory.simulated import Simulated
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

SUMS = [f.name for f in fields(Simulated)]


@dataclass(frozen=True)
class World:
    demand: NDArray[Any]  # (N, H, S)
    opening: Stock
    rule: LevelRule
    terms: SupplyTerms
    shortage: Shortage
    lead_times: NDArray[np.int16] | None

    def simulated(self) -> Simulated:
        return simulate(
            self.demand,
            self.opening,
            self.rule,
            self.terms,
            shortage=self.shortage,
            lead_times=self.lead_times,
        )


def whole(low: int, high: int, shape: tuple[int, ...]) -> st.SearchStrategy[NDArray[Any]]:
    return hnp.arrays(np.int64, shape, elements=st.integers(low, high))


@st.composite
def worlds(draw: st.DrawFn, shortage: Shortage | None = None) -> World:
    """Up to three stock points, nine periods and five paths, with everything that may vary."""
    N, H, S = draw(st.integers(1, 3)), draw(st.integers(1, 9)), draw(st.integers(1, 5))
    W = draw(st.integers(1, 4))
    kind = draw(st.sampled_from([np.uint8, np.uint16, np.float32, np.float64]))
    demand = draw(whole(0, 12, (N, H, S))).astype(kind)
    how = shortage or draw(st.sampled_from(["lost_sales", "backorder"]))
    leading = draw(st.sampled_from([(N,), (N, S)]))
    backorders = draw(whole(0, 6, leading)) if how == "backorder" else 0
    opening = Stock.of(draw(whole(0, 9, leading)), draw(whole(0, 5, (*leading, W))), backorders)
    rule = LevelRule.by_period(
        draw(whole(0, 30, (N, H))),
        reorder_point=draw(st.sampled_from([np.inf, 0.0, 8.0, 40.0])),
        largest_order=draw(st.sampled_from([np.inf, 1.0, 7.0])),
    )
    terms = SupplyTerms.of(
        draw(whole(0, W - 1, (N,))),
        draw(whole(1, 3, (N,))),
        draw(whole(0, 6, (N,))),
        draw(whole(1, 5, (N,))),
        n_series=N,
    )
    random_leads = whole(-1, W - 1, (N, H, draw(st.sampled_from([1, S]))))
    lead_times = draw(st.none() | random_leads.map(lambda v: v.astype(np.int16)))
    return World(demand, opening, rule, terms, how, lead_times)


def assert_same(fast: Simulated, plain: Simulated) -> None:
    for name in SUMS:
        np.testing.assert_array_equal(getattr(fast, name), getattr(plain, name), err_msg=name)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_compiled_simulator_equals_the_plain_moves(world: World) -> None:
    """To the last unit: any lead times, packs, caps, reorder points, reviews and shortages."""
    plain = simulate_plainly(
        world.demand,
        world.opening,
        world.rule,
        world.terms,
        shortage=world.shortage,
        lead_times=world.lead_times,
    )
    assert_same(world.simulated(), plain)


def test_the_comparison_with_the_plain_moves_can_fail() -> None:
    """A simulator one period late in its lead time is told apart."""
    demand = np.full((1, 6, 1), 3, dtype=np.uint8)
    opening, rule = Stock.of([4.0], [[0.0, 0.0, 0.0]]), LevelRule.of([9.0])
    fast = simulate(demand, opening, rule, SupplyTerms.of(1, n_series=1))
    late = simulate_plainly(demand, opening, rule, SupplyTerms.of(2, n_series=1))
    with pytest.raises(AssertionError):
        assert_same(fast, late)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_units_are_neither_created_nor_lost(world: World) -> None:
    """Opening + ordered - never arriving = handed over + what stands at the end, whatever the
    lead times; under backorders what is still owed has not been handed over."""
    seen = world.simulated()
    S = world.demand.shape[2]
    opening = world.opening.inventory_position.reshape(len(world.demand), -1)
    opening_units = opening.sum(axis=1) * (S / opening.shape[1])
    came_in = opening_units + (seen.ordered - seen.never_arrived)[:, 0]
    wanted = seen.served if world.shortage == "lost_sales" else seen.demand
    stands = seen.final_on_hand + seen.final_on_order - seen.final_backorders
    np.testing.assert_array_equal(came_in, (wanted + stands)[:, 0])


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_demand_is_served_or_short(world: World) -> None:
    """Every unit wanted is met from stock in its period, or short; lost units are charged once."""
    seen = world.simulated()
    np.testing.assert_array_equal(seen.served + seen.short, seen.demand)
    if world.shortage == "lost_sales":
        np.testing.assert_array_equal(seen.charged, seen.short)
        assert not seen.final_backorders.any()


@settings(max_examples=60, deadline=None)
@given(worlds(shortage="lost_sales"), st.integers(0, 9))
def test_more_opening_stock_never_loses_more_with_the_same_orders(world: World, more: int) -> None:
    """Orders fixed by hand (level below every position, so none is placed)."""
    quiet = replace(world, rule=LevelRule.of(np.zeros(len(world.demand))))
    richer_stock = Stock.of(world.opening.on_hand + more, world.opening.pipeline)
    richer = replace(quiet, opening=richer_stock)
    assert (richer.simulated().short <= quiet.simulated().short).all()


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_higher_base_stock_level_never_serves_less(world: World) -> None:
    """Loose orders, fixed lead times: base stock is monotone in its level."""
    n = len(world.demand)
    plain = replace(
        world,
        terms=SupplyTerms.of(world.terms.lead_time, n_series=n),
        lead_times=None,
        rule=LevelRule.alternatives(np.tile(np.arange(0.0, 40.0, 5.0), (n, 1))),
    )
    assert (np.diff(plain.simulated().served, axis=1) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(worlds(shortage="backorder"))
def test_under_backorders_a_longer_lead_time_never_serves_more(world: World) -> None:
    """Same level, opening with nothing under way, one more period before goods arrive."""
    n = len(world.demand)
    empty = Stock.of(np.zeros(n), np.zeros((n, 5)))
    soon, late = (
        simulate(
            world.demand,
            empty,
            LevelRule.of(np.full(n, 20.0)),
            SupplyTerms.of(world.terms.lead_time + extra, n_series=n),
            shortage="backorder",
        )
        for extra in (0, 1)
    )
    assert (late.served <= soon.served).all()


@settings(max_examples=30, deadline=None)
@given(worlds())
def test_alternatives_meet_the_same_demand_one_by_one(world: World) -> None:
    """K levels at once are K runs with one level (common random numbers)."""
    n = len(world.demand)
    levels = np.tile(np.array([3.0, 11.0, 26.0]), (n, 1))
    together = replace(world, rule=LevelRule.alternatives(levels)).simulated()
    for k in range(3):
        alone = replace(world, rule=LevelRule.of(levels[:, k])).simulated()
        for name in SUMS[:13]:
            np.testing.assert_array_equal(
                getattr(together, name)[:, k], getattr(alone, name)[:, 0], err_msg=name
            )

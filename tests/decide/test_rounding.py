"""Rounding to what the supplier allows: explicit, explained, and never a surprise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.decide.replenish import round_order
from onhand.errors import ConfigError, ShapeError
from onhand.inventory.terms import SupplyTerms

modes = st.sampled_from(["up", "down", "nearest", 0.2, 0.9])
needs = st.one_of(st.just(0.0), st.floats(1e-6, 1e5))
minima = st.one_of(st.just(0.0), st.floats(0.1, 1e3))
packs = st.sampled_from([1.0, 6.0, 12.0, 0.5, 0.1, 144.0])


def terms(minimum_order: float = 0.0, pack_size: float = 1.0) -> SupplyTerms:
    return SupplyTerms.of(1, minimum_order=minimum_order, pack_size=pack_size, n_series=1)


@pytest.mark.parametrize(
    ("need", "mode", "quantity"),
    [
        (0.0, "up", 0), (0.1, "up", 12), (12.0, "up", 12), (13.0, "up", 18),
        (11.9, "down", 0), (12.0, "down", 12), (17.9, "down", 12),
        (5.9, "nearest", 0), (6.0, "nearest", 12), (14.9, "nearest", 12), (15.0, "nearest", 18),
        (3.5, 0.3, 0), (3.6, 0.3, 12), (13.7, 0.3, 12), (13.8, 0.3, 18),
    ],
)  # fmt: skip
def test_minimum_10_in_packs_of_6_allows_0_12_18(need: float, mode: str, quantity: int) -> None:
    """The table that the docs show: which of the two allowed quantities each mode takes."""
    assert round_order([need], terms(10, 6), mode).quantity.tolist() == [quantity]


def test_each_constraint_tells_what_it_added() -> None:
    """4 needed: the minimum of 10 adds 6, whole packs of 6 add 2."""
    order = round_order([4.0], terms(10, 6), "up")
    assert order.increments["minimum_order"].tolist() == [6.0]
    assert order.increments["pack_size"].tolist() == [2.0]


def test_a_dropped_order_is_explained_by_the_constraint_that_dropped_it() -> None:
    """4 needed, minimum 10: the minimum takes it away. 2 needed, packs of 6: the pack does."""
    by_minimum = round_order([4.0], terms(10, 1), "down")
    assert by_minimum.increments["minimum_order"].tolist() == [-4.0]
    assert by_minimum.increments["pack_size"].tolist() == [0.0]
    assert round_order([2.0], terms(0, 6), "down").increments["pack_size"].tolist() == [-2.0]


@given(need=needs, minimum=minima, pack=packs, mode=modes)
def test_need_and_increments_add_up_to_an_allowed_quantity(
    need: float, minimum: float, pack: float, mode: str
) -> None:
    """quantity = need + increments; it is 0, or a multiple of the pack and at least the minimum."""
    order = round_order([need], terms(minimum, pack), mode)
    quantity = order.quantity[0]
    parts = need + sum(increment[0] for increment in order.increments.values())
    assert parts == pytest.approx(quantity, rel=1e-12, abs=1e-9)
    assert quantity / pack == pytest.approx(round(quantity / pack), abs=1e-6)
    assert quantity == 0 or quantity >= minimum * (1 - 1e-6)


@given(need=needs, minimum=minima, pack=packs, mode=modes)
def test_up_meets_the_need_down_never_exceeds_it_and_the_rest_lies_between(
    need: float, minimum: float, pack: float, mode: str
) -> None:
    """The two allowed quantities around the need, and nothing else."""
    low, high, other = (
        round_order([need], terms(minimum, pack), m).quantity[0] for m in ("down", "up", mode)
    )
    slack = 1e-6 * pack
    assert low <= need + slack
    assert high >= need - slack
    assert other in (low, high)


@given(need=needs, more=st.floats(0, 100), minimum=minima, pack=packs, mode=modes)
def test_a_larger_need_never_orders_less(
    need: float, more: float, minimum: float, pack: float, mode: str
) -> None:
    """Rounding keeps the order of needs."""
    rules = terms(minimum, pack)
    smaller = round_order([need], rules, mode).quantity[0]
    assert round_order([need + more], rules, mode).quantity[0] >= smaller


@given(need=needs, minimum=minima, pack=packs, mode=modes)
def test_rounding_twice_is_rounding_once(
    need: float, minimum: float, pack: float, mode: str
) -> None:
    """An allowed quantity stays."""
    once = round_order([need], terms(minimum, pack), mode).quantity
    assert round_order(once, terms(minimum, pack), mode).quantity.tolist() == once.tolist()


def test_floating_point_dust_does_not_buy_another_pack() -> None:
    """0.1 + 0.2 is 0.30000000000000004: three packs of 0.1, not four."""
    assert round_order([0.1 + 0.2], terms(0, 0.1), "up").quantity[0] == pytest.approx(0.3)


@pytest.mark.parametrize("mode", ["ceil", 0.0, 1.0, 2])
def test_an_unknown_mode_is_named_with_the_ones_there_are(mode: object) -> None:
    """The next step is in the message."""
    with pytest.raises(ConfigError, match=r"'up', 'down', 'nearest'"):
        round_order([1.0], terms(), mode)  # type: ignore[arg-type]


@pytest.mark.parametrize("need", [[-1.0], [np.nan], [np.inf], [1.0, 2.0]])
def test_a_need_that_is_no_need_is_refused(need: list[float]) -> None:
    """Negative, unknown, endless, or for another number of stock points."""
    with pytest.raises(ShapeError, match="need"):
        round_order(need, terms())

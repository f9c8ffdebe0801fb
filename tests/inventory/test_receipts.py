"""What arrives tells which orders came, which are late and which are lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.errors import ConfigError, ShapeError
from onhand.inventory.receipts import (
    LeadTimePrior,
    SupplyPaths,
    SupplyRecord,
    after_period,
    known_supply,
    lead_time_belief,
    match_receipts,
    sample_supply,
)
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms


def played(
    orders: list[float], received: list[float], promised: int, *, patience: int = 3
) -> SupplyRecord:
    """One stock point's record after these periods; order i is placed just before period i."""
    record = SupplyRecord.new([promised], patience=patience)
    for ordered, came in zip(orders, received, strict=True):
        record = after_period(record, [ordered], [came])
    return record


def arrivals_of(orders: np.ndarray, leads: np.ndarray) -> np.ndarray:
    """What arrives in each period, (N, T), when order t has lead time leads[:, t]; -1 never."""
    received = np.zeros_like(orders)
    n_periods = orders.shape[1]
    for row, t in zip(*np.nonzero(leads >= 0), strict=True):
        if t + leads[row, t] < n_periods:
            received[row, t + leads[row, t]] += orders[row, t]
    return received


# --- the book ----------------------------------------------------------------------------------


def test_four_periods_by_hand() -> None:
    """Promised 1. Orders 5, 7, 9, 4: the first on time, the second lost, the third early.

    | period | ordered before | came | open afterwards, newest first |
    |      0 |              5 |    0 | 5                             |
    |      1 |              7 |    5 | 7                             |
    |      2 |              9 |    9 | 7 (placed two reviews ago)    |
    |      3 |              4 |    0 | 4, 7 (three reviews ago)      |
    """
    record = played([5, 7, 9, 4], [0, 5, 9, 0], promised=1)
    assert record.open_orders[0].tolist() == [4, 0, 7, 0, 0]
    assert record.seen[0].tolist() == [1, 1, 0, 0, 0, 0]
    assert record.on_order.tolist() == [11]
    assert record.has_strayed.tolist() == [True]


def test_an_order_is_written_off_when_patience_ends() -> None:
    """Promised 1, patience 2: still open with leads 0, 1, 2 excluded, gone when 3 is too."""
    waiting = played([6, 0, 0], [0, 0, 0], promised=1, patience=2)
    assert waiting.on_order.tolist() == [6]
    gone = after_period(waiting, [0.0], [0.0])
    assert gone.on_order.tolist() == [0]
    assert gone.seen[0].tolist() == [0, 0, 0, 0, 1]


def test_an_order_in_time_does_not_stray_and_an_overdue_one_does() -> None:
    assert not played([6, 3], [0, 6], promised=1).has_strayed[0]
    assert played([6, 3], [0, 0], promised=1).has_strayed[0]
    assert played([6], [6], promised=1).has_strayed[0]  # early is astray too


def test_part_of_an_order_leaves_the_rest_open() -> None:
    """Ten ordered, four came: six are still on their way, and no lead time was seen yet."""
    record = played([10, 0], [0, 4], promised=1)
    assert record.open_orders[0, 1] == 6
    assert record.seen.sum() == 0
    assert after_period(record, [0.0], [6.0]).seen[0].tolist() == [0, 0, 1, 0, 0, 0]


def test_goods_that_nobody_waits_for_change_nothing() -> None:
    """A written-off order that comes after all is stock, but no longer on the book."""
    record = played([5, 0], [0, 50], promised=1)
    assert record.on_order.tolist() == [0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), promised=st.integers(0, 4))
def test_units_ordered_came_or_are_open_or_were_written_off(seed: int, promised: int) -> None:
    """And when every quantity is its own, the book knows exactly which order came when."""
    rng = np.random.default_rng(seed)
    n, n_periods = 5, 12
    # Powers of two: no two sets of orders have the same sum.
    orders = 2.0 ** np.array([rng.permutation(n_periods) for _ in range(n)])
    leads = rng.integers(-1, promised + 4, (n, n_periods))
    received = arrivals_of(orders, leads)
    record = SupplyRecord.new([promised] * n)
    for t in range(n_periods):
        record = after_period(record, orders[:, t], received[:, t])
    for row in range(n):
        placed = np.arange(n_periods)
        has_come = (leads[row] >= 0) & (placed + leads[row] < n_periods)
        given_up = ~has_come & (n_periods - 1 - placed >= promised + record.patience)
        still_open = orders[row, ~has_come & ~given_up]
        assert record.on_order[row] == still_open.sum()
        counts = np.bincount(leads[row, has_come], minlength=record.seen.shape[1] - 1)
        assert record.seen[row].tolist() == [*counts, given_up.sum()]


def test_the_most_probable_set_of_orders_is_chosen() -> None:
    """20 + 30 or 50: which one depends on what is believed of each; the rest is not touched."""
    waiting = np.array([[20.0, 30.0, 50.0, 7.0]] * 2)
    odds = np.array([[3.0, 3.0, 0.1, 1.0], [0.1, 0.1, 3.0, 1.0]])
    came = match_receipts(waiting, np.array([50.0, 50.0]), odds)
    assert came.tolist() == [[20, 30, 0, 0], [0, 0, 50, 0]]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_match_never_exceeds_an_order_nor_what_came(seed: int) -> None:
    """Also with more open orders than are tried together, and with sums that fit nothing."""
    rng = np.random.default_rng(seed)
    waiting = rng.integers(0, 6, (6, 14)).astype(float)
    received = rng.integers(0, 40, 6).astype(float)
    came = match_receipts(waiting, received, rng.uniform(0.1, 9, (6, 14)))
    assert (came >= 0).all()
    assert (came <= waiting).all()
    assert (came.sum(axis=1) <= received + 1e-9).all()
    assert came.sum(axis=1) == pytest.approx(np.minimum(received, waiting.sum(axis=1)))


# --- the belief --------------------------------------------------------------------------------


def test_a_supplier_who_keeps_the_promise_is_believed_more_with_every_order() -> None:
    trust = [
        lead_time_belief(played([6.0] * n + [0.0], [0.0] + [6.0] * n, promised=1))[0, 1]
        for n in range(0, 9, 2)
    ]
    assert trust == sorted(trust)
    assert trust[0] < 0.7
    assert trust[-1] > 0.98


def test_one_late_order_ends_the_belief_in_the_promise() -> None:
    """Ten on time, then one late: late ones are possible again, on time is still usual."""
    record = played([6.0] * 11 + [0.0], [0.0] + [6.0] * 10 + [0.0], promised=1)
    belief = lead_time_belief(record)[0]
    assert 0.5 < belief[1] < 0.9
    assert belief[2:].sum() > 0.05


def test_an_overdue_order_speaks_before_it_is_written_off() -> None:
    """That it has not come is evidence for a longer lead time and for a loss."""
    fresh = lead_time_belief(SupplyRecord.new([1]))[0]
    waiting = lead_time_belief(played([6.0, 0.0, 0.0], [0.0, 0.0, 0.0], promised=1))[0]
    assert waiting[1] < fresh[1]
    assert waiting[-1] > fresh[-1]
    assert waiting[3] > fresh[3]


def test_the_belief_finds_the_true_distribution() -> None:
    """1, 2, 3 periods or never, a quarter each, promised 2: after 300 orders we know."""
    rng = np.random.default_rng(4)
    orders = rng.uniform(1, 100, (1, 300))
    leads = rng.choice([1, 2, 3, -1], (1, 300))
    received = arrivals_of(orders, leads)
    record = SupplyRecord.new([2])
    for t in range(300):
        record = after_period(record, orders[:, t], received[:, t])
    belief = lead_time_belief(record)[0]
    assert belief[[1, 2, 3, -1]] == pytest.approx([0.25] * 4, abs=0.08)
    assert belief[[0, 4, 5]].sum() < 0.03


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_belief_is_a_distribution_within_patience(seed: int) -> None:
    rng = np.random.default_rng(seed)
    promised = rng.integers(0, 5, 4)
    record = SupplyRecord.new(promised)
    for _ in range(8):
        record = after_period(record, rng.integers(0, 9, 4), rng.integers(0, 9, 4))
    belief = lead_time_belief(record)
    assert belief.sum(axis=1) == pytest.approx(np.ones(4))
    assert (belief >= 0).all()
    untouched = lead_time_belief(SupplyRecord.new(promised))
    for row, lead in enumerate(promised):
        assert not untouched[row, lead + 4 : -1].any()


# --- the worlds --------------------------------------------------------------------------------


def test_worlds_agree_with_the_belief_given_what_is_known() -> None:
    """An order open for one period with leads 0..3 or never: 0 is excluded, the rest renormalised."""
    record = played([10.0], [0.0], promised=0)
    belief = np.array([[0.5, 0.2, 0.1, 0.1, 0.1]])
    supply = sample_supply(
        record, belief, n_samples=20_000, horizon=4, rng=np.random.default_rng(0)
    )
    share = (supply.arrivals[0] > 0).mean(axis=0)
    assert share == pytest.approx([0.4, 0.2, 0.2, 0.0], abs=0.02)
    own = np.bincount(supply.lead_time[0], minlength=5) / 20_000
    assert own == pytest.approx([0.5, 0.2, 0.1, 0.1, 0.1], abs=0.02)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_world_brings_more_than_was_ordered_and_relief_comes_later(seed: int) -> None:
    rng = np.random.default_rng(seed)
    record = SupplyRecord.new(rng.integers(0, 4, 3))
    for _ in range(5):
        record = after_period(record, rng.integers(0, 50, 3), np.zeros(3))
    supply = sample_supply(record, lead_time_belief(record), n_samples=40, horizon=6, rng=rng)
    assert (supply.arrivals.sum(axis=2) <= record.on_order[:, None] + 1e-4).all()
    came = supply.lead_time < 6
    assert (supply.relief[came] > supply.lead_time[came]).all()


def test_a_sure_supplier_gives_the_same_worlds_as_the_pipeline() -> None:
    """The record of on-time orders, with certainty in the promise, is the pipeline itself."""
    record = played([5.0, 7.0], [0.0, 0.0], promised=2)
    sure = (np.arange(record.seen.shape[1]) == 2)[None, :].astype(float)
    sampled = sample_supply(record, sure, n_samples=3, horizon=5, rng=np.random.default_rng(1))
    stock = Stock.of([0.0], [[5.0, 7.0, 0.0]])
    known = known_supply(stock, SupplyTerms.of(2, n_series=1), n_samples=3, horizon=5)
    for field in ("arrivals", "lead_time", "relief"):
        assert np.array_equal(getattr(sampled, field), getattr(known, field)), field


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeadTimePrior(keeps=1.0), "keeps is 1.0"),
        (lambda: LeadTimePrior(lost=-0.1), "lost is -0.1"),
        (lambda: LeadTimePrior(firmness=0), "firmness is 0"),
        (lambda: SupplyRecord.new([1], patience=-1), "patience is -1"),
    ],
)
def test_nonsense_is_refused(make: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()  # type: ignore[operator]


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="between 0 and"):
        SupplyRecord.new([-1])
    with pytest.raises(ShapeError, match="after the order"):
        SupplyPaths(
            np.zeros((1, 1, 3), np.float32), np.ones((1, 1), np.int64), np.ones((1, 1), np.int64)
        )

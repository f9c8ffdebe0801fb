"""Worlds of deliveries have the frequencies of the record, for new orders and for open ones."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.errors import ShapeError
from onhand.inventory.lead_times import fit_delivered
from onhand.inventory.supply_odds import SupplyOdds, draw_worlds

LATE = np.array([[0.0, 0.0, 0.5, 0.25, 0.0, 0.25], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]])


def odds() -> SupplyOdds:
    """Three stock points of an unsure supplier and, between them, one of a punctual one."""
    half = fit_delivered([1.0, 0.5, 0.5])
    return SupplyOdds(np.array([0, 1, 0, 0]), LATE, [half, None], np.array([1, 2]))


def test_new_orders_take_as_long_as_the_record_says() -> None:
    """In 200 worlds 100 orders take 2 periods, 50 take 3, 50 take 5; 2 in 5 of them are halved."""
    worlds = draw_worlds(odds(), 200, np.random.default_rng(0))
    assert np.bincount(worlds.lead_time[0]).tolist() == [0, 0, 100, 50, 0, 50]
    assert (worlds.lead_time[1] == 1).all()
    assert (worlds.share[0] == 0.5).mean() == 0.4
    assert (worlds.share[1] == 1).all()


def test_open_orders_are_drawn_given_their_age() -> None:
    """Ordered three periods ago and not here: it was not 2, it may be 3; four ago: it is 5."""
    worlds = draw_worlds(odds(), 200, np.random.default_rng(1))
    assert np.bincount(worlds.open_lead[0, 2]).tolist() == [0, 0, 0, 100, 0, 100]
    assert (worlds.open_lead[0, 3] == 5).all()
    ages = np.arange(worlds.open_lead.shape[1])
    assert (worlds.open_lead > ages[:, None]).all()


def test_the_relief_comes_after_the_order() -> None:
    """A punctual supplier's next order comes one review period later, an unsure one's some time later."""
    worlds = draw_worlds(odds(), 200, np.random.default_rng(2))
    assert (worlds.relief[1] == 3).all()
    assert (worlds.relief > worlds.lead_time).all()


def test_arrivals_are_what_is_open_and_what_is_known() -> None:
    """Every unit comes once in every world, less what is not delivered; far ones are not seen."""
    kinds, worlds = odds().kind, draw_worlds(odds(), 50, np.random.default_rng(3))
    waiting = np.zeros((4, 5))
    waiting[0, 2], waiting[0, 0], waiting[2, 3] = 8.0, 6.0, 4.0
    known = np.array([[1.0], [2.0], [0.0], [0.0]])
    ahead = worlds.paths(kinds, waiting, known, 9)
    total = ahead.arrivals.sum(axis=2)
    expected = 1 + 8 * worlds.open_share[0, 2] + 6 * worlds.open_share[0, 0]
    np.testing.assert_allclose(total[0], expected)
    assert (total[1] == 2).all()
    np.testing.assert_allclose(ahead.arrivals[2, :, 1], 4 * worlds.open_share[0, 3])
    assert worlds.paths(kinds, waiting, known, 1).arrivals[2].sum() == 0


def test_probabilities_must_sum_to_one() -> None:
    """Half a record is a mistake."""
    with pytest.raises(ShapeError, match="sum to 1"):
        SupplyOdds(np.array([0]), np.array([[0.5, 0.2]]), [None], np.array([1]))

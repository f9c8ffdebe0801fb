"""Silences of busy items are taken for stock-outs, and how often that is wrong is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand.clean import infer_in_stock, silences


def test_a_long_silence_of_a_busy_item_is_a_stock_out() -> None:
    """Thirty selling days, five silent ones, and sales again."""
    sales = [3] * 30 + [0] * 5 + [3] * 5
    share = infer_in_stock(Panel.of([sales])).in_stock[0]
    assert np.flatnonzero(share == 0).tolist() == [30, 31, 32, 33, 34]


@pytest.mark.parametrize(
    ("name", "sales"),
    [
        ("a rare item pauses often", [1, 0, 0, 0] * 10),
        ("the silence goes on to the end: it may have ended", [3] * 30 + [0] * 10),
        ("nothing is known of its rate", [0] * 10 + [3] * 10),
        ("two quiet days are no miracle", [3] * 30 + [0] * 2 + [3] * 5),
    ],
)
def test_other_silences_are_left_alone(name: str, sales: list[float]) -> None:
    """Only what its own past makes a miracle is marked."""
    assert not silences(Panel.of([sales])).any(), name


def test_closed_days_neither_lengthen_nor_end_a_silence() -> None:
    """Two zero days around a closed weekend are a run of two, not of four."""
    sales = [3] * 20 + [0, 0, 0, 0] + [3] * 5
    is_open = [1] * 21 + [0, 0] + [1] * 6
    assert not silences(Panel.of([sales], is_open=is_open)).any()
    longer = [3] * 20 + [0] * 6 + [3] * 5
    is_open = [1] * 21 + [0, 0] + [1] * 8
    assert np.flatnonzero(silences(Panel.of([longer], is_open=is_open))[0]).tolist() == [
        20,
        23,
        24,
        25,
    ]


def test_what_was_recorded_stays() -> None:
    """A share that somebody wrote down is not overwritten by more stock than it says."""
    sales = [3] * 30 + [0] * 5 + [3] * 5
    in_stock = np.ones((1, 40))
    in_stock[0, 10] = 0.5
    share = infer_in_stock(Panel.of([sales], in_stock=in_stock)).in_stock
    assert share[0, 10] == 0.5


SEASON = 1 + 0.9 * np.sin(np.arange(365) * 2 * np.pi / 365)
WORLDS: dict[str, Callable[[np.random.Generator, float], np.ndarray]] = {
    "Poisson": lambda rng, rate: rng.poisson(rate, (400, 365)),
    "bursts": lambda rng, rate: rng.poisson(rng.gamma(rate / 5, 5.0, (400, 365))),
    "season": lambda rng, rate: rng.poisson(np.broadcast_to(rate * SEASON, (400, 365))),
}


@pytest.mark.parametrize(
    ("world", "rate", "most_false", "least_found"),
    [
        ("Poisson", 0.2, 0.007, 0.0),
        ("Poisson", 1.0, 0.003, 0.97),
        ("Poisson", 5.0, 0.0005, 0.99),
        ("bursts", 1.0, 0.006, 0.1),
        ("bursts", 5.0, 0.002, 0.97),
        ("season", 1.0, 0.03, 0.65),
        ("season", 5.0, 0.007, 0.97),
    ],
)
def test_false_alarms_are_as_rare_and_true_stock_outs_found_as_often_as_stated(
    world: str, rate: float, most_false: float, least_found: float
) -> None:
    """The table at the top of `onhand.demand.clean`: a year of days, stock-outs of 14 of them."""
    rng = np.random.default_rng(3)
    sales = WORLDS[world](rng, rate)
    assert silences(Panel.of(sales)).mean() < most_false
    out = np.zeros((400, 365), dtype=bool)
    for row, start in enumerate(rng.integers(60, 330, 400)):
        out[row, start : start + 14] = True
    found = silences(Panel.of(np.where(out, 0, sales)))
    assert found[out].mean() >= least_found


def test_an_item_that_has_become_rare_is_not_empty() -> None:
    """Before the silence it sold every day, after it once a fortnight: no shelf explains that."""
    sales = [3] * 30 + [0] * 13 + ([2] + [0] * 13) * 3
    assert not silences(Panel.of([sales])).any()

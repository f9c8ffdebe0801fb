"""In the InventoryBench games no contender can reach what it may not know: it is played blind."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "inventorybench.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("inventorybench", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["inventorybench"] = module
    spec.loader.exec_module(module)
    return module


def some_games(bench: ModuleType, n_periods: int = 12) -> Any:
    """Six small games: promised 0, 2 and 4, lead times of 1, 2, 3 or never behind the 2."""
    rng = np.random.default_rng(3)
    promised = np.array([0, 2, 4, 0, 2, 4])
    lead = np.repeat(promised[:, None], n_periods, axis=1)
    lead[promised == 2] = rng.choice([1, 2, 3, -1], (2, n_periods))
    labels = np.array(list("abcdef"))
    return bench.Games(
        names=labels,
        family=np.array(["real"] * 6),
        setting=np.array(["0"] * 6),
        source=labels,
        promised=promised,
        profit=np.array([1.0, 4, 19, 19, 4, 1]),
        holding=np.ones(6),
        before=rng.poisson(50, (6, 5)).astype(float),
        demand=rng.poisson(50, (6, n_periods)).astype(float),
        lead_time=lead,
    )


def orders_of(bench: ModuleType, games: Any, name: str) -> np.ndarray:
    """What the contender orders in each period, (N, T)."""
    decide, orders = bench.CONTENDERS[name](), []

    def watched(view: Any) -> np.ndarray:
        orders.append(decide(view))
        return orders[-1]

    bench.play(games, watched)
    return np.stack(orders, axis=1)


@pytest.mark.parametrize("name", ["or_baseline", "base_stock", "projected", "default"])
def test_a_change_of_what_is_not_yet_known_changes_no_earlier_order(
    bench: ModuleType, name: str
) -> None:
    """From period 7 on, demand and lead times are others; orders up to period 7 are the same."""
    games = some_games(bench)
    demand, lead = games.demand.copy(), games.lead_time.copy()
    demand[:, 7:] *= 3
    lead[:, 7:] = -1
    here = orders_of(bench, games, name)
    there = orders_of(bench, replace(games, demand=demand, lead_time=lead), name)
    assert np.array_equal(here[:, :8], there[:, :8])
    assert (here[:, 8:] != there[:, 8:]).any()


@pytest.mark.parametrize("name", ["base_stock", "projected", "default"])
def test_names_families_and_settings_change_nothing(bench: ModuleType, name: str) -> None:
    games = some_games(bench)
    renamed = replace(
        games, names=games.names[::-1], family=np.array(["x"] * 6), setting=np.array(["y"] * 6)
    )
    assert np.array_equal(orders_of(bench, games, name), orders_of(bench, renamed, name))


def test_told_everything_the_default_earns_all_that_can_be_earned(bench: ModuleType) -> None:
    """Each period's demand from the latest order that can serve it: nobody can do better."""
    games = some_games(bench)
    expected = []
    for row, demand in enumerate(games.demand):
        p, earned, latest = games.profit[row], 0.0, None
        arrivals = {t + lead for t, lead in enumerate(games.lead_time[row]) if lead >= 0}
        for t, wanted in enumerate(demand):
            latest = t if t in arrivals else latest
            if latest is not None:
                earned += max(0.0, p - (t - latest)) * wanted
        expected.append(earned / (p * demand.sum()))
    everything = bench.default(bench.true_supply(games), bench.true_demand(games))
    assert bench.play(games, everything) == pytest.approx(expected, abs=1e-6)


def test_one_period_by_hand(bench: ModuleType) -> None:
    """Lead time 0, p = 4: 60 ordered, 50 wanted, 10 left: (4 x 50 - 10) / (4 x 50) = 0.95."""
    games = some_games(bench)
    one = bench.Games(
        **{k: getattr(games, k)[:1] for k in ("names", "family", "setting", "source")},
        promised=np.array([0]),
        profit=np.array([4.0]),
        holding=np.array([1.0]),
        before=np.full((1, 5), 50.0),
        demand=np.array([[50.0]]),
        lead_time=np.array([[0]]),
    )
    assert bench.play(one, lambda _: np.array([60.0])).tolist() == [0.95]
    assert bench.play(one, lambda _: np.array([500.0])).tolist() == [0.0]

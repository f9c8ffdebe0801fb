"""Where nothing may be written, compiled loops still run."""

from __future__ import annotations

import subprocess
import sys

import numba
import pytest

from onhand.compiled import njit

# A read-only disk and no home, as numba sees them: no place for a cache.
NOWHERE = """
from numba.core import caching
caching.CacheImpl._locator_classes = []
"""
ONE_PERIOD = """
import numpy as np
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.simulate import simulate
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
terms = SupplyTerms.of(lead_time=1, n_series=1)
demand = np.array([[[4], [4], [4]]])
print(simulate(demand, Stock.of([5.0], [[0.0, 0.0]]), LevelRule.of([6.0]), terms).served.tolist())
"""


def plain(x: int) -> int:
    return x + 1


def test_numba_alone_refuses_without_a_place_for_its_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason for `onhand.compiled`; when this fails, numba has learned it itself."""
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(plain)
    assert njit(cache=True)(plain)(2) == 3


def test_other_refusals_of_numba_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a missing cache is survived."""

    def refuse(**options: object) -> object:
        raise RuntimeError(f"no such option: {options}")

    monkeypatch.setattr(numba, "njit", refuse)
    with pytest.raises(RuntimeError, match="no such option"):
        njit(cache=True)(plain)


def test_the_simulator_runs_without_a_place_for_a_cache() -> None:
    """A whole kernel, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", NOWHERE + ONE_PERIOD], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[[10.0]]", done.stderr

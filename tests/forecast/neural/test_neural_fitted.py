"""Paths of told distributions: calibrated by what came true, joined in time and over the shop."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from onhand.data.panel import Panel
from onhand.forecast.neural.fitted import Dependence, FittedNeural, positions
from onhand.forecast.neural.heads import LEVELS, NegativeBinomial


def places(memory: float, shared: float, shape: tuple[int, ...] = (6, 80, 10)) -> np.ndarray:
    """Places (O, N, H) of surprises with a known memory and common part."""
    rng = np.random.default_rng(0)

    def walk(n: int) -> np.ndarray:
        z = rng.standard_normal((shape[0], n, shape[2]))
        for h in range(1, shape[2]):
            z[..., h] = memory * z[..., h - 1] + np.sqrt(1 - memory**2) * z[..., h]
        return z

    return stats.norm.cdf(np.sqrt(shared) * walk(1) + np.sqrt(1 - shared) * walk(shape[1]))


def test_memory_and_what_the_shop_shares_are_found() -> None:
    for memory, shared in ((0.0, 0.0), (0.6, 0.0), (0.3, 0.4)):
        seen = Dependence.seen(places(memory, shared))
        assert seen.memory == pytest.approx(memory, abs=0.1)
        assert seen.shared == pytest.approx(shared, abs=0.15)
        np.testing.assert_allclose(seen.levels, LEVELS, atol=0.1)


def test_too_few_observations_change_nothing() -> None:
    assert Dependence.seen(np.full((1, 3, 9), 0.5)) == Dependence()
    assert Dependence.seen(np.full((2, 300, 1), np.nan)) == Dependence()


def fitted(dependence: Dependence, n: int = 6) -> FittedNeural:
    raw = np.broadcast_to(NegativeBinomial().start(), (n, 8, 2)).astype(np.float32)
    panel = Panel.of(np.ones((n, 20)))
    scale = np.full(n, 20, np.float32)
    return FittedNeural(panel, NegativeBinomial(), raw, scale, np.ones(n, bool), dependence)


def test_paths_hang_together_as_much_as_surprises_did() -> None:
    def drawn(dependence: Dependence) -> np.ndarray:
        return fitted(dependence).paths(8, 3000, rng=np.random.default_rng(1)).values

    alone = drawn(Dependence())
    joined = drawn(Dependence(memory=0.8, shared=0.5))
    assert abs(np.corrcoef(alone[0, :, 0], alone[0, :, 1])[0, 1]) < 0.08
    assert abs(np.corrcoef(alone[0, :, 0], alone[1, :, 0])[0, 1]) < 0.08
    assert np.corrcoef(joined[0, :, 0], joined[0, :, 1])[0, 1] > 0.65
    assert 0.35 < np.corrcoef(joined[0, :, 0], joined[1, :, 0])[0, 1] < 0.65
    np.testing.assert_allclose(alone.mean(), joined.mean(), rtol=0.05)  # the marginals stay


def test_what_was_told_too_narrowly_is_widened() -> None:
    rng = np.random.default_rng(2)
    told = np.sort(rng.normal(100, 10, (1, 1, 4000)))[0, 0]
    quantiles = np.broadcast_to(np.quantile(told, LEVELS), (2000, 1, len(LEVELS)))
    actual = rng.normal(100, 20, (2000, 1))
    seen = Dependence.seen(
        positions(actual.astype(np.float32), quantiles, np.zeros(2000, bool), rng)[None]
    )
    above_90 = 1 - np.interp(0.9, LEVELS, seen.levels)
    assert 0.2 < above_90 < 0.28  # P(N(0, 2) > 1.28) = 0.26, drawn a little to 0.1


def test_places_of_what_was_told_rightly_are_even() -> None:
    rng = np.random.default_rng(3)
    raw = np.broadcast_to(NegativeBinomial().start(), (4000, 1, 2)).astype(np.float32)
    quantiles = NegativeBinomial().quantiles(raw, np.full(4000, 3, np.float32))
    alpha = 0.3 + 1e-3
    actual = rng.negative_binomial(1 / alpha, 1 / (1 + 3 * alpha), (4000, 1)).astype(np.float32)
    place = positions(actual, quantiles, np.ones(4000, bool), rng)
    assert stats.kstest(place.ravel(), "uniform").statistic < 0.03
    nothing = np.full((4000, 1), np.nan, np.float32)
    assert np.isnan(positions(nothing, quantiles, np.ones(4000, bool), rng)).all()


def test_beyond_what_was_told_the_last_week_is_repeated() -> None:
    net = fitted(Dependence())
    raw = net.raw.copy()
    raw[:, :, 0] += np.arange(8)
    mean = FittedNeural(net.panel, net.head, raw, net.scale, net.is_count, Dependence()).mean(16)
    np.testing.assert_array_equal(mean[:, 8:15], mean[:, 1:8])
    assert np.diff(mean[0, :8]).min() > 0

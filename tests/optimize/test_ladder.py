"""The cheapest rung, not the luckiest."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.errors import ShapeError
from onhand.optimize.ladder import smoothed, valley


@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_a_level_ladder_stays_level(k: int) -> None:
    """Weights add up to one, also at the ends."""
    assert smoothed(np.full(k, 7.0)) == pytest.approx(np.full(k, 7.0))


@pytest.mark.parametrize("bottom", range(7))
def test_a_smooth_valley_keeps_its_bottom(bottom: int) -> None:
    """Smoothing does not move the minimum of |k - bottom|."""
    assert valley(np.abs(np.arange(7.0) - bottom)) == bottom


def test_smoothing_halves_the_noise_of_the_choice() -> None:
    """A shallow parabola under noise: the smoothed choice is nearer to its bottom."""
    rng = np.random.default_rng(0)
    ladder = np.arange(15.0)
    plain, smooth = 0.0, 0.0
    for _ in range(300):
        noisy = 0.05 * (ladder - 7) ** 2 + rng.normal(size=15)
        plain += (np.argmin(noisy) - 7.0) ** 2
        smooth += (valley(noisy) - 7.0) ** 2
    assert smooth < 0.8 * plain


def test_an_empty_ladder_has_no_bottom() -> None:
    """Say so."""
    with pytest.raises(ShapeError, match="no settings"):
        valley(np.array([]))

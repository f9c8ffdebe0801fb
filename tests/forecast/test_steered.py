"""A forecast moved by another one: the mean is that of both, and pieces stay pieces."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.forecast import Bootstrap, MovingAverage
from onhand.forecast.steered import Steered


def test_moved_paths_of_counts_are_counts_with_the_mean_of_both() -> None:
    """Half of the way from 2 to 8 is 5, in whole units; what is sold by weight is not rounded."""
    rng = np.random.default_rng(0)
    past = rng.poisson(2.0, (2, 60)).astype(float)
    past[:, -1] = 8.0
    past[1] += 0.25
    history = believe(Panel.of(past))
    fitted = Steered(Bootstrap(), MovingAverage(1), share=0.5).fit(history)
    paths = fitted.paths(2, 4000, rng=np.random.default_rng(1)).values
    assert np.array_equal(paths[0], np.round(paths[0]))
    assert not np.array_equal(paths[1], np.round(paths[1]))
    assert paths.mean(axis=1) == pytest.approx(fitted.mean(2), rel=0.05)

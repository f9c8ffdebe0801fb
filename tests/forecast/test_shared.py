"""What several forecasters stand on is worked out once, and what is dear is taught once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.forecast import FittedForecaster, MovingAverage
from onhand.forecast.own_spread import OwnSpread
from onhand.forecast.shared import Shared
from onhand.forecast.steered import Steered


@dataclass(frozen=True)
class Dear:
    """A moving average that notes when it is taught and when it looks."""

    taught: list[int] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)
    name: str = "dear"

    def learn(self, history: DemandHistory) -> Dear:
        self.taught.append(history.n_periods)
        return self

    def fit(self, history: DemandHistory) -> FittedForecaster:
        self.looked.append(history.n_periods)
        return MovingAverage(4).fit(history)


def shop() -> DemandHistory:
    sales = np.random.default_rng(0).poisson(4, (3, 30))
    return believe(Panel.of(sales, frequency=Frequency.WEEK))


def test_two_forecasters_teach_and_ask_what_they_share_once() -> None:
    """One teaching for the stretch, one look per origin, whoever asks first."""
    dear, history = Dear(), shop()
    shared = Shared(Steered(Shared(MovingAverage(8)), dear))
    early, later = history.until(20), history.until(25)
    ready = [forecaster.learn(early) for forecaster in (shared, OwnSpread(shared))]
    means = [refitter.fit(later).mean(2) for refitter in ready]
    assert (dear.taught, dear.looked) == ([20], [25])
    np.testing.assert_allclose(means[0], means[1], rtol=1e-6)
    ready[0].fit(history)
    assert dear.looked == [25, 30]


def test_what_is_cheap_to_teach_is_fitted_anew_at_every_origin() -> None:
    """Sharing a moving average does not freeze it."""
    history = shop()
    shared = Shared(MovingAverage(4))
    spread = OwnSpread(shared)
    assert shared.learn(history.until(20)) is shared
    later = spread.learn(history.until(20)).fit(history)
    np.testing.assert_array_equal(later.mean(2), MovingAverage(4).fit(history).mean(2))
    now, then = shared.fit(history), shared.fit(history.until(20))
    assert now is not then
    assert shared.fit(history) is not now  # only the last history is kept
    np.testing.assert_array_equal(shared.fit(history).mean(2), now.mean(2))

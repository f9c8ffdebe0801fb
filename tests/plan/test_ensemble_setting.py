"""`forecast.forecaster = "ensemble"`: three families decide together, and the network is not taught at every review."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from onhand.data import Tables
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.forecast import TSB, Calibrated, ExponentialSmoothing, neural
from onhand.forecast.boosted import Boosted
from onhand.forecast.neural import MLP, Epoch, Neural, Quantiles, Training
from onhand.forecast.stacked import Stacked
from onhand.plan import forecasters
from onhand.plan.config import Config
from onhand.plan.forecasters import forecasters_for
from onhand.plan.make_plan import make_plan
from onhand.plan.members import found_in

pytest.importorskip("torch")

Shop = Callable[..., Tables]


@pytest.fixture
def epochs(monkeypatch: pytest.MonkeyPatch) -> list[Epoch]:
    """Makes the three members quick; every epoch that the network is taught."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # threads would wait longer than they work
    taught: list[Epoch] = []

    def tiny(architecture: MLP, head: Quantiles, training: Training) -> Neural:
        assert architecture == MLP()

        def tell(epoch: Epoch) -> None:
            taught.append(epoch)
            assert training.progress is not None
            training.progress(epoch)

        quick = Training(n_epochs=1, n_steps=4, batch_size=32, progress=tell)
        return Neural(MLP(8, 1), head, horizon=4, context=13, training=quick)

    monkeypatch.setattr(neural, "Neural", tiny)
    monkeypatch.setattr(
        forecasters, "default_forecaster", lambda _: Calibrated(ExponentialSmoothing())
    )
    monkeypatch.setattr(forecasters, "steered_by_trees", lambda *_, **__: Calibrated(TSB()))
    return taught


def test_the_setting_names_statistics_trees_and_a_network() -> None:
    (made,) = forecasters_for("ensemble", Frequency.WEEK).values()
    found = list(found_in(made))
    (stack,) = (member for member in found if isinstance(member, Stacked))
    assert len(stack.members) == 3
    assert any(isinstance(member, Boosted) for member in found)
    assert any(isinstance(member, Neural) for member in found)


def test_the_ensemble_lies_between_its_members_and_is_none_of_them(epochs: list[Epoch]) -> None:
    rng = np.random.default_rng(0)
    levels = rng.uniform(5, 30, (4, 1)) * np.linspace(1, 2, 60)
    history = believe(Panel.of(rng.poisson(levels), frequency=Frequency.WEEK))
    (made,) = forecasters_for("ensemble", Frequency.WEEK).values()
    (stack,) = (member for member in found_in(made) if isinstance(member, Stacked))
    alone = np.stack([member.fit(history).mean(4) for member in stack.members])
    together = stack.fit(history).mean(4)
    assert (together >= alone.min(axis=0) * 0.999).all()
    assert (together <= alone.max(axis=0) * 1.001).all()
    assert all(np.abs(together / one - 1).max() > 1e-3 for one in alone)
    assert epochs


def test_a_plan_is_made_by_the_ensemble_and_its_past_teaches_few_networks(
    shop: Shop, epochs: list[Epoch]
) -> None:
    config = Config.from_dict(
        {
            "plan": {"n_samples": 20},
            "replay": {"n_samples": 20, "days": 56},
            "forecast": {"forecaster": "ensemble"},
            "policy": {"level": 0.9, "extra_periods": 0},
        }
    )
    plan = make_plan(shop(n_items=3, n_weeks=52), config)
    note = next(n for n in plan.assumptions if n.key == "forecast.forecaster")
    assert (note.value, note.source) == ("ensemble", "config")
    assert all(np.isfinite(card.fan.mean).all() for card in plan.cards)
    assert plan.replay is not None
    assert plan.replay.origins >= 8
    assert 1 <= len(epochs) <= plan.replay.origins  # for its shares and for good, in each stretch

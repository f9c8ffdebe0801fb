"""Learning from a catalogue by filling gaps, and adapting to a new shop by a small share of the weights."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.neural import MLP, Adapted, Hiding, Neural, Point, Training, pretrain
from onhand.forecast.neural.adapters import with_adapters
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.trained import TrainedNeural
from onhand.forecast.neural.windows import Windows

torch = pytest.importorskip("torch")

BRIEF = Training(n_epochs=3, n_steps=12, batch_size=64, learning_rate=0.01, dropout=0.0)
NET = Neural(MLP(16, 1), Point(), horizon=7, context=14, training=BRIEF)


def a_shop(n: int, t: int, seed: int, effect: float = 2.0) -> DemandHistory:
    """Shelves that sell 1 + `effect` times as much on promotion, which is planned ahead."""
    rng = np.random.default_rng(seed)
    promotion = (rng.random((n, t + 7)) < 0.25).astype(np.float32)
    sales = rng.poisson(rng.uniform(10, 40, (n, 1)) * (1 + effect * promotion[:, :t]))
    items = [f"{seed}-{k}" for k in range(n)]
    return believe(Panel.of(sales, items=items, known={"promotion": promotion}))


def lift(net: TrainedNeural, history: DemandHistory) -> float:
    """Forecast of promoted days over that of others, each in units of its series' mean."""
    relative = net.forecast(history).mean(7) / history.values.mean(axis=1, keepdims=True)
    planned = history.panel.known["promotion"][:, -7:] > 0
    return float(relative[planned].mean() / relative[~planned].mean())


@pytest.fixture(scope="module")
def base() -> TrainedNeural:
    return pretrain(NET, a_shop(30, 60, seed=0))


def test_a_gap_is_hidden_and_asked_for_from_both_of_its_sides() -> None:
    week = np.array([1, 2, 3, 4, 5, 6, 7.0])
    history = believe(Panel.of(np.tile(week, 6)[None]))
    windows = Windows.of(history, Layout.of(history, 28, 3))
    batch = windows.batch(np.array([0]), np.array([35]), asked=np.array([21]))
    exposure = batch.past[0, :, 1]
    assert exposure.tolist() == [1] * 14 + [0] * 3 + [1] * 11
    assert (batch.past[0, exposure == 0, 0] == 0).all()
    np.testing.assert_allclose(batch.target[0] * batch.scale[0], [1, 2, 3], rtol=1e-5)
    assert batch.future[0, :, 0].tolist() == [-7, -6.5, -6]  # steps before the origin, over H - 1
    echo = np.expm1(batch.future[0, :, 1]) * batch.scale[0]  # same weekday, before the gap
    np.testing.assert_allclose(echo, [1, 2, 3], rtol=1e-5)


def test_what_fills_the_gap_is_not_seen() -> None:
    sales = np.random.default_rng(0).poisson(5, (1, 40)).astype(np.float32)
    other = sales.copy()
    other[:, 20:23] = 99
    layout = Layout.of(believe(Panel.of(sales)), 28, 3)
    batches = [
        Windows.of(believe(Panel.of(s)), layout).batch(
            np.array([0]), np.array([21]), asked=np.array([20])
        )
        for s in (sales, other)
    ]
    for name in ("past", "future", "static"):
        np.testing.assert_array_equal(getattr(batches[0], name), getattr(batches[1], name))


def test_a_series_made_young_is_one_that_began_later() -> None:
    rng = np.random.default_rng(0)
    sales = rng.poisson(5, (1, 40)).astype(np.float32)
    began = sales.copy()
    began[:, :30] = np.nan
    layout = Layout.of(believe(Panel.of(sales)), 28, 3)
    windows = [Windows.of(believe(Panel.of(s)), layout) for s in (sales, began)]
    hidden = windows[0].batch(np.array([0]), np.array([36]), since=np.array([30]))
    young = windows[1].batch(np.array([0]), np.array([36]))
    np.testing.assert_array_equal(hidden.past[0, :, 1], young.past[0, :, 1])
    np.testing.assert_array_equal(hidden.future[0, :, 2] > 0, young.future[0, :, 2] > 0)
    asked, since = Hiding(gaps=0.5, young=0.5).draw(np.full(4000, 60), 28, rng)
    assert 0.45 < (asked < 60).mean() < 0.55
    assert asked.min() == 32
    ages = 60 - since[since > 0]
    assert 0.45 < (since > 0).mean() < 0.55
    assert 0.3 < (ages <= 5).mean() < 0.6 < (ages <= 28).mean()


def test_filling_gaps_alone_teaches_what_a_promotion_brings() -> None:
    net = pretrain(NET, a_shop(30, 60, seed=0), Hiding(gaps=1.0))
    assert lift(net, a_shop(30, 60, seed=1)) > 1.8
    with pytest.raises(ConfigError, match="gaps is 2"):
        Hiding(gaps=2)


def test_a_base_can_leave_the_time_of_year_alone() -> None:
    catalogue = believe(Panel.of(np.ones((2, 90)), frequency=Frequency.WEEK))
    net = Neural(MLP(8, 1), Point(), horizon=4, training=Training(n_epochs=1, n_steps=1))
    with_year, without = (pretrain(net, catalogue, reads_year=reads) for reads in (True, False))
    assert with_year.layout.has_year
    assert not without.layout.has_year
    assert without.layout.n_future < with_year.layout.n_future
    assert without.forecast(catalogue).mean(4).shape == (2, 4)


def test_adapters_change_nothing_until_they_are_taught(base: TrainedNeural) -> None:
    assert base.network is not None
    adapted = with_adapters(base.network, rank=2)
    history = a_shop(5, 40, seed=2)
    windows = Windows.of(history, base.layout)
    batch = windows.batch(np.arange(5), np.full(5, 40))
    inputs = [torch.as_tensor(x) for x in batch.inputs]
    assert torch.equal(adapted(*inputs), base.network(*inputs))
    sizes = [(p.numel(), p.requires_grad) for p in adapted.parameters()]
    share = sum(n for n, taught in sizes if taught) / sum(n for n, _ in sizes)
    assert 0 < share < 0.06


def test_a_new_shop_of_four_weeks_is_known_better_by_adapting_than_from_scratch(
    base: TrainedNeural,
) -> None:
    new = a_shop(6, 28, seed=3)
    scratch, adapted = NET.train(new), Adapted(base, rank=2, training=BRIEF).train(new)
    assert lift(adapted, new) > 2.2 > lift(scratch, new)


def test_adapters_learn_what_is_different_here_and_leave_the_base_alone(
    base: TrainedNeural,
) -> None:
    assert base.network is not None
    before = {k: v.clone() for k, v in base.network.state_dict().items()}
    indifferent = a_shop(20, 60, seed=4, effect=0.0)
    adapted = Adapted(base, training=BRIEF).train(indifferent)
    assert lift(adapted, indifferent) < 0.7 * lift(base, indifferent)
    assert all(torch.equal(v, before[k]) for k, v in base.network.state_dict().items())


def test_where_nothing_can_be_learned_the_base_speaks(base: TrainedNeural) -> None:
    promotion = {"promotion": np.zeros((2, 37), np.float32)}
    for history in (a_shop(3, 2, seed=5), believe(Panel.of(np.zeros((2, 30)), known=promotion))):
        adapted = Adapted(base).fit(history).mean(7)
        np.testing.assert_array_equal(adapted, base.forecast(history).mean(7))
    untaught = NET.train(believe(Panel.of(np.zeros((2, 30)))))
    with pytest.raises(ConfigError, match="no network to adapt"):
        Adapted(untaught)
    with pytest.raises(ConfigError, match="rank is 0"):
        Adapted(base, rank=0)

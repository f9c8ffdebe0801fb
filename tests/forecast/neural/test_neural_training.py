"""Training that can be trusted: it learns, stops, resumes as if nothing had happened, and says what is wrong."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError, ReadError
from onhand.forecast.neural import (
    CNN,
    GRU,
    LSTM,
    MLP,
    RNN,
    Epoch,
    Neural,
    Point,
    Quantiles,
    Training,
)
from onhand.forecast.neural.training import n_threads, on_threads

torch = pytest.importorskip("torch")

TINY = Training(n_epochs=4, n_steps=5, batch_size=64)


def a_shop(n: int = 12, t: int = 70, seed: int = 0) -> DemandHistory:
    """Shelves that sell three times as much on promotion, which is planned ahead."""
    rng = np.random.default_rng(seed)
    promotion = (rng.random((n, t + 7)) < 0.25).astype(np.float32)
    level = rng.uniform(4, 40, (n, 1))
    sales = rng.poisson(level * (1 + 2 * promotion[:, :t]))
    return believe(Panel.of(sales, known={"promotion": promotion}))


def lift(net: Neural, history: DemandHistory) -> float:
    """Forecast of promoted days over that of others, each in units of its series' mean."""
    relative = net.fit(history).mean(7) / history.values.mean(axis=1, keepdims=True)
    planned = history.panel.known["promotion"][:, -7:] > 0
    return float(relative[planned].mean() / relative[~planned].mean())


@pytest.mark.parametrize("architecture", [MLP(24), CNN(16), RNN(12), LSTM(12), GRU(12)])
def test_every_architecture_learns_what_a_planned_promotion_brings(architecture: Any) -> None:
    training = Training(n_epochs=2, n_steps=20, batch_size=48, learning_rate=0.02, dropout=0.0)
    net = Neural(architecture, Point(), horizon=7, context=14, training=training, n_origins=1)
    assert 2 < lift(net, a_shop(30)) < 4


def states(net: Neural, history: DemandHistory) -> dict[str, np.ndarray]:
    network = net.train(history).network
    assert network is not None
    return {k: v.numpy() for k, v in network.state_dict().items()}


@pytest.mark.parametrize("architecture", [MLP(8, 1), GRU(8)])
def test_a_killed_training_goes_on_and_ends_where_an_unkilled_one_does(
    architecture: Any, tmp_path: Path
) -> None:
    history = a_shop()
    net = Neural(architecture, Quantiles(), horizon=7, context=14, training=TINY)
    unkilled = states(net, history)
    calls = []

    def die(epoch: Epoch) -> None:
        calls.append(epoch.number)
        if epoch.number == 2:
            raise KeyboardInterrupt

    file = tmp_path / "net.pt"
    killed = replace(net, training=replace(TINY, checkpoint=file, progress=die))
    with pytest.raises(KeyboardInterrupt):
        killed.train(history)
    resumed = states(replace(killed, training=replace(killed.training, progress=None)), history)
    assert calls == [1, 2]
    for name, values in unkilled.items():
        np.testing.assert_array_equal(values, resumed[name], err_msg=name)


def test_a_finished_training_is_not_begun_again(tmp_path: Path) -> None:
    epochs: list[Epoch] = []
    training = replace(TINY, checkpoint=tmp_path / "net.pt", progress=epochs.append)
    net = Neural(MLP(8, 1), horizon=7, context=14, training=training)
    first = net.train(a_shop())
    again = net.train(a_shop())
    assert [e.number for e in epochs] == [1, 2, 3, 4]
    assert again.epochs == first.epochs


def test_a_checkpoint_of_another_training_is_refused_and_a_broken_one_named(tmp_path: Path) -> None:
    file = tmp_path / "net.pt"
    net = Neural(MLP(8, 1), horizon=7, context=14, training=replace(TINY, checkpoint=file))
    net.train(a_shop())
    with pytest.raises(ConfigError, match="belongs to another training"):
        net.train(a_shop(seed=1))
    with pytest.raises(ConfigError, match="belongs to another training"):
        replace(net, seed=5).train(a_shop())
    file.write_bytes(b"not a checkpoint")
    with pytest.raises(ReadError, match="delete it to train from the start"):
        net.train(a_shop())


def test_training_stops_where_the_checks_stop_getting_better() -> None:
    noise = believe(Panel.of(np.random.default_rng(2).poisson(3, (5, 40))))
    eager = Training(
        n_epochs=40, n_steps=4, batch_size=32, learning_rate=0.3, dropout=0.0, patience=2
    )
    trained = Neural(MLP(16), horizon=7, context=14, training=eager).train(noise)
    losses = [e.valid_loss for e in trained.epochs]
    assert len(losses) < 40
    assert int(np.argmin(losses)) == len(losses) - 3


def test_training_leaves_the_randomness_and_the_threads_of_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    Neural(MLP(8, 1), horizon=7, context=14, training=TINY).fit(a_shop())
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert n_threads() == 1
    with on_threads():
        assert torch.get_num_threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert 1 <= n_threads() <= 2


def test_series_without_weight_teach_nothing() -> None:
    """Promotions triple the demand of one half of the shop and do nothing for the other."""
    rng = np.random.default_rng(3)
    promotion = (rng.random((30, 77)) < 0.25).astype(np.float32)
    effect = np.repeat([2, 0], 15)[:, None]
    sales = rng.poisson(20 * (1 + effect * promotion[:, :70]))
    history = believe(Panel.of(sales, known={"promotion": promotion}))
    training = Training(n_epochs=2, n_steps=15, batch_size=64, learning_rate=0.02, dropout=0.0)
    net = Neural(MLP(16), Point(), horizon=7, context=14, training=training, n_origins=1)
    first, second = np.repeat([1.0, 0.0], 15), np.repeat([0.0, 1.0], 15)
    assert lift(replace(net, omega=second), history) < 1.2
    assert lift(replace(net, omega=first), history) > 1.8


def test_a_missing_tensorboard_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    net = Neural(MLP(8, 1), horizon=7, context=14, training=replace(TINY, tensorboard=tmp_path))
    with pytest.raises(ConfigError, match="pip install tensorboard"):
        net.train(a_shop())


def test_nonsense_is_refused_with_the_rule() -> None:
    for make, match in (
        (lambda: Training(n_epochs=0), "n_epochs is 0"),
        (lambda: Training(dropout=1.0), "dropout is 1.0"),
        (lambda: Training(device="tpu"), "'auto', 'cpu' or 'cuda'"),
        (lambda: Neural(horizon=0), "horizon is 0"),
        (lambda: Neural("lstm"), "give a value such as MLP"),
        (lambda: MLP(0), "width is >= 1"),
        (lambda: GRU(4, 0), "both are at least 1"),
    ):
        with pytest.raises(ConfigError, match=match):
            make()


def test_too_short_or_empty_histories_are_forecast_by_their_level() -> None:
    """Stated fallbacks: the level where nothing can be checked, nothing where nothing sold."""
    for head in (Point(), Quantiles()):
        net = Neural(MLP(8, 1), head, horizon=7, training=TINY)
        short = net.train(believe(Panel.of(np.full((3, 2), 4.0))))
        assert short.network is None
        told = short.forecast(believe(Panel.of(np.full((3, 2), 4.0)))).mean(7)
        np.testing.assert_allclose(told, 4.0, rtol=0.05)
        assert (net.fit(believe(Panel.of(np.zeros((3, 40))))).mean(7) == 0).all()

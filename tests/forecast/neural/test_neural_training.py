"""Training that can be trusted: it learns, stops, resumes as if nothing had happened, and says what is wrong."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
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
    Binned,
    Epoch,
    NegativeBinomial,
    Neural,
    Point,
    Quantiles,
    Training,
    Tweedie,
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


def test_a_killed_training_goes_on_and_ends_where_an_unkilled_one_does(tmp_path: Path) -> None:
    history = a_shop()
    net = Neural(GRU(8), Quantiles(), horizon=7, context=14, training=TINY)
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
    assert int(np.argmin([e.valid_loss for e in net.train(history).epochs])) >= 2  # after the kill
    for name, values in unkilled.items():
        np.testing.assert_array_equal(values, resumed[name], err_msg=name)


def test_a_finished_training_is_not_begun_again_and_another_one_is_refused(tmp_path: Path) -> None:
    epochs: list[Epoch] = []
    file = tmp_path / "net.pt"
    training = replace(TINY, n_epochs=2, checkpoint=file, progress=epochs.append)
    net = Neural(MLP(8, 1), horizon=7, context=14, training=training)
    history = a_shop()
    first = net.train(history)
    assert net.train(history).epochs == first.epochs
    assert [e.number for e in epochs] == [1, 2]
    promotion = history.panel.known["promotion"]
    other = replace(history, panel=replace(history.panel, known={"promotion": 1 - promotion}))
    for another, its_history in (
        (net, a_shop(seed=1)),
        (replace(net, seed=5), history),
        (net, other),
    ):
        with pytest.raises(ConfigError, match="belongs to another training"):
            another.train(its_history)
    torch.save([1, 2], file)
    with pytest.raises(ConfigError, match="belongs to another training"):
        net.train(history)
    file.write_bytes(b"not a checkpoint")
    with pytest.raises(ReadError, match="delete it to train from the start"):
        net.train(history)
    assert len(epochs) == 2


def test_a_checkpoint_is_whole_or_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it writes: the epoch before is on disk, and nobody else's file was touched."""
    file, somebodys = tmp_path / "net.pt", tmp_path / "net.pt.part"
    somebodys.write_text("mine")
    told: list[int] = []
    training = replace(TINY, n_epochs=3, checkpoint=file, progress=lambda e: told.append(e.number))
    net = Neural(MLP(8, 1), horizon=7, context=14, training=training)
    whole, n_saved = torch.save, 0

    def dies(state: object, path: Path) -> None:
        nonlocal n_saved
        n_saved += 1
        if n_saved < 3:
            return whole(state, path)
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            net.train(a_shop())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.pt", "net.pt.part"]
    net.train(a_shop())
    assert told == [1, 2, 3]  # the third again, and only it
    assert somebodys.read_text() == "mine"


def test_a_checkpoint_that_cannot_be_written_is_named_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file where a folder should be")
    told: list[Epoch] = []
    training = replace(TINY, checkpoint=tmp_path / "a" / "net.pt", progress=told.append)
    with pytest.raises(ConfigError, match=r"net\.pt cannot be written"):
        Neural(MLP(8, 1), horizon=7, context=14, training=training).train(a_shop())
    assert not told


def test_a_gpu_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    net = Neural(MLP(8, 1), horizon=7, context=14, training=replace(TINY, device="cuda"))
    with pytest.raises(ConfigError, match="torch finds no GPU; choose 'auto' or 'cpu'"):
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


def test_tensorboard_gets_a_point_an_epoch_and_a_missing_one_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    net = Neural(
        MLP(8, 1), horizon=7, context=14, training=replace(TINY, n_epochs=2, tensorboard=tmp_path)
    )
    with pytest.raises(ConfigError, match="pip install tensorboard"):
        net.train(a_shop())
    points: list[tuple[str, float, int]] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            assert folder == str(tmp_path)

        def add_scalar(self, name: str, value: float, step: int) -> None:
            points.append((name, value, step))

        def close(self) -> None:
            points.append(("closed", 0.0, 0))

    monkeypatch.setitem(
        sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Writer)
    )
    epochs = net.train(a_shop()).epochs
    assert [p for p in points if p[0] == "valid_loss"] == [
        ("valid_loss", e.valid_loss, e.number) for e in epochs
    ]
    assert {name for name, _, _ in points} == {"train_loss", "valid_loss", "rate", "closed"}


def test_nonsense_is_refused_with_the_rule() -> None:
    for make, match in (
        (lambda: Training(n_epochs=0), "n_epochs is 0"),
        (lambda: Training(n_steps=2.5), "whole number"),  # type: ignore[arg-type]
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
    for head in (Point(), Tweedie(), NegativeBinomial(), Quantiles(), Binned()):
        net = Neural(MLP(8, 1), head, horizon=7, training=TINY)
        for n_periods in (1, 2):
            history = believe(Panel.of(np.full((3, n_periods), 4.0)))
            short = net.train(history)
            assert short.network is None
            np.testing.assert_allclose(short.forecast(history).mean(7), 4.0, rtol=0.05)
        for nothing in (np.zeros((3, 40)), np.full((3, 40), np.nan)):
            fitted = net.fit(believe(Panel.of(nothing)))
            assert (fitted.mean(7) == 0).all()
            assert (fitted.paths(7, 5, rng=np.random.default_rng(0)).values == 0).all()
        empty = net.fit(believe(Panel.of(np.zeros((0, 40)))))
        assert empty.mean(7).shape == (0, 7)
        assert empty.paths(7, 5, rng=np.random.default_rng(0)).values.shape == (0, 5, 7)

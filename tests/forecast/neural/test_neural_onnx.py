"""A network written to ONNX says the same without torch, also of shops it was not taught on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.errors import ConfigError, ReadError
from onhand.forecast.neural import MLP, Neural, Quantiles, Served, Training, export
from onhand.forecast.neural.trained import TrainedNeural

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

TINY = Training(n_epochs=2, n_steps=5, batch_size=64)


def sales(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(6, (9, 50))


@pytest.fixture(scope="module")
def trained() -> TrainedNeural:
    net = Neural(MLP(8, 1), Quantiles(), horizon=7, context=14, training=TINY)
    trained = net.train(believe(Panel.of(sales())))
    with torch.no_grad():  # far from where it began, which is to tell the level whatever it reads
        assert trained.network is not None
        for k, weights in enumerate(trained.network.parameters()):
            noise = torch.randn(weights.shape, generator=torch.Generator().manual_seed(k))
            weights += 0.2 * noise
    return trained


@pytest.fixture(scope="module")
def written(trained: TrainedNeural, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(trained, tmp_path_factory.mktemp("nets") / "net.onnx")


def test_a_served_network_says_what_torch_says(trained: TrainedNeural, written: Path) -> None:
    history = believe(Panel.of(sales()))
    here, there = trained.forecast(history), Served(written).fit(history)
    relative = here.mean(7) / history.values.mean(axis=1, keepdims=True)
    assert relative.std() > 0.02  # it reads what it is shown
    np.testing.assert_allclose(there.mean(10), here.mean(10), rtol=1e-5)
    mine, theirs = (f.paths(7, 50, rng=np.random.default_rng(0)).values for f in (here, there))
    assert (mine == theirs).mean() > 0.999  # rounding to whole units may flip at 1e-7


def test_items_never_seen_and_never_sold_are_forecast_too(
    trained: TrainedNeural, written: Path
) -> None:
    other = sales(1).astype(np.float32)
    other[0], other[1] = 0, np.nan
    history = believe(Panel.of(other, items=[f"new {k}" for k in range(9)]))
    for fitted in (trained.forecast(history), Served(written).fit(history)):
        mean = fitted.mean(7)
        assert np.isfinite(mean).all()
        assert mean[0].max() < 0.5 * mean[2:].mean()  # nothing in fifty days, though the shop sells


def test_serving_needs_no_torch_and_importing_the_room_nothing_heavy(written: Path) -> None:
    code = f"""
import sys
sys.modules["torch"] = None  # an import of it fails
import onhand.forecast, onhand.forecast.neural
print([m for m in ("onnx", "onnxruntime", "numba", "lightgbm") if m in sys.modules])
import numpy as np
from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.forecast.neural import Served
fitted = Served({str(written)!r}).fit(believe(Panel.of(np.full((2, 40), 5.0))))
print(fitted.paths(7, 20, rng=np.random.default_rng(0)).values.shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split("\n") == ["[]", "(2, 20, 7)", ""], done.stderr


def test_teaching_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r"onhand\[deep\]"):
        Neural().fit(believe(Panel.of(sales())))


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    history = believe(Panel.of(sales()))
    with pytest.raises(ReadError, match="there is no network at"):
        Served(tmp_path / "none.onnx").fit(history)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"hello")
    with pytest.raises(ReadError, match="not a network written by export"):
        Served(broken).fit(history)


def test_where_nothing_was_learned_there_is_nothing_to_write(tmp_path: Path) -> None:
    trained = Neural(training=TINY).train(believe(Panel.of(np.zeros((2, 30)))))
    with pytest.raises(ConfigError, match="no network to write"):
        export(trained, tmp_path / "net.onnx")

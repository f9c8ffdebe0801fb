"""Models that somebody else taught are asked from a local file, ONNX or TorchScript, by a stated signature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.errors import ConfigError, ReadError
from onhand.forecast.neural import ZeroShot

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


AModel = Callable[..., Path]
SALES = np.array([[10, np.nan, 10, 10, 10, 10, 10, 10], [2, 2, 2, 2, 2, 2, 4, 4]])


def test_a_model_is_shown_units_and_what_is_known(tmp_path: Path, a_model: AModel) -> None:
    history = believe(Panel.of(SALES))
    mean = ZeroShot(a_model(tmp_path / "m.onnx", (1.0,)), context=8).fit(history).mean(3)
    np.testing.assert_allclose(mean, [[10] * 3, [2.5] * 3], rtol=1e-5)


def test_a_model_of_one_input_sees_gaps_at_the_mean(tmp_path: Path, a_model: AModel) -> None:
    path = a_model(tmp_path / "m.onnx", (1.0,), known=False)
    mean = ZeroShot(path, context=8).fit(believe(Panel.of(SALES))).mean(3)
    np.testing.assert_allclose(mean, [[10] * 3, [2.5] * 3], rtol=1e-5)


def test_a_context_longer_than_the_history_is_unknown_before_it(
    tmp_path: Path, a_model: AModel
) -> None:
    path = a_model(tmp_path / "m.onnx", (1.0,))
    mean = ZeroShot(path, context=50).fit(believe(Panel.of(SALES))).mean(3)
    np.testing.assert_allclose(mean[:, 0], [10, 2.5], rtol=1e-5)


def test_told_quantiles_become_paths(tmp_path: Path, a_model: AModel) -> None:
    path = a_model(tmp_path / "m.onnx", (0.5, 1.0, 1.5))
    net = ZeroShot(path, context=8, levels=(0.1, 0.5, 0.9))
    paths = net.fit(believe(Panel.of(SALES))).paths(6, 4000, rng=np.random.default_rng(0))
    told = np.quantile(paths.values[0, :, 2], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(told, [5, 10, 15], atol=1)
    assert paths.values.shape == (2, 4000, 6)  # beyond the three periods the last one is repeated


def test_a_torchscript_model_is_asked_too(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Level(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, context: torch.Tensor, is_known: torch.Tensor) -> torch.Tensor:
            level = (context * is_known).sum(1) / is_known.sum(1)
            return level[:, None].expand(-1, 3)

    path = tmp_path / "m.pt"
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = (torch.ones(2, 8), torch.ones(2, 8))
        torch.jit.save(torch.jit.trace(Level(), example), str(path))
    mean = ZeroShot(path, context=8).fit(believe(Panel.of(SALES))).mean(3)
    np.testing.assert_allclose(mean[:, 0], [10, 2.5], rtol=1e-5)


def test_what_does_not_fit_is_named(tmp_path: Path, a_model: AModel) -> None:
    history = believe(Panel.of(SALES))
    good = a_model(tmp_path / "m.onnx", (0.5, 1.0, 1.5))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"hello")
    other = tmp_path / "model.bin"
    other.write_bytes(b"hello")
    for path, levels, match in (
        (tmp_path / "none.onnx", (), "there is no model at .*nothing is downloaded"),
        (broken, (), "not a model that onnxruntime can read"),
        (other, (), "should end in .onnx, .pt or .pth"),
        (good, (), r"shape \(2, 3, 3\); with levels \(\) it should be \(2, H, 1\)"),
        (good, (0.1, 0.9), r"it should be \(2, H, 2\)"),
    ):
        with pytest.raises(ReadError, match=match):
            ZeroShot(path, context=8, levels=levels).fit(history)
    for context, levels in ((0, ()), (8, (0.5,)), (8, (0.9, 0.1)), (8, (0.0, 0.5))):
        with pytest.raises(ConfigError):
            ZeroShot(good, context=context, levels=levels)

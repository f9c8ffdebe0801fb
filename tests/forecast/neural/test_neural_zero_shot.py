"""Models that somebody else taught are asked from a local file, ONNX or TorchScript, by a stated signature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.errors import ConfigError, ReadError, ShapeError
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
        error = ShapeError if "2, H" in match else ReadError
        with pytest.raises(error, match=match):
            ZeroShot(path, context=8, levels=levels).fit(history)
    for context, levels in ((0, ()), (8, (0.5,)), (8, (0.9, 0.1)), (8, (0.0, 0.5))):
        with pytest.raises(ConfigError):
            ZeroShot(good, context=context, levels=levels)


@pytest.mark.parametrize(("axes", "shape"), [([0, 1], r"\(\)"), ([1], r"\(2,\)")])
def test_an_answer_without_periods_is_told_by_its_shape(
    tmp_path: Path, axes: list[int], shape: str
) -> None:
    """A model that sums everything up says nothing of any period."""
    from onnx import TensorProto, helper, numpy_helper, save

    over = numpy_helper.from_array(np.array(axes, np.int64), "axes")
    context = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", None])
    told = helper.make_tensor_value_info("told", TensorProto.FLOAT, ["B"] * (2 - len(axes)))
    node = helper.make_node("ReduceSum", ["x", "axes"], ["told"], keepdims=0)
    graph = helper.make_graph([node], "sum", [context], [told], [over])
    opset = [helper.make_opsetid("", 18)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(tmp_path / "m.onnx"))
    with pytest.raises(ShapeError, match=f"with shape {shape}; .* it should be .2, H, 1."):
        ZeroShot(tmp_path / "m.onnx", context=8).fit(believe(Panel.of(SALES)))

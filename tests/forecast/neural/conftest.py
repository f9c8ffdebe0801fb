"""A dummy of a model that somebody else taught, and one thread for everybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small wait for each other's threads longer than they work."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def a_model() -> Callable[..., Path]:
    """Writes a dummy to an ONNX file: multiples of the mean of the known context."""
    return written


def written(path: Path, multiples: tuple[float, ...], horizon: int = 3, known: bool = True) -> Path:
    """A dummy: `multiples` of the mean of the known context, for every period of the horizon."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shape: list[Any] = [1, horizon, len(multiples)] if len(multiples) > 1 else [1, horizon]
    factors = np.broadcast_to(np.array(multiples, np.float32), shape)
    axes = numpy_helper.from_array(np.array([1], np.int64), "axes")
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["B", None]) for n in "xm"]
    nodes = [helper.make_node("ReduceSum", ["x", "axes"], ["total"])]
    if known:
        nodes += [
            helper.make_node("ReduceSum", ["m", "axes"], ["count"]),
            helper.make_node("Div", ["total", "count"], ["mean"]),
        ]
    else:
        nodes += [helper.make_node("ReduceMean", ["x", "axes"], ["mean"])]
    column = numpy_helper.from_array(np.array([-1, *[1] * (len(shape) - 1)], np.int64), "column")
    nodes += [
        helper.make_node("Reshape", ["mean", "column"], ["level"]),
        helper.make_node("Mul", ["level", "factors"], ["told"]),
    ]
    told = helper.make_tensor_value_info("told", TensorProto.FLOAT, ["B", *shape[1:]])
    graph = helper.make_graph(
        nodes,
        "dummy",
        inputs if known else inputs[:1],
        [told],
        [axes, column, numpy_helper.from_array(factors, "factors")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, str(path))
    return path

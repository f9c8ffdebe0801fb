"""Networks keep the promises of every forecaster: the contract's own questions, asked here.

They are asked here because only these tests should pay for importing torch, and only where the extra
`deep` is installed. One architecture stands for all where a question is about heads, and the reverse.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch")

from onhand.forecast.forecaster import Forecaster
from onhand.forecast.neural import RNN, Neural, Training, ZeroShot

TINY = Training(n_epochs=1, n_steps=2, batch_size=32)
NETS = {"rnn negative_binomial": Neural(RNN(8), horizon=9, context=14, training=TINY)}


def contract() -> ModuleType:
    """The module of the contract, without running the fixture that finds forecasters."""
    path = Path(__file__).parents[2] / "contracts" / "test_forecasters.py"
    spec = importlib.util.spec_from_file_location("the_contract_of_forecasters", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


QUESTIONS = {
    name: question
    for name, question in inspect.getmembers(contract(), inspect.isfunction)
    if name.startswith("test_") and "forecaster" in inspect.signature(question).parameters
}
globals().update(QUESTIONS)


@pytest.fixture(params=[*NETS, "zero-shot"], ids=lambda name: name.replace(" ", "-"))
def forecaster(
    request: pytest.FixtureRequest,
    a_model: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Forecaster:
    if request.param != "zero-shot":
        return NETS[request.param]
    pytest.importorskip("onnxruntime")
    path = tmp_path_factory.getbasetemp() / "dummy.onnx"
    if not path.exists():
        a_model(path, (0.5, 1.0, 1.5), horizon=9)
    return ZeroShot(path, context=28, levels=(0.1, 0.5, 0.9))


def test_the_contract_was_found() -> None:
    assert len(QUESTIONS) >= 14

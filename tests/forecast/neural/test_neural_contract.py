"""Networks keep the promises of every forecaster: the contract's own questions, asked here.

They are asked here because only these tests should pay for importing torch, and only where the extra
`deep` is installed. One architecture stands for all where a question is about heads, and the reverse.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch")

from onhand.forecast.forecaster import Forecaster
from onhand.forecast.neural import MLP, RNN, Neural, Quantiles, Training

TINY = Training(n_epochs=1, n_steps=2, batch_size=32)
NETS = {
    "mlp negative_binomial": Neural(MLP(8, 1), horizon=9, context=14, training=TINY),
    "rnn quantiles": Neural(RNN(8), Quantiles(), horizon=9, context=14, training=TINY),
}


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


@pytest.fixture(params=list(NETS), ids=lambda name: name.replace(" ", "-"))
def forecaster(request: pytest.FixtureRequest) -> Forecaster:
    return NETS[request.param]


def test_the_contract_was_found() -> None:
    assert len(QUESTIONS) >= 14

"""How does a server forecast with a network, without the 700 MB that taught it?

`export` writes one ONNX file: the network as a graph, and in its metadata what it reads (`Layout`) and
what it tells (its head). `Served` reads it with onnxruntime; torch is not imported.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError, ReadError
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.neural.heads import (
    Binned,
    Head,
    NegativeBinomial,
    Point,
    Quantiles,
    Tweedie,
)
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.trained import TrainedNeural, forecast_with
from onhand.forecast.neural.training import n_threads
from onhand.forecast.neural.whole import whole_or_not_at_all
from onhand.forecast.neural.windows import Batch

__all__ = ["Served", "export"]

_INPUTS = ("past", "future", "size", "static")
_HEADS: dict[str, Any] = {
    "point": Point,
    "tweedie": Tweedie,
    "negative_binomial": NegativeBinomial,
    "quantiles": Quantiles,
    "binned": Binned,
}


def export(trained: TrainedNeural, path: Path | str) -> Path:
    """Write a trained network to one ONNX file; the path it was written to.

    Raises
    ------
    ConfigError
        When there is no network to write, the file cannot be written, or the packages of
        `onhand[deep]` are missing.
    """
    if trained.network is None:
        raise ConfigError(
            "nothing was learned from a history this short or empty, so there is no network to write"
        )
    path = Path(path)
    with whole_or_not_at_all(path) as part:
        _write_graph(trained, part)
        import onnx

        model = onnx.load(str(part))
        onnx.helper.set_model_props(model, {"onhand": json.dumps(_told(trained))})
        onnx.save(model, str(part))
    return path


@dataclass(frozen=True)
class Served:
    """A forecaster that reads an exported network; fitting looks at the history, and learns nothing.

    Parameters
    ----------
    path : the file that `export` wrote
    label : its name in tables and charts; None: of the file

    Raises
    ------
    ReadError
        When the file is missing, or was not written by `export`.
    """

    path: Path
    label: str | None = None

    @property
    def name(self) -> str:
        """`served NAME`, or the label."""
        return self.label or f"served {Path(self.path).stem}"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the network says of the periods after `history`."""
        path = Path(self.path)
        if not path.exists():
            raise ReadError(f"there is no network at {path}; write one with export(trained, path)")
        session, layout, head, n_origins = _opened(str(path), path.stat().st_mtime_ns)

        def say(batch: Batch) -> NDArray[np.float32]:
            return session.run(None, _fed(session, batch))[0]

        return forecast_with(say, head, layout, history, n_origins)


def _write_graph(trained: TrainedNeural, path: Path) -> None:
    """The graph alone, for any number of windows."""
    import logging
    import warnings

    import torch

    layout = trained.layout
    example = (
        torch.zeros(2, layout.context, layout.n_past),
        torch.zeros(2, layout.horizon, layout.n_future),
        torch.zeros(2, layout.n_size),
        torch.zeros(2, len(layout.names), dtype=torch.int64),
    )
    n = torch.export.Dim("n")
    assert trained.network is not None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own deprecations
            logging.getLogger("torch.onnx").setLevel(logging.ERROR)
            torch.onnx.export(
                trained.network,
                example,
                str(path),
                input_names=list(_INPUTS),
                output_names=["raw"],
                dynamic_shapes=({0: n}, {0: n}, {0: n}, {0: n}),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except ImportError as error:
        raise ConfigError(f'to write ONNX files: pip install "onhand[deep]" ({error})') from error


def _told(trained: TrainedNeural) -> dict[str, Any]:
    head: Any = trained.head
    return {
        "layout": trained.layout.to_dict(),
        "head": {"name": head.name, **asdict(head)},
        "n_origins": trained.n_origins,
    }


@lru_cache(maxsize=4)
def _opened(path: str, changed: int) -> tuple[Any, Layout, Head, int]:
    """Session, layout, head and number of origins of a file as of the moment it was changed."""
    del changed  # a part of the key: a file written anew is read anew
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError("serving a network needs onnxruntime: pip install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads()
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        told = json.loads(session.get_modelmeta().custom_metadata_map["onhand"])
    except Exception as error:
        raise ReadError(f"{path} is not a network written by export ({error})") from error
    layout, head = Layout.from_dict(told["layout"]), _head_of(told["head"])
    return session, layout, head, int(told["n_origins"])


def _head_of(told: dict[str, Any]) -> Head:
    """The head that `_told` told; JSON has lists where we have tuples."""
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in told.items() if k != "name"}
    head: Head = _HEADS[told["name"]](**settings)
    return head


def _fed(session: Any, batch: Batch) -> dict[str, Any]:
    """Inputs by name; a graph leaves out what the network does not read."""
    given = dict(zip(_INPUTS, batch.inputs, strict=True))
    return {x.name: given[x.name] for x in session.get_inputs()}

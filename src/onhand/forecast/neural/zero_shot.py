"""What does a model that somebody else taught, on other data, say of this shop? Nothing is downloaded.

A file on the local disk, ONNX (`.onnx`) or TorchScript (`.pt`, `.pth`), with this signature:

    context (B, C) float32   demand in units, oldest first; 0 where unknown
    is_known (B, C) float32  1 where demand is known, 0 where it is not or nothing was before
    -> (B, H, Q) float32     demand in units at Q stated levels, or (B, H): the mean alone

A model with one input is given the context alone, with unknown periods at the mean of the known ones. The
inputs of an ONNX file may have any names; their order counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError, ReadError, ShapeError
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.neural.heads.head import at_levels
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.trained import forecast_with
from onhand.forecast.neural.windows import Batch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ZeroShot"]

Floats = NDArray[np.float32]
_Asked = Callable[[Floats, Floats], Floats]  # context and is_known (B, C) to (B, H) or (B, H, Q)


@dataclass(frozen=True)
class ZeroShot:
    """A forecaster that asks a model from a file; fitting looks at the history, and learns nothing.

    Parameters
    ----------
    path : file with the signature that is written above
    context : periods that the model is shown, C
    levels : probabilities of its quantiles, rising, within (0, 1); (): it tells the mean alone
        Then the spread is that of its errors at earlier origins, as for any point forecaster. Told
        quantiles are corrected by how they came true there.
    n_origins : such origins
    label : its name in tables and charts; None: of the file

    Raises
    ------
    ConfigError
        When a number is out of its range.
    ReadError
        When fitting: the file is missing, cannot be read, or does not take what the signature says.
    ShapeError
        When fitting: what the model answers has another shape than the signature says.
    """

    path: Path
    context: int
    levels: tuple[float, ...] = ()
    n_origins: int = 4
    label: str | None = None

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.levels, self.levels[1:], strict=False))
        inside = all(0 < level < 1 for level in self.levels)
        if len(self.levels) == 1 or not (rising and inside):
            raise ConfigError(
                f"levels is {self.levels}; give two or more rising probabilities within (0, 1), "
                "or () for a model that tells the mean"
            )
        if self.context < 1 or self.n_origins < 1:
            raise ConfigError(
                f"context is {self.context}, n_origins {self.n_origins}; both are at least 1"
            )

    @property
    def name(self) -> str:
        """`zero-shot NAME`, or the label."""
        return self.label or f"zero-shot {Path(self.path).stem}"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """What the model says of the periods after `history`. Beyond its H, the last season is repeated."""
        path = Path(self.path)
        if not path.exists():
            raise ReadError(
                f"there is no model at {path}; nothing is downloaded, give a local file"
            )
        ask = _opened(str(path), path.stat().st_mtime_ns)
        horizon = self._horizon(ask)
        layout = Layout.of(history, self.context, horizon)

        def say(batch: Batch) -> Floats:
            """What the model tells over the scale, (B, H, max(Q, 1))."""
            scale = np.maximum(batch.scale, 1e-9)
            units = np.expm1(batch.past[:, :, 0]) * scale[:, None]
            before = self.context - units.shape[1]  # a history shorter than the context
            context, known = (
                np.pad(x, ((0, 0), (before, 0))).astype(np.float32)
                for x in (units, batch.past[:, :, 1] > 0)
            )
            told = ask(context, known).reshape(len(scale), horizon, -1)
            return (np.maximum(np.nan_to_num(told), 0) / scale[:, None, None]).astype(np.float32)

        head = _ToldQuantiles(self.levels) if self.levels else _ToldMean()
        return forecast_with(say, head, layout, history, self.n_origins)

    def _horizon(self, ask: _Asked) -> int:
        """Periods that the model tells, H; found by asking it about two series."""
        shape = (2, self.context)
        try:
            told = ask(np.ones(shape, np.float32), np.ones(shape, np.float32))
        except Exception as error:
            raise ReadError(
                f"{self.path} cannot be asked about two contexts of {self.context} periods ({error}); "
                "it should take (B, C) float32, once or with a second input that says what is known"
            ) from error
        n_told = max(len(self.levels), 1)
        horizon = told.shape[1] if told.ndim > 1 else 0
        wanted = [(2, horizon, n_told)] + [(2, horizon)] * (n_told == 1)
        if told.shape not in wanted or not horizon:
            raise ShapeError(
                f"{self.path} answers two contexts with shape {told.shape}; with levels "
                f"{self.levels or '()'} it should be (2, H, {n_told}), H at least 1"
            )
        return int(horizon)


@lru_cache(maxsize=4)
def _opened(path: str, changed: int) -> _Asked:
    """The model in a file as of the moment it was changed."""
    del changed  # a part of the key: a file written anew is read anew
    if path.endswith(".onnx"):
        return _onnx(path)
    if path.endswith((".pt", ".pth")):
        return _torchscript(path)
    raise ReadError(f"{path} should end in .onnx, .pt or .pth (TorchScript)")


def _onnx(path: str) -> _Asked:
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError(
            "reading ONNX files needs onnxruntime: pip install onnxruntime"
        ) from error
    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ReadError(f"{path} is not a model that onnxruntime can read ({error})") from error
    names = [x.name for x in session.get_inputs()]

    def ask(context: Floats, is_known: Floats) -> Floats:
        given = _given(context, is_known, len(names))
        return np.asarray(session.run(None, dict(zip(names, given, strict=True)))[0], np.float32)

    return ask


def _torchscript(path: str) -> _Asked:
    try:
        import torch
    except ImportError as error:
        raise ConfigError('reading TorchScript needs torch: pip install "onhand[deep]"') from error
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch would rather have everybody export anew
            model: Any = torch.jit.load(path, map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except Exception as error:
        raise ReadError(f"{path} is not a TorchScript model ({error})") from error
    n_inputs = len(model.forward.schema.arguments) - 1  # without self

    def ask(context: Floats, is_known: Floats) -> Floats:
        given = [torch.as_tensor(x) for x in _given(context, is_known, n_inputs)]
        with torch.inference_mode():
            told: Tensor = model(*given)
        return told.float().numpy()

    return ask


def _given(context: Floats, is_known: Floats, n_inputs: int) -> list[Floats]:
    """The inputs (B, C) of a model with one or two of them."""
    if n_inputs == 2:
        return [context, is_known]
    if n_inputs != 1:
        raise ReadError(f"the model has {n_inputs} inputs; context and is_known are given")
    count = np.maximum(is_known.sum(axis=1, keepdims=True), 1)
    mean = (context * is_known).sum(axis=1, keepdims=True) / count
    return [np.where(is_known > 0, context, mean)]


@dataclass(frozen=True)
class _ToldMean:
    """Raw numbers (n, H, 1) that are demand / scale already."""

    def mean(self, raw: Floats) -> Floats:
        """Expected demand / scale (n, H)."""
        return raw[..., 0]


@dataclass(frozen=True)
class _ToldQuantiles:
    """Raw numbers (n, H, Q) that are quantiles of demand / scale already.

    at : their probabilities
    """

    at: tuple[float, ...]

    def quantiles(self, raw: Floats, scale: Floats) -> Floats:
        """Units at `LEVELS` (n, H, L)."""
        told = np.sort(raw, axis=2)  # quantiles of some models cross
        return (at_levels(told, self.at) * scale[:, None, None]).astype(np.float32)

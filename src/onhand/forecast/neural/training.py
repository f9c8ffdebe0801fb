"""How is a network taught, and when is it told to stop? Settings that a person can trust.

Time decides: the network learns from periods before the first validation origin, is checked on what
came after it, and keeps the weights of the best check (early stopping; L. Prechelt 1998,
doi:10.1007/3-540-49430-8_3). What is checked and kept is the mean of the weights over the last hundred steps or
so, which errs less than any of them (B. T. Polyak and A. B. Juditsky 1992, doi:10.1137/0330046), and makes
the checks of a few origins less of a lottery. Everything drawn in an epoch follows from the seed and the number of the
epoch, so that a training killed at any moment resumes from its last whole epoch and ends with the
weights of one that was never killed.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ConfigError, ReadError
from onhand.forecast.neural.heads import Head
from onhand.forecast.neural.whole import whole_or_not_at_all
from onhand.forecast.neural.windows import Batch, Windows

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = ["Epoch", "Hiding", "Training", "n_threads", "on_threads", "train"]

Ints = NDArray[np.int64]
_MEMORY = 0.99  # of the mean of the weights, per step
_MOST_CHECKED = 6_000  # validation windows, at most


@dataclass(frozen=True)
class Epoch:
    """One pass: its number from 1, mean losses in training and validation, learning rate, seconds.

    share : of the whole training that is over, 0..1; 1 where it stopped early
    """

    number: int
    train_loss: float
    valid_loss: float
    rate: float
    seconds: float
    share: float = 0.0


@dataclass(frozen=True)
class Hiding:
    """What is hidden from the examples of a training.

    Parameters
    ----------
    gaps : share of the examples that hide a stretch of `horizon` periods and ask for it to be filled;
        the others ask for what comes next
    young : share of the examples that hide all but the last periods of the context, as of a series that
        began not long ago; from one period to the whole context, short ones as often as long ones

    Raises
    ------
    ConfigError
        When one of them is not a share.
    """

    gaps: float = 0.0
    young: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.gaps <= 1 and 0 <= self.young <= 1):
            raise ConfigError(
                f"gaps is {self.gaps} and young {self.young}; choose shares 0..1 for both"
            )

    def draw(self, origin: Ints, context: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """First period to tell, and first period of which something is known, (B,) each."""
        size = len(origin)
        first = np.maximum(origin - context, 1)  # of period 0 no level is known
        is_gap = rng.random(size) < self.gaps
        asked = np.where(is_gap, rng.integers(first, origin + 1), origin)
        age = np.ceil(context ** rng.random(size)).astype(np.int64)
        is_young = rng.random(size) < self.young
        return asked, np.where(is_young, np.maximum(origin - age, 0), 0)


@dataclass(frozen=True)
class Training:
    """How long, how fast and how carefully a network learns.

    Parameters
    ----------
    n_epochs, n_steps : epochs, and batches per epoch, at most
    batch_size : windows per batch
    learning_rate : highest rate; it warms up over a twentieth of the steps and falls as a cosine
    weight_decay, dropout : shares that are forgotten
    clip : largest norm of a gradient
    patience : epochs without a better check before it stops
    scale_power : a window weighs (scale / usual scale) ** scale_power, within 1/20..20
        0: every series counts the same, however little it sells; 1: by its units.
    device : "auto" (CUDA where there is one, in mixed precision), "cpu" or "cuda"
    checkpoint : file that keeps the state after each epoch, to resume from; None: none is kept
        It is replaced by a whole one or not at all.
    tensorboard : folder for logs that TensorBoard reads; None: no logs
    progress : called with each `Epoch`

    Raises
    ------
    ConfigError
        When a number is out of its range.
    """

    n_epochs: int = 20
    n_steps: int = 60
    batch_size: int = 512
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    dropout: float = 0.1
    clip: float = 1.0
    patience: int = 5
    scale_power: float = 1.0
    device: str = "auto"
    checkpoint: Path | None = None
    tensorboard: Path | None = None
    progress: Callable[[Epoch], None] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("n_epochs", "n_steps", "batch_size", "patience"):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < 1:
                raise ConfigError(f"{name} is {value}; it must be a whole number, at least 1")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be above 0")
        for name in ("dropout", "weight_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; choose a share in [0, 1)")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ConfigError(f"device is {self.device!r}; choose 'auto', 'cpu' or 'cuda'")


def train(
    network: nn.Module,
    head: Head,
    windows: Windows,
    origins: list[int],
    settings: Training,
    seed: int,
    hiding: Hiding | None = None,
) -> tuple[Epoch, ...]:
    """Teach `network` from periods before the first of `origins`, checked at `origins`.

    Only weights that ask for a gradient are taught. The network is left with the weights of the best
    check, those that it came with among them, ready to forecast on the CPU. Nothing is hidden from
    examples where no `hiding` is given.
    """
    import torch

    if settings.tensorboard is not None:
        _summary_writer()  # hours of training that cannot be logged had better not begin
    with on_threads(), torch.random.fork_rng():
        run = _Run.new(network, head, windows, origins, settings, seed)
        run.hiding = hiding
        if settings.checkpoint is not None:
            run.fingerprint = run.identity()
            run.resume(Path(settings.checkpoint))
        if not run.log:
            run.best_loss = run.check()
        while not run.is_done:
            run.epoch()
        network.load_state_dict(run.best)
        network.to("cpu").eval()
    return tuple(run.log)


@dataclass
class _Run:
    """The state of one training; the only thing here that changes."""

    network: nn.Module
    head: Head
    windows: Windows
    origins: list[int]
    settings: Training
    seed: int
    device: torch.device
    optimizer: torch.optim.Optimizer
    best: dict[str, Tensor]
    average: dict[str, Tensor]
    fingerprint: str = ""
    best_loss: float = float("inf")
    hiding: Hiding | None = None
    log: list[Epoch] = field(default_factory=list)

    @classmethod
    def new(
        cls,
        network: nn.Module,
        head: Head,
        windows: Windows,
        origins: list[int],
        settings: Training,
        seed: int,
    ) -> _Run:
        import torch

        wanted = settings.device
        if wanted == "auto":
            wanted = "cuda" if torch.cuda.is_available() else "cpu"
        if wanted == "cuda" and not torch.cuda.is_available():
            raise ConfigError("device is 'cuda', but torch finds no GPU; choose 'auto' or 'cpu'")
        network.to(wanted)
        taught = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            taught, settings.learning_rate, weight_decay=settings.weight_decay
        )
        best, average = _copy(network), _copy(network)
        device = torch.device(wanted)
        return cls(
            network, head, windows, origins, settings, seed, device, optimizer, best, average
        )

    @property
    def is_done(self) -> bool:
        """Whether all epochs are over, or the last ones brought nothing."""
        losses = [e.valid_loss for e in self.log]
        stalled = len(losses) - 1 - int(np.argmin(losses)) if losses else 0
        return len(losses) >= self.settings.n_epochs or stalled >= self.settings.patience

    def epoch(self) -> None:
        """Teach for one epoch, check, keep the better weights, tell, and save."""
        import torch

        number, started = len(self.log) + 1, time.perf_counter()
        torch.manual_seed(self.seed * 100_003 + number)
        self.network.train()
        losses = [self._step(k, batch) for k, batch in self._batches(number)]
        now = _copy(self.network)
        self.network.load_state_dict(self.average)
        valid = self.check()
        self.network.load_state_dict(now)
        if valid < self.best_loss:
            self.best_loss = valid
            self.best = {k: v.clone() for k, v in self.average.items()}
        rate = self.optimizer.param_groups[0]["lr"]
        told = Epoch(number, float(np.mean(losses)), valid, rate, time.perf_counter() - started)
        self.log.append(told)
        share = 1.0 if self.is_done else number / self.settings.n_epochs
        self.log[-1] = told = replace(told, share=share)
        self._save()
        if self.settings.tensorboard is not None:
            _to_tensorboard(self.settings.tensorboard, told)
        if self.settings.progress is not None:
            self.settings.progress(told)

    def _batches(self, number: int) -> Iterator[tuple[int, Batch]]:
        """The batches of an epoch with their number from the start of the training."""
        rng = np.random.default_rng([self.seed, number])
        end, size = min(self.origins), self.settings.batch_size
        series = np.flatnonzero(self.windows.exposure[:, :end].any(axis=1))
        n_steps = min(self.settings.n_steps, -(-len(series) * max(end - 1, 1) // size))
        for k in range(n_steps):
            rows = series[rng.integers(0, len(series), size)]
            origin = rng.integers(1, max(end, 2), size)
            asked, since = None, None
            if self.hiding is not None:
                asked, since = self.hiding.draw(origin, self.windows.layout.context, rng)
            batch = self.windows.batch(
                rows,
                origin,
                asked=asked,
                since=since,
                end=end,
                scale_power=self.settings.scale_power,
            )
            yield (number - 1) * self.settings.n_steps + k, batch

    def _step(self, k: int, batch: Batch) -> float:
        """One step down the gradient; the loss before it."""
        import torch

        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(k)
        loss, weight = self._loss(batch)
        mean = loss.sum() / weight.sum().clamp_min(1e-6)
        self.optimizer.zero_grad()
        if not torch.isfinite(mean):  # an outlier that overflows teaches nothing
            return float("nan")
        mean.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self.optimizer.step()
        keep = min(_MEMORY, (k + 1) / (k + 10))  # of few steps, the last ones
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.average[name].lerp_(value, 1 - keep)
        return float(mean.detach())

    def _rate(self, k: int) -> float:
        total = self.settings.n_epochs * self.settings.n_steps
        warm = max(1, total // 20)
        fall = 0.5 * (1 + np.cos(np.pi * min(1.0, k / total)))
        return float(self.settings.learning_rate * min(1.0, (k + 1) / warm) * max(fall, 0.01))

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Weighted losses and weights, (B, H)."""
        import torch

        inputs = [torch.as_tensor(x, device=self.device) for x in batch.inputs]
        rest = (batch.target, batch.is_censored, batch.scale[:, None], batch.weight)
        target, censored, scale, weight = (torch.as_tensor(x, device=self.device) for x in rest)
        if not self.head.uses_bounds:
            weight = weight * ~censored
        is_cuda = self.device.type == "cuda"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=is_cuda):
            raw = self.network(*inputs)
        loss = self.head.loss(raw.float(), target, censored, scale)
        return torch.where(weight > 0, loss * weight, torch.zeros_like(loss)), weight

    def check(self) -> float:
        """Mean validation loss over the series, or some of them where there are many."""
        import torch

        self.network.eval()
        n = self.windows.n_series
        some = min(n, max(1, _MOST_CHECKED // len(self.origins)))
        series = np.random.default_rng(self.seed).permutation(n)[:some]
        total = count = 0.0
        with torch.no_grad():
            for origin in self.origins:
                for start in range(0, some, 2048):
                    rows = series[start : start + 2048]
                    batch = self.windows.batch(
                        rows, np.full(len(rows), origin), scale_power=self.settings.scale_power
                    )
                    loss, weight = self._loss(batch)
                    total, count = total + float(loss.sum()), count + float(weight.sum())
        return total / count if count > 0 else float("inf")

    def resume(self, path: Path) -> None:
        """Go on from the checkpoint, if there is one; where there will be one, see that it can be."""
        import torch

        if not path.exists():
            with whole_or_not_at_all(path):
                return
        try:
            kept = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as error:
            raise ReadError(
                f"the checkpoint {path} cannot be read ({error}); delete it to train from the start"
            ) from error
        if not isinstance(kept, dict) or kept.get("fingerprint") != self.fingerprint:
            raise ConfigError(
                f"the checkpoint {path} belongs to another training (other data, settings or seed); "
                "delete it, or name another file"
            )
        self.network.load_state_dict(kept["network"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.best, self.best_loss = kept["best"], kept["best_loss"]
        self.average = kept["average"]
        self.log = [Epoch(*row) for row in kept["log"]]

    def _save(self) -> None:
        """Keep the state, whole or not at all."""
        import torch

        if self.settings.checkpoint is None:
            return
        state: dict[str, Any] = {
            "fingerprint": self.fingerprint,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best,
            "average": self.average,
            "best_loss": self.best_loss,
            "log": [astuple(e) for e in self.log],
        }
        with whole_or_not_at_all(Path(self.settings.checkpoint)) as part:
            torch.save(state, part)

    def identity(self) -> str:
        """What must be the same for a training to go on: data, settings, and where the weights begin."""
        s, w = self.settings, self.windows
        told = (s.n_epochs, s.n_steps, s.batch_size, s.learning_rate, s.weight_decay, s.dropout)
        more = (s.clip, s.patience, s.scale_power, self.seed, self.head, self.origins, self.hiding)
        parts = [(name, p.requires_grad) for name, p in self.network.named_parameters()]
        digest = hashlib.sha256(repr((told, more, w.layout, parts)).encode())
        tables = [w.values, w.exposure, w.bound, w.is_censored, w.omega, w.codes, w.calendar]
        begin = [v.cpu().numpy() for v in self.best.values()]
        for table in (*tables, *w.known, *begin):
            digest.update(repr(table.shape).encode())
            digest.update(np.ascontiguousarray(table).data)
        return digest.hexdigest()


def _copy(network: nn.Module) -> dict[str, Tensor]:
    """The weights as they are now."""
    return {k: v.detach().clone() for k, v in network.state_dict().items()}


def _summary_writer() -> Any:
    """TensorBoard's writer.

    Raises
    ------
    ConfigError
        When the package is missing.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ConfigError(
            "logs for TensorBoard need the package: pip install tensorboard, or ask for none"
        ) from error
    return SummaryWriter


def _to_tensorboard(folder: Path, epoch: Epoch) -> None:
    """One point on each curve."""
    writer = _summary_writer()(str(folder))
    for name in ("train_loss", "valid_loss", "rate"):
        writer.add_scalar(name, getattr(epoch, name), epoch.number)
    writer.close()


def n_threads() -> int:
    """Threads for torch: OMP_NUM_THREADS where set, else two, or one on a single core."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return int(wanted) if wanted.isdigit() and int(wanted) > 0 else min(2, os.cpu_count() or 1)


@contextmanager
def on_threads() -> Iterator[None]:
    """Torch on `n_threads()` threads, and on as many as before afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)

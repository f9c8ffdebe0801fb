"""What does a server need that forecasts with a network: torch, or onnxruntime alone?

    python benchmarks/serving.py --set vn2 --data DIR --python PYTHON [--n-series 599]

PYTHON is the interpreter of an environment that has onhand and onnxruntime, and no torch. Here a network is
taught and written; there it is read. Both forecast all series from the same origin and draw paths from the
same seed. CPU seconds, one thread; memory is the peak of a process that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from datasets import READERS, read_shop
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.forecast.neural import MLP, Neural, Quantiles, Served, TrainedNeural, Training, export

N_SAMPLES = 100
CHECKPOINT = "net.pt"
FILE = "net.onnx"


def main() -> None:
    """Teach, or forecast in one of the two ways; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", required=True, choices=sorted(READERS), dest="name")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set")
    parser.add_argument("--python", help="interpreter without torch")
    parser.add_argument("--n-series", type=int, default=0, help="first so many (default: all)")
    parser.add_argument("--by", choices=("torch", "onnxruntime"), help="forecast with it, and stop")
    parser.add_argument("--folder", type=Path, help="where the network lies")
    args = parser.parse_args()
    if args.by:
        print(json.dumps(forecast(args)))
    else:
        print(json.dumps(compare(args)))


def compare(args: argparse.Namespace) -> dict[str, Any]:
    """Teach and write a network, then have each way forecast in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        trained = taught(Path(folder), history_of(args), args)
        started = time.process_time()
        path = export(trained, Path(folder) / FILE)
        told: dict[str, Any] = {
            "export_s": time.process_time() - started,
            "file_kib": path.stat().st_size / 1024,
        }
        for by, python in (("torch", sys.executable), ("onnxruntime", args.python)):
            command = [python, __file__, "--set", args.name, "--data", str(args.data), "--by", by]
            command += ["--n-series", str(args.n_series), "--folder", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told[by] = json.loads(done.stdout.splitlines()[-1])
        paths = {by: np.load(Path(folder) / f"{by}.npz") for by in ("torch", "onnxruntime")}
    means, drawn = ([p[k] for p in paths.values()] for k in ("mean", "paths"))
    told["largest_gap_of_means"] = float(np.abs(means[0] - means[1]).max() / means[0].max())
    told["share_of_path_values_equal"] = float((drawn[0] == drawn[1]).mean())
    return told


def taught(folder: Path, history: DemandHistory, args: argparse.Namespace) -> TrainedNeural:
    """A small network; a second call finds it in the folder."""
    training = Training(n_epochs=2, n_steps=20, batch_size=128, checkpoint=folder / CHECKPOINT)
    horizon = read_shop(args.name, args.data, limit=2).horizon
    return Neural(MLP(), Quantiles(), horizon=horizon, training=training).train(history)


def history_of(args: argparse.Namespace) -> DemandHistory:
    """All of the history."""
    return believe(read_shop(args.name, args.data, limit=args.n_series).panel)


def forecast(args: argparse.Namespace) -> dict[str, Any]:
    """One forecast of all series, its costs, and what the environment holds."""
    has_torch = importlib.util.find_spec("torch") is not None
    if args.by == "onnxruntime" and has_torch:
        raise SystemExit(f"{sys.executable} has torch; the comparison wants one without")
    history = history_of(args)
    horizon = read_shop(args.name, args.data, limit=2).horizon
    before = peak_mib()
    started = time.process_time()
    package = __import__(args.by)
    imported = time.process_time()
    source: Any = Served(args.folder / FILE)
    if args.by == "torch":
        trained = taught(args.folder, history, args)
        source = trained
    fit = source.fit if args.by == "onnxruntime" else source.forecast
    warm = fit(history.rows(slice(0, 2)))  # what is done once: compiled loops, the session
    warm.paths(horizon, 2, rng=np.random.default_rng(0))
    opened = time.process_time()
    fitted = fit(history)
    mean = fitted.mean(horizon)
    paths = fitted.paths(horizon, N_SAMPLES, rng=np.random.default_rng(0)).values
    done = time.process_time()
    np.savez(args.folder / f"{args.by}.npz", mean=mean, paths=paths)
    root = Path(package.__file__).parent
    size = sum(f.stat().st_size for f in root.rglob("*") if f.is_file())
    return {
        "import_s": imported - started,
        "open_s": opened - imported,
        "forecast_s": done - opened,
        "peak_mib": peak_mib(),
        "peak_before_mib": before,
        "package_mib": size / 2**20,
        "has_torch": has_torch,
    }


def peak_mib() -> float:
    """Largest memory of this process so far, on Linux."""
    # Not getrusage: a child is told the peak of its parent there.
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(x for x in status if x.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main()

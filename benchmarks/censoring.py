"""How well is demand believed where the shelf was empty, and how often is a silence wrongly taken for one?

Three measurements on a shop whose stock-outs are recorded:

- `partial`: full-shelf periods of known demand are cut to a share of themselves, as if the shelf had emptied
  (the last part of the period lost), and believed again from what is left of them: error and bias of the
  belief beside taking sales as they are, and beside sales over in-stock share.
- `runs`: the stock marks are hidden, and stock-outs are guessed from runs of zeros alone
  (`onhand.demand.clean`): how many of the recorded empty periods are found, how many full ones are marked.
- `after`: forecasts from histories in which a share of the periods was made empty: trained on zeros, on
  unknown periods, and on the truth; error and bias over the periods that follow.

    python benchmarks/censoring.py --set vn2 --data DIR/vn2
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets import read_shop
from onhand.data.panel import Panel
from onhand.demand import believe, infer_in_stock
from onhand.evaluate import scores
from onhand.forecast import default_forecaster

Floats = NDArray[np.float32]


def main() -> None:
    """Print each measurement, and JSON last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default="vn2")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=0, help="series, 0: all")
    options = parser.parse_args()
    panel = read_shop(options.set, options.data, None, options.limit).panel
    found = {"partial": partial(panel), "runs": runs(panel), "after": after(panel)}
    for name, rows in found.items():
        print(name)
        for label, values in rows.items():
            print(f"  {label:<28}", values)
    print(json.dumps({"set": options.set, **found}))


def partial(panel: Panel, share: float = 0.1) -> dict[str, dict[str, float]]:
    """A tenth of the full periods with demand lose a random part; each is believed from the rest."""
    rng = np.random.default_rng(0)
    full = (panel.in_stock >= 0.999) & (panel.sales > 0)
    full[:, : panel.n_periods // 4] = False
    cut = full & (rng.random(full.shape) < share)
    left = rng.uniform(0.1, 0.9, full.shape).astype(np.float32)
    truth = panel.sales
    # Customers come one by one: each of the units was wanted while the shelf was still full, or not.
    whole = np.round(truth[cut]).astype(np.int64)
    is_count = bool((truth[np.isfinite(truth)] % 1 == 0).all())
    sold = truth.copy()
    sold[cut] = rng.binomial(whole, left[cut]) if is_count else truth[cut] * left[cut]
    stock = np.where(cut, left, panel.in_stock).astype(np.float32)
    believed = believe(replace(panel, sales=sold, in_stock=stock)).values
    told = {
        "sales as they are": sold[cut],
        "sales / in-stock share": sold[cut] / left[cut],
        "believed": believed[cut],
    }
    return {name: _scores(truth[cut], values) for name, values in told.items()}


def runs(panel: Panel) -> dict[str, dict[str, float]]:
    """Stock-outs guessed from silences, against the marks."""
    recorded = panel.in_stock < 0.02
    guessed = infer_in_stock(replace(panel, in_stock=np.ones_like(panel.in_stock))).in_stock < 0.02
    known = np.isfinite(panel.sales)
    full = known & (panel.in_stock >= 0.999)
    pace = np.nansum(np.where(full, panel.sales, 0), axis=1) / np.maximum(full.sum(axis=1), 1)
    rows = {}
    for low, high in ((0.0, 0.5), (0.5, 2.0), (2.0, 5.0), (5.0, np.inf)):
        mine = ((pace >= low) & (pace < high))[:, None]
        rows[f"{low:g} to {high:g} a period"] = {
            "n_series": int(mine.sum()),
            "recorded": _share(recorded & mine, known & mine),
            "found of recorded": _share(guessed & recorded & mine, recorded & mine),
            "marked of full": _share(guessed & full & mine, full & mine),
        }
    return rows


def after(panel: Panel, share: float = 0.15, horizon: int = 4) -> dict[str, dict[str, float]]:
    """Forecasts from a past with runs of three empty periods, from several origins."""
    rng = np.random.default_rng(1)
    n, t = panel.sales.shape
    starts = rng.random((n, t)) < share / 3
    empty = starts | np.roll(starts, 1, axis=1) | np.roll(starts, 2, axis=1)
    empty &= np.isfinite(panel.sales)
    zeros = np.where(empty, np.float32(0), panel.sales)
    worlds = {
        "trained on the truth": panel,
        "zeros taken for demand": replace(panel, sales=zeros),
        "empty periods unknown": replace(
            panel, sales=zeros, in_stock=np.where(empty, np.float32(0), panel.in_stock)
        ),
        "empty periods guessed": infer_in_stock(replace(panel, sales=zeros)),
    }
    told: dict[str, list[tuple[Floats, Floats]]] = {name: [] for name in worlds}
    point = default_forecaster(panel.frequency).point
    for origin in range(t // 2, t - horizon, max(1, t // 12)):
        window = slice(origin, origin + horizon)
        is_full = panel.in_stock[:, window] >= 0.999
        actual = np.where(is_full, panel.sales[:, window], np.float32(np.nan))
        for name, world in worlds.items():
            forecast = point.fit(believe(_until(world, panel, zeros, name, origin))).mean(horizon)
            told[name].append((actual, forecast))
    return {
        name: _scores(np.concatenate([a for a, _ in pairs]), np.concatenate([f for _, f in pairs]))
        for name, pairs in told.items()
    }


def _until(world: Panel, panel: Panel, zeros: Floats, name: str, origin: int) -> Panel:
    """The world as it stood at the origin; guesses are made anew from what was known then."""
    if name == "empty periods guessed":
        return infer_in_stock(replace(panel, sales=zeros).until(origin))
    return world.until(origin)


def _scores(actual: Floats, told: Floats) -> dict[str, float]:
    return {
        "wape": round(scores.wape(actual, told), 3),
        "bias": round(scores.wpe(actual, told), 3),
    }


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return round(float(part.sum() / max(int(whole.sum()), 1)), 4)


if __name__ == "__main__":
    main()

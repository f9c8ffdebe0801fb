"""How good would this forecaster have been? Forecasts from past origins, against what followed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.evaluate import scores
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast.forecaster import Forecaster

__all__ = [
    "TOTAL_LEVELS",
    "Backtest",
    "BacktestRow",
    "Outcome",
    "backtest",
    "judged_after",
    "judged_demand",
    "last_origins",
    "outcome",
]

Believe = Callable[[Panel], DemandHistory]

TOTAL_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)  # of the quantiles by which sums of demand are judged
_VALUES_PER_BLOCK = 20_000_000  # samples held at once: 80 MB of float32


@dataclass(frozen=True)
class BacktestRow:
    """Scores of one forecaster from one origin.

    `origin` is the number of periods known, `origin_date` the first day not yet known, `n_judged`
    the (series, period) pairs, of series seen by then, whose demand is known and was not cut by an
    empty shelf. `crps` is in units; `scaled_crps` is divided by the mean demand judged, `rmsse` is
    the mean over series. `coverage_90` and the other coverages are shares without the excess of
    counts. `cpu_s` is the processor time of fitting and drawing.
    """

    forecaster: str
    origin: int
    origin_date: str
    n_judged: int
    wape: float
    wpe: float
    mae: float
    rmse: float
    rmsse: float
    crps: float
    scaled_crps: float
    pinball_80: float
    coverage_50: float
    coverage_80: float
    coverage_90: float
    cpu_s: float


@dataclass(frozen=True)
class Outcome:
    """What was forecast and what happened, per series and step: the material of the scores.

    actual, mean, crps, pinball_80, pit_low, pit_high : (N, H)
    totals, total_pinball : (N, K) sums of demand over the spans asked for, and the pinball loss of
        their quantiles, mean over `TOTAL_LEVELS`; NaN where a period of the span is not judged
    """

    actual: NDArray[np.float32]
    mean: NDArray[np.float32]
    crps: NDArray[np.float64]
    pinball_80: NDArray[np.float64]
    pit_low: NDArray[np.float64]
    pit_high: NDArray[np.float64]
    totals: NDArray[np.float64]
    total_pinball: NDArray[np.float64]
    cpu_s: float


@dataclass(frozen=True)
class Backtest:
    """The scores of every forecaster from every origin.

    rows : one per forecaster and origin, forecasters in the order given
    """

    rows: tuple[BacktestRow, ...]

    def table(self) -> pl.DataFrame:
        """One line per forecaster and origin."""
        return pl.DataFrame([asdict(row) for row in self.rows])

    def summary(self) -> pl.DataFrame:
        """One line per forecaster: mean over origins, in the order given."""
        table = self.table()
        measures = [c for c in table.columns if c not in ("forecaster", "origin", "origin_date")]
        return table.group_by("forecaster", maintain_order=True).agg(
            pl.len().alias("n_origins"), pl.col(measures).mean()
        )


def backtest(
    forecasters: Sequence[Forecaster],
    panel: Panel,
    believe: Believe,
    origins: Sequence[int],
    horizon: int,
    n_samples: int = 100,
    *,
    rng: np.random.Generator,
) -> Backtest:
    """Scores of each forecaster from each origin, over the `horizon` periods that followed.

    A forecaster is only ever handed `believe(panel.until(origin))`: later periods are absent from
    what it can reach, not merely avoided. All forecasters get the same random numbers.

    Parameters
    ----------
    forecasters : judged side by side
    panel : Panel
    believe : Panel -> DemandHistory
        Turns sales into demand, as `onhand.demand.believe` does.
    origins : numbers of periods known; `last_origins` gives the last ones
    horizon : int, periods
        Steps beyond the end of the panel are not judged, nor are stock points unseen at an origin,
        see `judged_after`.
    n_samples : int
    rng : one seed is drawn per origin

    Raises
    ------
    HistoryError
        When an origin leaves no past or no future.

    >>> from onhand.forecast import MovingAverage, Naive
    >>> panel = Panel.of([[2, 4] * 20])
    >>> known = lambda panel: DemandHistory(panel, panel.sales, np.zeros(panel.sales.shape, bool))
    >>> result = backtest(
    ...     [Naive(), MovingAverage(2)], panel, known, [30, 34], 2, rng=np.random.default_rng(0)
    ... )
    >>> [round(row.wape, 2) for row in result.rows]
    [0.33, 0.33, 0.33, 0.33]
    """
    for origin in origins:
        if not 1 <= origin < panel.n_periods:
            raise HistoryError(
                f"origin {origin} leaves no past or no future in a panel of {panel.n_periods} "
                f"periods; choose 1..{panel.n_periods - 1}"
            )
    seeds = [int(seed) for seed in rng.integers(0, 2**63, size=len(origins))]
    histories = {origin: believe(panel.until(origin)) for origin in origins}
    rows = []
    for forecaster in forecasters:
        for origin, seed in zip(origins, seeds, strict=True):
            actual = judged_after(panel, origin, horizon)
            history = histories[origin]
            result = outcome(forecaster, history, actual, n_samples, seed=seed)
            date = str(panel.dates[origin])
            rows.append(_row(forecaster.name, origin, date, result, history.values))
    return Backtest(tuple(rows))


def outcome(
    forecaster: Forecaster,
    history: DemandHistory,
    actual: NDArray[np.float32],
    n_samples: int,
    *,
    seed: int,
    spans: NDArray[np.int64] | None = None,
) -> Outcome:
    """What `forecaster` says after `history`, beside what happened, (N, H) with NaN not judged.

    Paths are drawn in blocks of series, so that memory does not grow with the catalogue. `spans`
    (N, K) asks for the sums over so many periods from the origin, for instance over lead times.
    """
    n, horizon = actual.shape
    start = time.process_time()
    fitted = forecaster.fit(history)
    mean = fitted.mean(horizon)
    cpu_s = time.process_time() - start
    crps, pinball_80, pit_low, pit_high = (np.full((n, horizon), np.nan) for _ in range(4))
    spans = np.empty((n, 0), np.int64) if spans is None else spans
    totals, total_pinball = (np.full(spans.shape, np.nan) for _ in range(2))
    size = max(1, _VALUES_PER_BLOCK // (n_samples * horizon))
    for first in range(0, n, size):
        block = slice(first, min(first + size, n))
        start = time.process_time()
        paths = fitted.paths(horizon, n_samples, rng=np.random.default_rng(seed), rows=block)
        cpu_s += time.process_time() - start
        y = actual[block]
        surprise = y - paths.quantile(0.8)
        crps[block] = scores.crps_of_each(y, paths.values)
        pinball_80[block] = np.maximum(0.8 * surprise, -0.2 * surprise)
        pit_low[block], pit_high[block] = pit_bounds(y, paths.values)
        if spans.size:
            last = spans[block] - 1
            totals[block] = np.take_along_axis(y.cumsum(axis=1, dtype=np.float64), last, axis=1)
            so_far = paths.values.cumsum(axis=2)
            told = np.take_along_axis(so_far, last[:, None, :], axis=2)  # (n, S, K)
            total_pinball[block] = _mean_pinball(totals[block], told)
    return Outcome(actual, mean, crps, pinball_80, pit_low, pit_high, totals, total_pinball, cpu_s)


def _mean_pinball(actual: NDArray[np.float64], told: NDArray[np.float32]) -> NDArray[np.float64]:
    """Pinball loss (n, K) of the quantiles of samples (n, S, K), mean over `TOTAL_LEVELS`."""
    level = np.array(TOTAL_LEVELS)[:, None, None]
    surprise = actual - np.quantile(told, TOTAL_LEVELS, axis=1)  # (Q, n, K)
    return np.asarray(np.maximum(level * surprise, (level - 1) * surprise).mean(axis=0))


def judged_demand(panel: Panel) -> NDArray[np.float32]:
    """Sales of the periods that tell demand: open, on the shelf all period, known. NaN elsewhere.

    >>> panel = Panel.of([[5, 0, 2]], in_stock=[[1, 0, 0.5]])
    >>> judged_demand(panel).tolist()
    [[5.0, nan, nan]]
    """
    tells = (panel.in_stock >= 0.999) & (panel.is_open > 0)
    return np.where(tells, panel.sales, np.float32(np.nan))


def judged_after(panel: Panel, origin: int, horizon: int) -> NDArray[np.float32]:
    """`judged_demand` of up to `horizon` periods after an origin, of stock points seen by then.

    A row without a past is in the panel only because it was going to sell. Nobody knew of it at the
    origin, and to forecast more than nothing for it would be hindsight.

    >>> panel = Panel.of([[5, 4, 3], [np.nan, np.nan, 8]])
    >>> judged_after(panel, 2, 1).tolist(), judged_after(panel, 1, 9).tolist()
    ([[3.0], [nan]], [[4.0, 3.0], [nan, nan]])
    """
    was_seen = np.isfinite(panel.sales[:, :origin]).any(axis=1, keepdims=True)
    demand = judged_demand(panel)[:, origin : origin + horizon]
    return np.where(was_seen, demand, np.float32(np.nan))


def last_origins(
    n_periods: int, horizon: int, n_origins: int, stride: int | None = None
) -> list[int]:
    """The last origins with a whole horizon after them, `stride` (default: horizon) apart.

    >>> last_origins(100, horizon=10, n_origins=3)
    [70, 80, 90]
    """
    step = stride or horizon
    origins = [n_periods - horizon - k * step for k in range(n_origins)]
    return [origin for origin in reversed(origins) if origin >= 1]


def _row(
    name: str, origin: int, date: str, result: Outcome, history: NDArray[np.float32]
) -> BacktestRow:
    y, f = result.actual, result.mean
    known = np.isfinite(y)
    n = int(known.sum())
    mean_demand = float(y[known].mean()) if n else float("nan")
    mean_crps = float(result.crps[known].mean()) if n else float("nan")
    errors = scores.rmsse(y, f, history)
    scaled = errors[np.isfinite(errors)]
    return BacktestRow(
        forecaster=name,
        origin=origin,
        origin_date=date,
        n_judged=n,
        wape=scores.wape(y, f),
        wpe=scores.wpe(y, f),
        mae=scores.mae(y, f),
        rmse=scores.rmse(y, f),
        rmsse=float(scaled.mean()) if len(scaled) else float("nan"),
        crps=mean_crps,
        scaled_crps=mean_crps / mean_demand if mean_demand > 0 else float("nan"),
        pinball_80=float(result.pinball_80[known].mean()) if n else float("nan"),
        coverage_50=pit_coverage(result.pit_low, result.pit_high, 0.25, 0.75),
        coverage_80=pit_coverage(result.pit_low, result.pit_high, 0.1, 0.9),
        coverage_90=pit_coverage(result.pit_low, result.pit_high, 0.05, 0.95),
        cpu_s=result.cpu_s,
    )

"""Where in its season does a period stand, and how high is the season there?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Frequency

__all__ = ["seasonal_factors", "seasonal_positions"]


def seasonal_positions(dates: NDArray[Any], frequency: Frequency) -> NDArray[np.int64]:
    """The place of each period in the season: weekday 0..6, ISO week 0..52 or month 0..11.

    >>> import numpy as np
    >>> days = np.array(["2024-01-01", "2024-12-30", "2020-12-28"], dtype="datetime64[D]")
    >>> seasonal_positions(days, Frequency.WEEK).tolist()  # weeks 1, 1 of 2025, and 53
    [0, 0, 52]
    """
    days = dates.astype("datetime64[D]")
    if frequency is Frequency.MONTH:
        return days.astype("datetime64[M]").astype(np.int64) % 12
    since_monday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    if frequency is Frequency.DAY:
        return since_monday
    # An ISO week belongs to the year of its Thursday (ISO 8601).
    thursday = days - since_monday + 3
    return (thursday - thursday.astype("datetime64[Y]").astype("datetime64[D]")).astype(
        np.int64
    ) // 7


def seasonal_factors(
    values: NDArray[np.floating[Any]], positions: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How demand stands to its average at each seasonal position, shared by all series.

    Mean over series per period, then mean per position, then divided by the mean over the
    positions seen: the rule of the VN2 organiser's benchmark.

    Parameters
    ----------
    values : (N, T), units. NaN: unknown, left out of every mean.
    positions : (T,) from `seasonal_positions`

    Returns
    -------
    (53,) float64 with mean 1 over the positions seen. A position never seen, or a season without
    any demand, has factor 1.

    Source: N. Vandeput (2025), VN2 Inventory Planning Challenge, benchmark policy.

    >>> seasonal_factors(np.array([[1.0, 3.0, 1.0, 3.0]]), np.array([0, 1, 0, 1]))[:3].tolist()
    [0.5, 1.5, 1.0]
    """
    n_known = np.isfinite(values).sum(axis=0)  # (T,)
    total = np.nansum(values, axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        per_period = total / n_known
        known = n_known > 0
        weight = np.bincount(positions[known], minlength=53)
        factors = np.bincount(positions[known], per_period[known], minlength=53) / weight
    seen = weight > 0
    average = factors[seen].mean() if seen.any() else 0.0
    if average <= 0:
        return np.ones(53)
    return np.where(seen, factors / average, 1.0)

"""Where do service and money stand on the drawing? Places in the picture, from the plan's own points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["WIDTH", "frontier_drawing"]

WIDTH, HEIGHT = 760.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 24.0, 16.0, 34.0


def frontier_drawing(frontier: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The curve, its axes and the two marked points, in picture units; None: nothing to draw.

    >>> at = lambda spend, fill: {"spend": spend, "margin_saved": 0.0, "fill_rate": fill}
    >>> picture = frontier_drawing(
    ...     {"curve": [at(0, 0.5), at(100, 1.0)], "today": at(0, 0.5), "chosen": at(50, 0.8)})
    >>> picture["curve"], picture["chosen"]["x"]
    ('52,216 736,16', 394.0)
    """
    if not frontier or len(frontier["curve"]) < 2:
        return None
    points = [*frontier["curve"], frontier["today"], frontier["chosen"]]
    most = max(p["spend"] for p in points) or 1.0
    low = math.floor(10 * min(p["fill_rate"] for p in points)) / 10
    high = max(math.ceil(10 * max(p["fill_rate"] for p in points)) / 10, low + 0.1)

    def place(point: Mapping[str, Any]) -> dict[str, Any]:
        x = LEFT + point["spend"] / most * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - (point["fill_rate"] - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        return {**point, "x": round(x, 1), "y": round(y, 1)}

    curve = [place(point) for point in frontier["curve"]]
    levels = [round(low + (high - low) * k / 2, 3) for k in range(3)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "base": HEIGHT - BOTTOM,
        "curve": " ".join(f"{p['x']:g},{p['y']:g}" for p in curve),
        "end": curve[-1],
        "today": place(frontier["today"]),
        "chosen": place(frontier["chosen"]),
        "levels": [place({"spend": 0.0, "fill_rate": level}) for level in levels],
        "spends": [place({"spend": most * k / 4, "fill_rate": low}) for k in range(5)],
    }

"""How does a comparison of arrows become one page that opens anywhere, with its pictures?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from onhand.errors import ConfigError, InputError
from onhand.plan.comparison import Comparison, Pipeline, verdict
from onhand.plan.report.wording import Wording
from onhand.plan.report.write import read_asset
from onhand.plan.settings_file import write_atomically

__all__ = ["compare_page", "render_comparison", "write_comparison"]

Record = dict[str, Any]

WIDTH, ROW = 860.0, 40.0
LEFT, RIGHT, TOP, BOTTOM = 170.0, 150.0, 26.0, 30.0
CROSS_HEIGHT = 330.0
_SIGNS = {
    "pays": "✓",
    "costs": "✕",
    "not told apart": "≈",
    "no difference": "=",
    "nothing to measure": "·",
}


def write_comparison(comparison: Comparison, path: str | Path) -> Path:
    """Writes the comparison as one self-contained HTML file, whole or not at all; gives back where it is.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    target = Path(path)
    try:
        write_atomically(target, render_comparison(comparison))
    except ConfigError as error:
        raise InputError(f"{error}. Choose another --out.") from error
    return target


def render_comparison(comparison: Comparison) -> str:
    """The text of the page; the same comparison gives the same bytes."""
    words = Wording(comparison.currency, comparison.frequency)
    environment = Environment(
        loader=PackageLoader("onhand.plan", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("money", "rate", "units", "day", "share"):
        environment.filters[name] = getattr(words, name)
    environment.filters["change"] = _change(words)
    template = environment.get_template("comparison.html")
    return template.render(
        page=compare_page(comparison), style=Markup(read_asset("page.css")), of=comparison
    )


def _change(words: Wording) -> Any:
    return lambda value: f"+{words.money(value)}" if value >= 0.5 else words.money(value)


def compare_page(comparison: Comparison) -> Record:
    """What the page shows, as plain values: one part per judgement, with its two drawings."""
    return {
        "parts": [
            _part(judgement.demand, judgement.note, judgement.pipelines)
            for judgement in comparison.judgements
        ],
        "n_windows": len(comparison.windows),
    }


def _part(demand: str, note: str, pipelines: Sequence[Pipeline]) -> Record:
    measured = [p for p in pipelines if p.earned is not None]
    return {
        "demand": demand,
        "note": note,
        "full": pipelines[0],
        "classical": pipelines[-1],
        "rows": [_row(p) for p in pipelines],
        "earned": earned_drawing(measured),
        "service": service_drawing([p for p in pipelines if not p.why_not]),
    }


def _row(pipeline: Pipeline) -> Record:
    said = verdict(pipeline.earned) if pipeline.name != "full" else ""
    return {"pipeline": pipeline, "verdict": said, "sign": _SIGNS.get(said, "")}


def earned_drawing(measured: Sequence[Pipeline]) -> Record | None:
    """A row per arrow: what it earned, its interval, and each window's share of it; None: no row.

    Windows stand where the sum over all windows would be, had all been like that one.
    """
    if not measured:
        return None
    margins = [p.earned for p in measured if p.earned is not None]
    most = _reach([max(abs(m.low), abs(m.high)) for m in margins])
    low = max(min(0.0, *(m.low for m in margins)), -most)
    high = min(max(0.0, *(m.high for m in margins)), most)
    reach = (high - low) or 1.0
    span = WIDTH - LEFT - RIGHT

    def x(value: float) -> float:
        return round(LEFT + (min(max(value, low), high) - low) / reach * span, 1)

    rows = [
        {
            "name": p.name,
            "label": "all of them together" if p.name == "classical" else p.name,
            "y": round(TOP + (k + 0.5) * ROW, 1),
            "at": x(m.mean),
            "low": x(m.low),
            "high": x(m.high),
            "is_far": not low <= m.mean <= high,
            "is_cut_low": m.low < low,
            "is_cut_high": m.high > high,
            "windows": [
                x(w * len(m.per_window))
                for w in m.per_window
                if low <= w * len(m.per_window) <= high
            ],
            "verdict": verdict(m),
            "sign": _SIGNS[verdict(m)],
            "margin": m,
        }
        for k, (p, m) in enumerate(zip(measured, margins, strict=True))
    ]
    base = TOP + ROW * len(rows)
    return {
        "width": WIDTH,
        "height": base + BOTTOM,
        "top": TOP,
        "base": base,
        "zero": x(0.0),
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "ticks": [{"x": x(value), "value": value} for value in _ticks(low, high)],
        "rows": rows,
    }


def _reach(extents: Sequence[float]) -> float:
    """How far the axis goes: one row far beyond the others leaves the picture and does not squeeze them.

    >>> _reach([10.0, 20.0, 30.0]), _reach([10.0, 20.0, 3000.0])
    (30.0, 40.0)
    """
    ordered = sorted(extents)
    if len(ordered) > 1 and ordered[-1] > 4 * ordered[-2] > 0:
        return 2 * ordered[-2]
    return ordered[-1]


def service_drawing(pipelines: Sequence[Pipeline]) -> Record:
    """Stock on the shelf against demand met, one mark per loop: up and to the left is better."""
    values = [p.inventory_value for p in pipelines]
    fills = [p.fill_rate for p in pipelines]
    low_x, high_x = _wider(min(values), max(values), 0.0)
    low_y, high_y = _wider(min(fills), max(fills), 0.005)
    left, right, top, base = 64.0, WIDTH - 190.0, 16.0, CROSS_HEIGHT - 40.0

    def place(pipeline: Pipeline) -> Record:
        x = left + (pipeline.inventory_value - low_x) / (high_x - low_x) * (right - left)
        y = base - (pipeline.fill_rate - low_y) / (high_y - low_y) * (base - top)
        label = {"full": "the whole loop"}.get(pipeline.name, pipeline.name)
        if pipeline.name not in ("full", "classical"):
            label = pipeline.label.partition(":")[0]
        return {"x": round(x, 1), "y": round(y, 1), "label": label, "name": pipeline.name}

    marks = [place(p) for p in pipelines]
    return {
        "width": WIDTH,
        "height": CROSS_HEIGHT,
        "left": left,
        "right": right,
        "top": top,
        "base": base,
        "marks": _apart(marks),
        "values": [
            {"x": round(left + (v - low_x) / (high_x - low_x) * (right - left), 1), "value": v}
            for v in _ticks(low_x, high_x)
        ],
        "fills": [
            {"y": round(base - (v - low_y) / (high_y - low_y) * (base - top), 1), "value": v}
            for v in _ticks(low_y, high_y)
        ],
    }


def _apart(marks: Sequence[Mapping[str, Any]]) -> list[Record]:
    """The marks with a height for each name at which no two names touch."""
    placed: list[Record] = []
    last = -math.inf
    for mark in sorted(marks, key=lambda m: (m["y"], m["x"])):
        last = max(mark["y"], last + 15.0)
        placed.append({**mark, "label_y": round(last, 1)})
    return sorted(placed, key=lambda mark: str(mark["name"]) == "full")  # ours is drawn on top


def _wider(low: float, high: float, least: float) -> tuple[float, float]:
    """A little more on both sides, so that no mark stands on the frame."""
    more = max(0.08 * (high - low), least, 1e-9 + 0.01 * abs(high))
    return low - more, high + more


def _ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers from low to high.

    >>> _ticks(-120.0, 480.0)
    [-100.0, 0.0, 100.0, 200.0, 300.0, 400.0]
    """
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(power * k for k in (1.0, 2.0, 5.0, 10.0) if power * k >= rough * 0.8)
    first = math.ceil(low / step)
    return [round(k * step, 10) for k in range(first, math.floor(high / step) + 1)]

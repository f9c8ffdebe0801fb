"""Can everybody read it? Contrast of the words and marks, in light and in dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = files("onhand.plan.report").joinpath("page.css").read_text("utf-8")
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", STYLE
    )
}


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2, of "#rrggbb"."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_greatest_contrast_there_is():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("word", "ground"),
    [
        *((ink, g) for ink in ("ink", "ink-2", "ink-3") for g in ("ground", "surface", "sunken")),
        ("ink-2", "accent-soft"),
        ("accent", "surface"),
        ("accent", "ground"),
        ("bad", "bad-soft"),
        ("warn", "warn-soft"),
        ("ink-2", "warn-soft"),
    ],
)
def test_words_stand_out_from_what_is_behind_them(word, ground, theme):
    """WCAG AA asks 4.5 to 1 of text."""
    assert contrast(COLOURS[word][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("mark", ["accent", "rival", "ink", "ink-2", "promotion"])
def test_lines_and_marks_stand_out_from_the_chart(mark, theme):
    """WCAG AA asks 3 to 1 of what carries meaning without being text."""
    assert contrast(COLOURS[mark][theme], COLOURS["surface"][theme]) >= 3


def test_every_colour_used_is_defined_once():
    used = set(re.findall(r"var\(--([\w-]+)", STYLE)) - {"heat", "shadow"}
    assert used <= set(COLOURS)
    assert len(COLOURS) == STYLE.count("light-dark(#")

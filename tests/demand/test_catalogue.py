"""Is what follows from a catalogue kept as long as it is the same, and no longer?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from onhand.data.panel import Panel
from onhand.demand.catalogue import OncePerCatalogue
from onhand.demand.likeness import TitleLikes, like_titles, title_grams


def test_a_catalogue_is_told_apart_by_all_that_never_changes() -> None:
    """Another title makes another catalogue, more periods do not; it goes with its panel."""
    asked = OncePerCatalogue(lambda panel: panel.static["title"].tolist())
    panel = Panel.of(np.ones((2, 5)), static={"title": np.array(["mug", "jug"])})
    first = asked(panel)
    assert asked(panel.until(3)) is first
    other = replace(panel, static={"title": np.array(["mug", "pot"])})
    assert asked(other) == ["mug", "pot"]
    assert asked(panel) == first
    del panel, other
    assert asked._last is None


def test_titles_kept_for_changing_donors_are_those_found_among_each_of_them() -> None:
    """Also where a title has fewer likes among the donors than are kept, and where titles are equal."""
    rng = np.random.default_rng(4)
    words = np.array(["red", "blue", "mug", "jug", "tea", "pot", "garden", "hose", "of", "hearts"])
    titles = np.array([" ".join(rng.choice(words, 3)) for _ in range(300)])
    apart = rng.integers(0, 250, 300)
    grams, likes = title_grams(titles), TitleLikes(titles, apart)
    for share in (0.02, 0.2, 0.9):
        donors = np.flatnonzero(rng.random(300) < share)
        rows = np.sort(rng.choice(300, 40, replace=False))
        nearest, like = likes.nearest(rows, donors, 6)
        expected, how_like = like_titles(grams, rows, donors, 6, apart)
        np.testing.assert_array_equal(like, how_like)
        np.testing.assert_array_equal(nearest[like > 0], expected[like > 0])
        assert np.isin(nearest, donors).all()


def test_of_titles_just_as_like_the_first_are_taken() -> None:
    """Else the plan would depend on how a machine's NumPy happens to partition."""
    titles = np.array(["tea pot", *["red mug"] * 30])
    nearest, like = like_titles(title_grams(titles), np.array([5]), np.arange(31), 4)
    assert nearest.tolist() == [[1, 2, 3, 4]]
    np.testing.assert_allclose(like, 1.0)

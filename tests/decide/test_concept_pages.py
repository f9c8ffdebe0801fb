"""What the pages on decisions and on replay show is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "concepts"


@pytest.mark.parametrize(
    "page", ["decisions.md", "replay.md", "ratio-objective.md", "searching.md"]
)
def test_the_examples_of_a_page_run(page: str) -> None:
    """Every example gives the printed result."""
    results = doctest.testfile(str(PAGES / page), module_relative=False)
    assert results.attempted > 3
    assert results.failed == 0

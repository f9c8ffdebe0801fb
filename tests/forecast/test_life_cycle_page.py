"""What the page on the life of an item shows is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "life-cycle.md"


def test_the_examples_of_the_page_run() -> None:
    """Every example gives the printed result."""
    results = doctest.testfile(str(PAGE), module_relative=False)
    assert results.attempted > 3
    assert results.failed == 0

"""Shares of a period lie between none and all of it; what does not is named by stock point and period."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.errors import InputError, ShapeError


@pytest.mark.parametrize("share", [1.5, -0.2, np.nan, np.inf])
def test_a_share_on_the_shelf_outside_0_to_1_is_refused_with_its_place(share: float) -> None:
    shares = np.ones((2, 3))
    shares[1, 2] = share
    with pytest.raises(InputError, match=r"in_stock of tea at north \(row 1\) is .* in period 2 "):
        Panel.of(
            np.ones((2, 3)), items=["mug", "tea"], locations=["south", "north"], in_stock=shares
        )


def test_so_is_a_day_that_is_more_than_open() -> None:
    with pytest.raises(InputError, match=r"is_open is 2 in period 1 \(2024-12-30\)"):
        Panel.of([[1, 1]], is_open=[1, 2])


def test_none_and_all_of_a_period_are_shares_and_a_wrong_shape_is_said_first() -> None:
    assert Panel.of([[1, 1]], in_stock=[[0, 1]], is_open=[0, 1]).in_stock.tolist() == [[0, 1]]
    with pytest.raises(ShapeError, match="in_stock has shape"):
        Panel.of([[1, 1]], in_stock=[[2, 2, 2]])

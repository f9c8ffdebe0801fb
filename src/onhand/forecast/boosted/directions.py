"""With which plans may demand only fall, and with which only rise? So that what-if curves are sane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onhand.data.panel import Panel
from onhand.errors import ConfigError

__all__ = ["Directions", "directions"]

_SUFFIXES = ("", "_change", "_step")  # features that grow with the planned value
_MADE = ("promotion_age", "promotion_dip")  # of discounts, where no promotion is planned as such
_OWN_PRICES = ("price", "price_relative")  # what another asks may raise demand here
_FULL = (1.0, 100.0)  # the regular price, told as what remains of it
_SELDOM = 0.01  # share of periods in which nothing would remain of a price


@dataclass(frozen=True)
class Directions:
    """Covariates whose planned values only lower, or only raise, a forecast.

    left_out : features that know no direction, and so must not speak of them
    """

    falls_with: tuple[str, ...] = ()
    rises_with: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def signs(self, names: tuple[str, ...]) -> list[int] | None:
        """-1, 0 or 1 for each feature; None where none has a direction.

        >>> Directions(("price",)).signs(("horizon", "price_change"))
        [0, -1]
        """
        falling = {f"{name}{suffix}" for name in self.falls_with for suffix in _SUFFIXES}
        rising = {f"{name}{suffix}" for name in self.rises_with for suffix in _SUFFIXES}
        signs = [int(name in rising) - int(name in falling) for name in names]
        return signs if any(signs) else None


def directions(
    panel: Panel, falls_with: tuple[str, ...] | None, rises_with: tuple[str, ...] | None
) -> Directions:
    """The directions that are asked for, and of what is made of a price that has one.

    falls_with : None: the shop's own `price`, and what is made of it
    rises_with : None: every covariate whose name begins with "discount". Where it tells what remains of
        the price, such as 0.8 for a fifth off and 1 for the usual price, demand falls with it instead.

    Raises
    ------
    ConfigError
        When nothing of a name is known in advance, or demand should both rise and fall with it.

    >>> price = np.array([[5, 5, 4, 5]], np.float32)
    >>> panel = Panel.of([[1, 1, 2]], known={"price": price, "price_relative": price / 5})
    >>> directions(panel, ("price",), ()).falls_with
    ('price', 'price_relative')
    """
    falls, rises = list(falls_with or ()), list(rises_with or ())
    for name in (*falls, *rises):
        if name not in panel.known:
            told = ", ".join(repr(known) for known in panel.known) or "nothing"
            raise ConfigError(
                f"demand is to fall or rise with {name!r}, of which nothing is known in advance; "
                f"known is {told}"
            )
    if falls_with is None:
        falls += [name for name in _OWN_PRICES if name in panel.known]
    if rises_with is None:
        named = [n for n in panel.known if n.startswith("discount") and n not in falls]
        shares = [name for name in named if _is_what_remains(panel.known[name])]
        falls += [name for name in shares if falls_with is None]
        rises += [name for name in named if name not in shares]
    left_out = []
    if "price" in falls:
        falls += [name for name in ("price_relative",) if name in panel.known]
        rises += [name for name in ("discount_depth",) if name in panel.known]
        if "promotion" not in panel.known:
            left_out = [f"{name}{end}" for name in _MADE for end in (*_SUFFIXES, "_alike")]
    if both := sorted(set(falls) & set(rises)):
        raise ConfigError(f"demand is to both fall and rise with {both[0]!r}; choose one")
    falls, rises = list(dict.fromkeys(falls)), list(dict.fromkeys(rises))
    left_out += [f"{name}_alike" for name in (*falls, *rises)]
    return Directions(tuple(falls), tuple(rises), tuple(left_out))


def _is_what_remains(values: np.ndarray) -> bool:
    """Whether a discount is told as the share of the price that is left: hardly above 1, and not 0."""
    seen = values[np.isfinite(values)]
    if not len(seen) or (seen <= 0).mean() > _SELDOM:
        return False
    return bool(np.isclose(np.quantile(seen, 0.99), _FULL, rtol=0.05).any())

"""How do compiled loops start quickly, and also where nothing may be written?

What numba compiled is kept beside the file, or else in the user's cache folder, so that only the
first run waits for it. In a container with a read-only disk and no home there is neither, and
numba then refuses to compile at all. Here it compiles anew in every process instead; an environment
variable `NUMBA_CACHE_DIR` that names a folder only its user can write to saves that time.

Import this module only where numba may be imported too: it takes it along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["njit"]


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit`, without the cache where no folder can hold one.

    >>> @njit(cache=True)
    ... def twice(x):
    ...     return 2 * x
    >>> twice(3)
    6
    """

    def compiled(loop: Callable[..., Any]) -> Any:
        try:
            return numba.njit(**options)(loop)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            return numba.njit(**{**options, "cache": False})(loop)

    return compiled

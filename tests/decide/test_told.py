"""Is what paths say on average worked out once, and never from paths that have changed since?"""

from __future__ import annotations

import gc

import numpy as np

from onhand.decide.replenish.told import _OncePerPaths, mean_of_worlds


def test_paths_that_may_be_written_to_are_summed_up_anew() -> None:
    """A simulation that reuses one array for its paths must not hear of yesterday's."""
    paths = np.ones((2, 3, 4), dtype=np.float32)
    assert mean_of_worlds(paths).tolist() == np.ones((2, 4)).tolist()
    paths[:] = 5
    assert mean_of_worlds(paths)[0, 0] == 5
    view = paths[:1]
    view.flags.writeable = False  # but what it is a view of is not
    paths[:] = 6
    assert mean_of_worlds(view)[0, 0] == 6


def test_fixed_paths_are_summed_up_once_and_forgotten_with_them() -> None:
    """However many policies ask; nothing is left when the paths are gone."""
    asked = []

    def answer(paths: np.ndarray) -> np.ndarray:
        asked.append(1)
        return np.asarray(paths.mean(axis=1, dtype=np.float64))

    once = _OncePerPaths(answer)
    paths = np.full((2, 3, 4), 7, dtype=np.float32)
    paths.flags.writeable = False
    assert once(paths) is once(paths)
    assert len(asked) == 1
    del paths
    gc.collect()
    assert not once._known

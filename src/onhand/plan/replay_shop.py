"""What would Onhand's orders have been worth last quarter?"""

from __future__ import annotations

import numpy as np

from onhand.data.tables import Tables
from onhand.errors import HistoryError
from onhand.plan.arrows import arrowed
from onhand.plan.config import Config
from onhand.plan.contest import Contest
from onhand.plan.economics import economics
from onhand.plan.forecasters import forecasters_of
from onhand.plan.progress import Progress, silent
from onhand.plan.rehearse import rehearse
from onhand.plan.seen import panel_of

__all__ = ["replay_shop"]


def replay_shop(
    tables: Tables,
    config: Config | None = None,
    *,
    seed: int | None = None,
    progress: Progress = silent,
) -> Contest:
    """The default policy beside tuned coverage and the classical formula, on the shop's own past.

    The same replay that `make_plan` puts into a plan.

    Raises
    ------
    InputError
        When there are no sales that could be read.
    HistoryError
        When the history is too short to replay anything.
    """
    from onhand.demand import believe

    config = config or Config()
    seed = config.plan.seed if seed is None else seed
    history = believe(panel_of(tables, config))
    panel = history.panel
    terms = economics(tables, panel, config)
    n_known = int(np.isfinite(history.values).sum())
    named = forecasters_of(config.forecast, panel.frequency, n_known, progress=progress)
    forecasters = arrowed(named, config.arrows, panel, terms)
    past = rehearse(history, forecasters, terms, config, seed=seed, progress=progress)
    if past.contest is None:
        raise HistoryError(
            f"{panel.n_periods} periods of history are too few to replay anything: both the stretch "
            "to tune on and the one to judge need a protection interval each, after a third of the "
            "history to learn from. Give more history, or shorter lead times."
        )
    return past.contest

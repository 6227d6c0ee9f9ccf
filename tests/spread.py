"""How a whole run is spread over worker processes: whole files, the slow ones first, the search for secrets at the end.

Tests that start processes of their own (a served bot that is killed, a browser) never run beside each other: they load
the machine enough, and each waits for the other's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

LAST = "tests/test_no_secret_left.py"
"""Looks at what all others have left."""
_TOGETHER = {"one by one": ("crash", "browser", "transport"), "scenarios": ("contract",)}
"""Folders whose files go to one worker. What a scenario led to is kept there, and asked for by several files."""
_FIRST = ("crash", "browser", "transport", "contract", "handlers", "chat")
"""Folders with the longest files, so that none of those is begun when all else is done."""
_WORKERS_AT_MOST = 4
"""Beyond these the tests that run one by one take longest; and a container may name cores it has no right to."""


def place_in_line(item: pytest.Item) -> int:
    if item.path.name == Path(LAST).name:
        return len(_FIRST) + 1
    folder = item.path.parent.name
    return _FIRST.index(folder) if folder in _FIRST else len(_FIRST)


def spread_whole_run(config: pytest.Config) -> None:
    """One worker for each core if everything is to be run. Whoever names tests, or says `-n`, gets what they said."""
    if "PYTEST_XDIST_WORKER" in os.environ:  # pytest asks here in each worker too, which would start workers of its own
        return
    if not config.pluginmanager.hasplugin("xdist"):  # -p no:xdist
        return
    options = config.option
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if is_whole and options.numprocesses is None and not (options.usepdb or options.collectonly):
        options.numprocesses, options.maxprocesses = "auto", options.maxprocesses or _WORKERS_AT_MOST


class WholeFiles(LoadFileScheduling):
    """Files in the order of collection; `LAST` is begun when every other worker has ended."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = Path(file).parent.name
        return next((name for name, folders in _TOGETHER.items() if folder in folders), file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if LAST in self.workqueue:
            self.workqueue.move_to_end(LAST)  # behind what a worker that died has left
        others = [other for other in self.nodes if other is not node]
        if list(self.workqueue) != [LAST] or not others:
            super()._assign_work_unit(node)
        elif not all(other.shutting_down for other in others):
            node.shutdown()  # once it has done what it has; the one that is left waits for it

    def remove_node(self, node: WorkerController) -> str | None:
        crashed = super().remove_node(node)
        for other in self.nodes:
            self._reschedule(other)
        return crashed

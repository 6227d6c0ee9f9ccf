"""A whole run on several workers: nothing runs beside the search for secrets, and a worker starts no workers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.servers import checked
from tests.spread import LAST, WholeFiles, spread_whole_run

ROOT = Path(__file__).parent.parent
FILES = ("tests/crash/test_a.py", "tests/browser/test_b.py", "tests/test_c.py", "tests/test_d.py", LAST)
COLLECTED = [f"{file}::test_{number}" for file in FILES for number in range(3)]


class Node:
    """A worker as the scheduler sees it; it runs a test once it knows the next one, as xdist's own do."""

    def __init__(self, name):
        self.gateway = SimpleNamespace(id=name)
        self.shutting_down = False
        self.todo: list[int] = []

    def send_runtest_some(self, indices):
        self.todo += indices

    def shutdown(self):
        self.shutting_down = True


def lived(scheduler, nodes, order):
    """All that is run, as (node, test), when the nodes take turns in this order; a node that has ended is removed."""
    ran = []
    while nodes:
        moved = False
        for node in [nodes[place % len(nodes)] for place in order]:
            if node in nodes and (len(node.todo) > 1 or (node.todo and node.shutting_down)):
                ran.append((node.gateway.id, COLLECTED[node.todo[0]]))
                scheduler.mark_test_complete(node, node.todo.pop(0))
                moved = True
            elif node in nodes and node.shutting_down:
                nodes.remove(node)
                scheduler.remove_node(node)
                moved = True
        assert moved, f"nothing goes on after {ran}"
    return ran


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [0, 0, 0, 0, 1, 2, 3], [3, 2, 1, 0, 0]])
def test_the_last_file_is_begun_when_all_others_are_through_and_nothing_is_left_out(workers, order):
    options = SimpleNamespace(loadscopereorder=True, verbose=0)
    config = SimpleNamespace(option=options, getvalue=lambda name: {"tx": ["popen"] * workers}[name], rootpath=ROOT)
    scheduler = WholeFiles(config, None)
    nodes = [Node(f"gw{number}") for number in range(workers)]
    for node in nodes:
        scheduler.add_node(node)
        scheduler.add_node_collection(node, COLLECTED)
    scheduler.schedule()
    ran = lived(scheduler, [node for node in nodes if node in scheduler.nodes], order)
    assert sorted(COLLECTED) == sorted(test for _, test in ran)
    assert [test for _, test in ran][-3:] == [test for test in COLLECTED if test.startswith(LAST)]
    assert 1 == len({node for node, test in ran if "/crash/" in test or "/browser/" in test})


def test_a_worker_starts_no_workers(monkeypatch):
    """pytest asks in each worker, too, how the run is to be spread."""
    plugins = SimpleNamespace(hasplugin=lambda name: True)
    options = SimpleNamespace(numprocesses=None, maxprocesses=None, usepdb=False, collectonly=False)
    config = SimpleNamespace(
        pluginmanager=plugins, option=options, args_source=pytest.Config.ArgsSource.TESTPATHS, rootpath=ROOT
    )
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    spread_whole_run(config)
    assert options.numprocesses is None
    monkeypatch.delenv("PYTEST_XDIST_WORKER")
    spread_whole_run(config)
    assert ("auto", 4) == (options.numprocesses, options.maxprocesses)


def test_what_is_wrong_in_a_worker_is_wrong_in_the_whole_run():
    before = checked.totals()
    try:
        checked.add({"discord": (5, []), "telegram": (2, [])})
        checked.add({"discord": (7, ["POST /x: wrong"])})
        requests, wrong = checked.totals()["discord"]
        assert (12, ["POST /x: wrong"]) == (requests - before["discord"][0], wrong[-1:])
    finally:
        for platform, (requests, _) in before.items():
            checked.REQUESTS[platform] = requests
        checked.VIOLATIONS["discord"].remove("POST /x: wrong")

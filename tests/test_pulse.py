"""Whether the inside is alive: loops, the machine's clock, a write to the database."""

from __future__ import annotations

import asyncio

import pytest

from bot import pulse as module
from bot.pulse import DEAD_S, Probe, Pulse
from tests.machine import TestMachine


def test_a_loop_that_comes_round_is_alive():
    machine = TestMachine()
    pulse = Pulse(machine)
    for _ in range(5):
        machine.pass_(DEAD_S)
        pulse.beat("due")
    [loop] = pulse.loops()
    assert ("due", 0, True, None) == (loop.name, loop.beat_s, loop.is_alive, loop.error)


def test_a_loop_that_stays_away_is_dead_and_alive_again_with_its_next_beat():
    machine = TestMachine()
    pulse = Pulse(machine)
    pulse.beat("due")
    pulse.beat("relay")
    machine.pass_(DEAD_S + 1)
    pulse.beat("relay")
    assert {"due": False, "relay": True} == {loop.name: loop.is_alive for loop in pulse.loops()}
    pulse.beat("due")
    assert all(loop.is_alive for loop in pulse.loops())


def test_failing_is_no_beat_however_often_it_is_tried():
    machine = TestMachine()
    pulse = Pulse(machine)
    pulse.beat("due")
    for _ in range(100):
        machine.pass_(1)
        pulse.failed("due", OSError("disk"))
    [loop] = pulse.loops()
    assert (False, "OSError") == (loop.is_alive, loop.error)
    pulse.beat("due")
    assert (True, None) == (pulse.loops()[0].is_alive, pulse.loops()[0].error)


@pytest.mark.parametrize("by_s", [3600, -3600, 3, -3])
def test_a_clock_that_is_set_is_noticed_once(by_s):
    machine = TestMachine()
    pulse = Pulse(machine)
    for step in range(6):
        if step == 3:
            machine.set_clock(by_s)
        machine.pass_(30)
        pulse.beat("due")
    [jump] = pulse.jumps()
    assert by_s == round(jump.by_s)


def test_a_clock_that_is_slewed_is_no_jump():
    """As a time service does it: half a millisecond a second."""
    machine = TestMachine()
    pulse = Pulse(machine)
    for _ in range(1000):
        machine.pass_(30)
        machine.set_clock(0.015)
        pulse.beat("due")
    assert () == pulse.jumps()


def test_a_jump_is_forgotten_after_a_day():
    machine = TestMachine()
    pulse = Pulse(machine)
    pulse.beat("due")
    machine.set_clock(600)
    pulse.beat("due")
    assert 1 == len(pulse.jumps())
    machine.pass_(86_401)
    assert () == pulse.jumps()


class Disk:
    def __init__(self):
        self.writes, self.error, self.free = 0, None, asyncio.Event()
        self.free.set()

    async def write(self):
        self.writes += 1
        await self.free.wait()
        if self.error is not None:
            raise self.error


async def test_asked_often_the_probe_writes_now_and_then():
    disk, machine = Disk(), TestMachine()
    probe = Probe(disk.write, machine)
    assert [True] * 50 == [await probe.is_writable() for _ in range(50)]
    assert 1 == disk.writes
    machine.pass_(10)
    disk.error = OSError("disk full")
    assert not await probe.is_writable()
    assert 2 == disk.writes
    machine.pass_(10)
    disk.error = None
    assert await probe.is_writable()


async def test_a_write_that_hangs_is_no_write_and_is_not_tried_twice(monkeypatch):
    monkeypatch.setattr(module, "_PROBE_WAIT_S", 0.01)
    disk, machine = Disk(), TestMachine()
    disk.free.clear()
    probe = Probe(disk.write, machine)
    for _ in range(3):
        assert not await probe.is_writable()
        machine.pass_(60)
    assert 1 == disk.writes
    disk.free.set()
    await probe.close()
    assert await probe.is_writable()

"""Every scenario lived through once on every chat, whoever asks for it first."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from tests.contract.discord_driver import on_simcord
from tests.contract.driver import Driver
from tests.contract.scenario_alerts import lines_for_the_host, ringing
from tests.contract.scenario_calendars import calendars
from tests.contract.scenario_conflicts import in_the_way
from tests.contract.scenario_hand_offs import hand_offs
from tests.contract.scenario_matrix import the_matrix
from tests.contract.scenario_odd import a_shut_place, another_host, changes_of_mind, nobody_comes
from tests.contract.scenario_office import accounts, bindings, by_buttons, doors, office
from tests.contract.scenario_plans import plan_files
from tests.contract.scenario_series import a_series
from tests.contract.scenario_show import in_another_language, on_air, preparing
from tests.contract.scenario_slots import weekly_slots
from tests.contract.telegram_driver import on_loopback
from tests.contract.web_driver import on_web
from tests.contract.world import Fence, World
from tests.front_door import Bot
from tests.swift import swift_folder

CHATS: Mapping[str, Callable[..., AbstractAsyncContextManager[tuple[Bot, Driver]]]] = {
    "web": on_web,
    "discord": on_simcord,
    "telegram": on_loopback,
}
SCENARIOS: Mapping[str, Callable[[World], Awaitable[Any]]] = {
    one.__name__: one
    for one in (
        *(preparing, on_air, in_another_language, ringing, lines_for_the_host),
        *(nobody_comes, changes_of_mind, another_host, a_shut_place),
        *(weekly_slots, in_the_way, a_series, plan_files, the_matrix, hand_offs),
        *(office, accounts, bindings, by_buttons, doors, calendars),
    )
}

OF_EACH_CHAT = ("by_buttons",)
"""Scenarios in which a chat offers what is its own."""
WITH_SIGN_IN = ("doors",)
"""Scenarios of a team whose web chat has a sign-in."""
IN_CHINESE = ("in_another_language",)


@functools.cache
def run(chat: str, scenario: str) -> World:
    """The world after the scenario; what was wrong in it is in `wrong`."""
    return asyncio.run(_live(chat, scenario))


async def _live(chat: str, scenario: str) -> World:
    fence = Fence()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(swift_folder())
        way = {"signs_in": scenario in WITH_SIGN_IN, "language": "zh-CN" if scenario in IN_CHINESE else "en"}
        bot, driver = await stack.enter_async_context(CHATS[chat](folder, chats={"other": fence}, **way))
        world = World(bot, driver, fence, stack)
        try:
            await SCENARIOS[scenario](world)
        except Exception as error:
            error.add_note("\n".join([f"{scenario} on {chat}; what had been said:", *world.words[-30:]]))
            raise
        return world

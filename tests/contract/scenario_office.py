"""What is done at a desk: rooms, goods, people, rights, accounts, and how the bot is bound and stands."""

from __future__ import annotations

import re

from aiohttp import ClientSession, CookieJar

from handlers.linking import make
from tests.contract.scenario_show import SHOW, planned
from tests.contract.world import World
from tests.signed_in import Device

_LINK = re.compile(r"https?://\S+#\S+")
_CODE = re.compile(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}")


async def office(w: World) -> None:
    """Every command that looks something up or puts it into order."""
    await planned(w)
    await w.say("/help", "vera")
    await w.say("/help show plan", "vera")
    await w.say("/status", "vera", own=True)
    await w.say("/room edit us_main theme=home", "max")
    await w.say("/room list", "vera")
    await w.say("/room info us_main", "vera", own=True)
    await w.no("/room add us_main us", "max")
    await w.no("/room add us_two atlantis", "max")
    await w.no("/room info nowhere", "vera")
    await w.say("/product edit us_main P1 stock=80 price=18.90", "olga")
    await w.say("/product list us_main", "vera")
    await w.no("/product add us_main P9 a_lot", "olga")
    await w.say("/host edit mia rest=9h", "olga", own=True)
    await w.say("/host list", "vera", own=True)
    await w.say("/person add lena name=Lena", "max")
    await w.no("/person add lena", "vera")
    await rights(w)
    await w.say("/me", "olga", own=True)
    await w.say("/me name=Olga zone=Asia/Shanghai", "olga", own=True)
    await w.no("/me zone=Mars/Olympus", "olga")
    await w.say(f"/why {SHOW}", "olga")
    await w.no("/why z99", "olga")
    await w.say("/audit", "max", own=True)
    await w.say(f"/audit show={SHOW}", "boss", own=True)
    await w.advance(seconds=61)
    await w.no("/undo", "olga")


async def rights(w: World) -> None:
    await w.say("/grant lena operator room=us_main", "max")
    await w.say("/roles", "max")
    await w.say("/roles room=us_main", "max")
    await w.no("/grant lena admin", "max")
    await w.say("/revoke lena room=us_main", "max")
    await w.no("/revoke boss", "max")


async def accounts(w: World) -> None:
    """A code is shown once, to whoever asked, and links another chat's account; an admin's code makes an admin."""
    await planned(w)
    shown = await w.say("/link", "olga", own=True)
    assert shown.is_private
    [code] = set(_CODE.findall(shown.text))  # with a link that holds it, where the chat has such
    await w.elsewhere("42", f"/link code={code}")
    await w.say("/me", "olga", own=True)
    await w.say("/unlink other:42", "olga")
    await w.no("/unlink other:42", "olga", own=True)
    handed = await w.say("/link person=vera", "max", own=True)
    assert handed.is_private
    await w.no("/link person=vera", "olga")
    await w.no("/link code=22222-22222", "vera")
    first = await w.bot.app.store.write(lambda tx: make(tx, "first_admin", None, w.now))
    await w.no("/claim 22222-22222", "vera")
    await w.say(f"/claim {first}", "vera", own=True)


async def bindings(w: World) -> None:
    """Where messages go, and who becomes what there; said from this chat about another."""
    await planned(w)
    await w.no("/setup", "vera")
    await w.say("/setup", "max", own=True)
    await w.say("/setup bind managers place=other:1", "max", "managers", own=True)
    await w.say("/setup bind team place=other:2 room=us_main", "max", own=True)
    await w.no("/setup bind team place=other:9", "max", own=True)
    await w.say("/setup room=us_main", "max", own=True)
    await w.say("/setup unbind managers place=other:1", "max", "managers", own=True)
    await w.say("/setup role other:10 operator", "boss", own=True)
    await w.say("/setup unrole other:10", "boss", own=True)


async def by_buttons(w: World) -> None:
    """The same without knowing what anything is called; what there is to press is each chat's own."""
    await planned(w)
    shown = await w.say("/setup", "boss", own=True)
    if any(key.command == "setup unbind" for key in shown.keys):  # where it is typed in a place that is bound
        await w.press(shown, "setup unbind", "boss", own=True)
    else:
        await w.say("/setup bind managers place=other:2", "boss", own=True)
        asked = await w.say("/setup unbind managers", "boss", own=True)
        await w.press(asked, "setup unbind", "boss", own=True)
    asked = await w.press(await w.say("/setup", "boss", own=True), "setup bind", "boss", own=True)
    if any(key.command == "setup bind" for key in asked.keys):
        await w.press(asked, "setup bind", "boss", own=True)
    asked = await w.press(await w.say("/setup", "boss", own=True), "setup role", "boss", own=True)
    await w.press(asked, "setup role", "boss", own=True, role="operator")
    await w.press(await w.say("/setup", "boss", own=True), "setup unrole", "boss", own=True)
    own = w.driver.team
    await w.say("/setup bind team place=other:2", "max", "managers", own=True)
    await w.say(f"/setup unbind team place={own}", "max", "managers", own=True)
    await w.say(f"/setup bind team place={own}", "max", "managers", own=True)
    if w.driver.chat != "web":  # whose channels are there, and need no line to show that it gets through
        await w.find("setup", "team")


async def doors(w: World) -> None:
    """Signing in to the web chat: links for one browser each, shown once; where one is signed in; ended by a button."""
    await w.say("/room add us_main us", "boss")
    await w.no("/invite olga", "olga")
    await joined(w)
    second = await joined(w)
    await w.no("/signout person=boss", "olga")
    shown = await w.say("/sessions", "olga", own=True)
    newest = max(key.args["session"] for key in shown.keys)
    await w.press(shown, "signout", "olga", own=True, session=newest)
    assert await second.who() is None
    await w.say("/signout person=olga", "boss", own=True)


async def joined(w: World) -> Device:
    """Olga's next browser: whoever invites her is shown the link alone, and it works once."""
    shown = await w.say("/invite olga", "boss", own=True)
    assert shown.is_private
    [link] = _LINK.findall(shown.text)
    device = Device(w.bot.chat, await w.stack.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True))))
    assert (await device.join(link)).status == 200
    assert (await device.join(link)).status != 200
    return device

"""`run.py plan FILE`: a plan file beside the running bot, with the same reader, the same checks and the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.app import App
from bot.chat_settings import DiscordSettings, TelegramSettings
from bot.config import Settings
from bot.core.command import Actor, Context
from bot.core.errors import StartError
from bot.core.model import Role
from bot.core.outline import to_text
from bot.core.plan_file import PlanFile
from bot.core.planning_port import PlanImport
from bot.core.ports import Ports, Tx
from bot.core.reply import Reply
from bot.core.rights import OVERALL
from handlers import import_told, importing
from handlers.import_check import Checked, known
from storage.database import SqliteStore


async def run(settings: Settings, name: str, data: bytes, *, room: str | None, apply: bool) -> tuple[str, bool]:
    """The preview, or what was imported, as text; and whether all of the file is good.

    With a problem in it nothing is imported.

    Raises:
        StartError: there is no database yet, or nobody in it who may do anything.
        UserError: there is no such room, or the plan is in the way of another.
    """
    if not settings.database.exists():
        here = f"there is no database {settings.database} yet"
        raise StartError(f"{here}: start the bot (python run.py) and add rooms there")
    store = SqliteStore(settings.database)
    without_chats = settings.model_copy(update={"discord": DiscordSettings(), "telegram": TelegramSettings()})
    ports = replace(App(without_chats).ports, store=store)
    try:
        await store.open()
        return await _planned(ports, name, data, room=room, apply=apply)
    finally:
        await store.close()


async def _planned(ports: Ports, name: str, data: bytes, *, room: str | None, apply: bool) -> tuple[str, bool]:
    ctx = await _context(ports)
    facts = await ports.store.read(lambda tx: known(tx, ctx, room))
    file = await ports.plan_reader.read(name, data, facts)
    found = await ports.store.read(lambda tx: importing.looked_at(tx, ctx, file))
    if found.problems or not found.good or not apply:
        return _text(ports, await ports.store.read(lambda tx: _preview(tx, ctx, name, file, found))), not found.problems
    plan = await ports.store.write(lambda tx: importing.pending(tx, ctx, name, found))
    answer = await importing.apply_plan(importing.OnePlan(plan.id), ctx)
    return _text(ports, answer), answer.tone == "good"


def _preview(tx: Tx, ctx: Context, name: str, file: PlanFile, found: Checked) -> Reply:
    """Without what only a chat can do."""
    plan = PlanImport("", name, ctx.actor.person, ctx.now, [])
    return import_told.preview(tx, ctx, plan, file, found, (), ctx.now + timedelta(days=1))


async def _context(ports: Ports) -> Context:
    """Whoever can open the database could do anything with it: it is done in the name of its first admin."""

    def admin(tx: Tx) -> Actor:
        for person in tx.people.all():
            rights = tx.people.rights(person.slug)
            if rights.at(OVERALL) >= Role.ADMIN:
                return Actor(person.slug, person.name, rights, ports.team.language, ports.team.zone, "cli")
        raise StartError("nobody is admin in this database yet; start the bot and become one first")

    return Context(await ports.store.read(admin), ports, ports.clock.now())


def _text(ports: Ports, answer: Reply) -> str:
    reader = ports.words.reader(ports.team.language, ports.team.zone)
    return to_text(answer, reader.line)

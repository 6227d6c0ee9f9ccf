"""Files that people bring into a chat: kept for a day, for whoever brought them, to be used by a command."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import PurePosixPath

from bot.core import allowance
from bot.core.command import Actor, CommandTable
from bot.core.errors import ConflictError, UserError
from bot.core.excerpt import excerpt
from bot.core.plan_file import MAX_FILE, MAX_NAME
from bot.core.planning_port import Upload
from bot.core.ports import Tx

COMMAND = "plan import"
"""What files are for."""
KEPT = timedelta(days=1)
MOST_A_DAY = 40
"""Files that one person may bring within a day."""


def check_size(size: int) -> None:
    """Raises UserError: it is more than is read."""
    if size > MAX_FILE:
        raise UserError("plan.too_large", size=-(-size // 1024), most=MAX_FILE // 1024)


def may_bring(tx: Tx, actor: Actor, commands: CommandTable) -> None:
    """Raises ForbiddenError: who may not use a file need not bring one."""
    allowance.at_all(tx, actor, commands.get(COMMAND))


def keep(tx: Tx, name: str, media_type: str, data: bytes, actor: Actor, now: datetime) -> Upload:
    """Keeps the file, and sees to it that it is forgotten.

    Raises:
        UserError: it is empty or too large, or this person brought too many.
    """
    check_size(len(data))
    if not data:
        raise UserError("plan.empty_file")
    if tx.plan_files.brought(actor.person, now - KEPT) >= MOST_A_DAY:
        raise ConflictError("plan.too_many_files", most=MOST_A_DAY)
    plain = excerpt(PurePosixPath(name.replace("\\", "/")).name.strip(), MAX_NAME) or "plan"
    upload = Upload(tx.next_id("d"), plain, media_type[:100], data, actor.person, now)
    tx.plan_files.save_upload(upload)
    tx.timers.set("UploadOver", upload.id, now + KEPT)
    return upload

"""Files sent to the bot: with `/plan import` below them they are read at once, in private they are asked about."""

from __future__ import annotations

from dataclasses import dataclass

import telegram
from telegram.error import BadRequest

from bot.chat import uploads
from bot.chat.desk import Incoming
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.door import Door
from bot.chat.telegram.heard import Line, is_by_a_person, line_of
from bot.core.errors import UserError
from bot.core.planning_port import Upload
from bot.core.reply import Actions, Button, Text, msg, reply


@dataclass(frozen=True, slots=True)
class Documents:
    door: Door
    answers: Answers

    async def heard(self, update: telegram.Update, message: telegram.Message) -> Incoming | None:
        """Who sent it; None where it is not for the bot. What was forwarded somebody else may have written."""
        user, file = message.from_user, message.document
        if user is None or file is None or message.forward_origin is not None or not is_by_a_person(message):
            return None
        is_private = message.chat.type == telegram.Chat.PRIVATE
        line = self._line(message.caption or "")
        if (line is None and not is_private) or not await self.door.hears(user):
            return None
        incoming = await self.door.incoming(update, user, message)
        if is_private:
            await self.door.met(incoming.account, is_reachable=True)
        try:
            upload = await self._brought(incoming, file)
            await self._used(incoming, line, upload)
        except UserError as error:
            await self.answers.refused(incoming, error, "" if line is None else line.text)
        if line is not None:
            await self.door.nod(message)
        return incoming

    def _line(self, caption: str) -> Line | None:
        """The command that files are for; any other caption is no command."""
        line = line_of(caption, self.door.name)
        if line is None:
            return None
        try:
            command, _ = self.door.parts.commands.find(line.typed.words)
        except UserError:
            return None
        return line if command.path == uploads.COMMAND else None

    async def _brought(self, incoming: Incoming, file: telegram.Document) -> Upload:
        """Fetched and kept. A network that fails is the inbox's matter: it tries again."""
        actor, parts = await self.door.desk.actor(incoming), self.door.parts
        await parts.store.read(lambda tx: uploads.may_bring(tx, actor, parts.commands))
        uploads.check_size(file.file_size or 0)
        name, kind = file.file_name or "", file.mime_type or ""
        try:
            found = await self.door.bot.get_file(file.file_id)
            data = bytes(await found.download_as_bytearray())
        except BadRequest as error:
            raise UserError("plan.not_fetched", file=name or "…") from error
        now = parts.clock.now()
        return await parts.store.write(lambda tx: uploads.keep(tx, name, kind, data, actor, now))

    async def _used(self, incoming: Incoming, line: Line | None, upload: Upload) -> None:
        if line is not None:
            words = (*line.typed.words, upload.id)
            await self.answers.typed(incoming, words, line.typed.keyed, is_private=False)
            return
        until, args = upload.at + uploads.KEPT, {"file": upload.id}
        look = Button(msg("plan.button.look"), uploads.COMMAND, args, "primary", until=until)
        await self.door.tell(incoming, reply(Text(msg("plan.ask", file=upload.name)), Actions((look,))))

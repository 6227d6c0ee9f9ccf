"""First words and last ones: Start, Stop, the bot in a new group, an administrator without a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import telegram
from telegram.error import TelegramError

from bot.chat.desk import Incoming
from bot.chat.telegram.door import CHAT, Door, private
from bot.chat.telegram.heard import address_of, asked_of
from bot.chat.telegram.render import render
from bot.core.model import HostProfile, Person
from bot.core.ports import Tx
from bot.core.reply import Block, Code, Heading, Line, Reply, Text, msg, reply


@dataclass(frozen=True, slots=True)
class Greeting:
    door: Door

    async def is_somebody(self, incoming: Incoming) -> bool:
        return await self.door.parts.store.read(
            lambda tx: tx.people.by_account(CHAT, incoming.account) is not None
        )  # fmt: skip

    async def started(self, incoming: Incoming, user: telegram.User) -> None:
        """Greets whoever pressed Start, in their own language, and says what comes here from now on."""

        def who(tx: Tx) -> tuple[Person | None, HostProfile | None, bool]:
            person = tx.people.by_account(CHAT, incoming.account)
            is_new = tx.codes.open("first_admin", None, self.door.parts.clock.now())
            return person, None if person is None else tx.people.host(person.slug), is_new

        await self.door.desk.actor(incoming)  # a role that they have by the group makes them somebody
        person, host, is_new = await self.door.parts.store.read(who)
        say = self._say(user, person)
        team = self.door.parts.team.name
        blocks: list[Block] = [Heading(say(msg("tg.hello", team=team)))]
        if person is None:
            blocks += [Text(say(msg("tg.hello.stranger"))), Code("/link code=...")]
            blocks += [Text(say(msg("tg.hello.claim"))), Code("/claim ...")] if is_new else []
        elif host is not None and host.reach != "channel":
            blocks.append(Text(say(msg("tg.hello.host", name=person.name))))
        else:
            blocks.append(Text(say(msg("tg.hello.known", name=person.name))))
        blocks.append(Text(say(msg("tg.hello.help"))))
        await self.door.tell(incoming, Reply(tuple(blocks)))

    async def stopped(self, incoming: Incoming, user: telegram.User) -> None:
        """Nothing more is sent there until they write again; what was meant for them goes to the host channel."""
        now = self.door.parts.clock.now()

        def work(tx: Tx) -> bool:
            if not tx.chats.take(CHAT, incoming.id, now):
                return False
            tx.chats.reachable(CHAT, incoming.account, is_reachable=False, now=now)
            tx.outbox.park(private(incoming.account), "has sent /stop", now)
            tx.outbox.move(private(incoming.account), now)
            return True

        if await self.door.parts.store.write(work):
            person = await self.door.parts.store.read(lambda tx: tx.people.by_account(CHAT, incoming.account))
            say = self._say(user, person)
            html = render(reply(Text(msg("tg.stopped"))), say)[0].html
            try:
                await self.door.say(int(incoming.account), html)
            except TelegramError:
                return  # they have blocked the bot as well

    async def to_group(self, address: str) -> Reply:
        """What to do next with the bot in a group."""
        if await self.door.parts.store.read(lambda tx: tx.outbox.purposes(f"{CHAT}:{address}")):
            return reply(Heading(msg("tg.group.hello")), Text(msg("tg.group.bound")), Code(f"/help@{self.door.name}"))
        line = f"/setup@{self.door.name}" if "setup" in self.door.parts.commands else f"/help@{self.door.name}"
        return reply(Heading(msg("tg.group.hello")), Text(msg("tg.group.next")), Code(line))

    async def anonymous(self, update: telegram.Update, message: telegram.Message) -> None:
        """All anonymous administrators of all groups share one account: nobody can be known by it."""
        incoming = Incoming(str(update.update_id), "", "", address_of(message.chat), asked=str(asked_of(message)))
        await self.door.tell(incoming, reply(Text(msg("tg.anonymous"))))

    def _say(self, user: telegram.User, person: Person | None) -> Callable[[Line], str]:
        own = "zh-CN" if (user.language_code or "").startswith("zh") else "en"
        language = (person.language if person else None) or own
        return self.door.parts.words.reader(language, self.door.parts.team.zone).line

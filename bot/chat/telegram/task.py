"""What is said to which chat: a message of ours with all that drawing it for its readers needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from bot.chat.desk import Parts
from bot.chat.telegram.keyboard import Keyboard, keyboard
from bot.chat.telegram.moments import voice
from bot.chat.telegram.render import Ping
from bot.chat.telegram.wire import Files
from bot.core.ports import Tx
from bot.core.reply import Image, Line, Note, Reply


@dataclass(frozen=True, slots=True)
class Address:
    """The part of a destination behind "telegram:": "-100123", "-100123/45" (a topic of it) or "@42" (in private)."""

    chat: int
    topic: int | None = None
    is_private: bool = False

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raises ValueError where it is no address of Telegram's."""
        if text.startswith("@"):
            return cls(int(text[1:]), is_private=True)
        chat, _, topic = text.partition("/")
        return cls(int(chat), int(topic) if topic else None)


@dataclass(frozen=True, slots=True)
class Task:
    """One message for one chat, in its readers' words."""

    address: Address
    message: str
    reply: Reply
    urgent: bool
    say: Callable[[Line], str]
    pings: tuple[Ping, ...]
    files: Files

    @property
    def keys(self) -> Keyboard:
        return keyboard(self.reply, self.say, self.message)

    @property
    def file_name(self) -> str:
        return f"{self.message}.txt"


async def make(
    parts: Parts, address: Address, message: str, reply: Reply, *, urgent: bool = True, pings: Sequence[str] = ()
) -> Task:
    """In the words of whoever reads there: in private the account's person, else the team. `pings`: people, by slug."""
    team = parts.team

    def work(tx: Tx) -> tuple[str, str, Files, tuple[Ping, ...]]:
        reader = tx.people.by_account("telegram", str(address.chat)) if address.is_private else None
        language = (reader.language if reader else None) or team.language
        zone = (reader.zone if reader else None) or team.zone
        images = [block.name for block in reply.blocks if isinstance(block, Image)]
        files = {name: found for name in images if (found := tx.files.get(name)) is not None}
        return language, zone, files, () if address.is_private else _pings(tx, pings)

    language, zone, files, accounts = await parts.store.read(work)
    say = voice(parts.words, language, zone, in_group=not address.is_private)
    return Task(address, message, in_words(reply, files), urgent, say, accounts, files)


def _pings(tx: Tx, slugs: Sequence[str]) -> tuple[Ping, ...]:
    found = []
    for slug in dict.fromkeys(slugs):
        person = tx.people.get(slug)
        if person is not None:
            found += [(one.account, person.name) for one in tx.people.accounts(slug) if one.chat == "telegram"]
    return tuple((account, name) for account, name in found if account.isdecimal())


def in_words(reply: Reply, files: Collection[str] = ()) -> Reply:
    """Pictures other than those of `files`, which are not stored (any more) or not wanted, are told in words."""
    return replace(
        reply,
        blocks=tuple(
            Note(block.alt) if isinstance(block, Image) and block.name not in files else block for block in reply.blocks
        ),
    )

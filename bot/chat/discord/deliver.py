"""Outbox row -> Discord.

Discord takes a nonce once, for a few minutes; after that a post that may have arrived is looked up in the channel by
our id, which its footer and its buttons carry. So the same row never posts twice, however late it is tried again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import discord
import structlog

from bot.chat.discord.markdown import voice
from bot.chat.discord.outcomes import (
    ARCHIVED,
    LOCKED,
    NEEDED,
    UNKNOWN_CHANNEL,
    outcome_of,
)
from bot.chat.discord.render import Drawn, render
from bot.chat.discord.sending import Data, for_edit, for_post, pictures
from bot.chat.discord.threads import Threads
from bot.core.delivery import Outcome, Refused, Rejected, Sent, TooLate, Words, shown
from bot.core.delivery_policy import QUIET_ABOUT_A_SHOW, family
from bot.core.model import Person
from bot.core.ports import Clock, Store, Team, Tx
from bot.core.records import Delivery

log = structlog.get_logger()

CHAT = "discord"
_LOOKED_UP, _MOST_LOOKED_UP = 300, 2_000
"""Messages looked through for a post of ours: at least, and at most as far back as its first try."""
_CLOSED = (UNKNOWN_CHANNEL, ARCHIVED, LOCKED)
_SLACK = timedelta(minutes=15)


class NotConnectedError(Exception):
    """The bot has not logged in at Discord yet, or has left."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message drawn for its readers. `is_silent`: nobody's device makes a sound."""

    drawn: Drawn
    data: Data
    is_silent: bool


@dataclass(slots=True)
class Outbound:
    """Delivers to Discord through a client that is logged in."""

    client: discord.Client
    store: Store
    clock: Clock
    words: Words
    team: Team
    _direct: dict[int, int] = field(default_factory=dict)
    _threads: Threads = field(init=False)

    @property
    def idempotent_s(self) -> float:
        return math.inf  # it looks up what it may have posted

    def __post_init__(self) -> None:
        self._threads = Threads(self.client, self.store, self.clock, self.words, self.team)

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Hands one row over.

        Raises:
            Exception: it has not arrived, and should be tried again.
        """
        if self.client.user is None or self.client.is_closed():
            raise NotConnectedError
        draft = await self.store.read(lambda tx: self._draft(tx, delivery))
        if delivery.op == "edit":
            return await self._edit(delivery, draft)
        return await self._post(delivery, draft)

    # -- what is said ----------------------------------------------------------

    def _draft(self, tx: Tx, delivery: Delivery) -> _Draft:
        is_direct = _address(delivery).startswith("@")
        reader = self._reader(tx, delivery) if is_direct else None
        language = (reader and reader.language) or self.team.language
        zone = (reader and reader.zone) or self.team.zone
        accounts = () if is_direct else _pinged(tx, delivery)
        calls = is_direct or delivery.urgent or bool(accounts)
        spoken = voice(self.words, language, zone)
        drawn = render(shown(delivery), spoken, delivery.message, pings=accounts, headline=calls)
        return _Draft(drawn, pictures(tx, drawn), not calls and family(delivery.kind) in QUIET_ABOUT_A_SHOW)

    def _reader(self, tx: Tx, delivery: Delivery) -> Person | None:
        found = tx.people.by_account(CHAT, _address(delivery).removeprefix("@"))
        return found or (tx.people.get(delivery.to) if delivery.to else None)

    # -- edits -----------------------------------------------------------------

    async def _edit(self, delivery: Delivery, draft: _Draft) -> Outcome:
        channel, _, message = (delivery.ref or "").partition(":")
        if not (channel.isdecimal() and message.isdecimal()):
            return Rejected("it is not known where the message stands")
        standing = self.client.get_partial_messageable(int(channel)).get_partial_message(int(message))
        try:
            try:
                await standing.edit(**for_edit(draft.drawn, draft.data))
            except discord.HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                await self._threads.reopen(int(channel))
                await standing.edit(**for_edit(draft.drawn, draft.data))
        except Exception as error:  # noqa: BLE001 - outcome_of judges each, and raises what it cannot
            return self._judged(error, delivery, int(channel), has_gone_out=True)
        return Sent(f"{channel}:{message}")

    # -- posts -----------------------------------------------------------------

    async def _post(self, delivery: Delivery, draft: _Draft) -> Outcome:
        channel = 0
        try:
            channel = await self._channel(delivery)
            places = await self._threads.places(delivery, channel)
            if delivery.may_have_arrived:
                known = await self._looked_up(delivery, places, channel)
                if known is not None:
                    return known
        except Exception as error:  # noqa: BLE001 - as above
            return self._judged(error, delivery, channel, has_gone_out=False)
        for thread in places:
            outcome = await self._send(delivery, draft, thread)
            if outcome is not None:
                return outcome
            await self._threads.forget(delivery, channel)
        return await self._send(delivery, draft, channel, is_last=True) or Rejected("there is no place for it")

    async def _channel(self, delivery: Delivery) -> int:
        """The id of the channel; a direct message's is asked for once."""
        address = _address(delivery)
        if not address.removeprefix("@").isdecimal():
            raise ValueError(f"{delivery.destination} is no channel or account")
        number = int(address.removeprefix("@"))
        if not address.startswith("@"):
            return number
        if number not in self._direct:
            self._direct[number] = (await self.client.create_dm(discord.Object(number))).id
        return self._direct[number]

    async def _send(self, delivery: Delivery, draft: _Draft, place: int, *, is_last: bool = False) -> Outcome | None:
        """None: a thread that takes no message; nothing was posted."""
        nonce = f"sc{delivery.id}"
        try:
            sent = await self.client.get_partial_messageable(place).send(
                **for_post(draft.drawn, draft.data), nonce=nonce, silent=draft.is_silent
            )
        except discord.HTTPException as error:
            if not is_last and (isinstance(error, discord.Forbidden) or error.code in _CLOSED):
                return None
            return self._judged(error, delivery, place, has_gone_out=True)
        except Exception as error:  # noqa: BLE001 - as above
            return self._judged(error, delivery, place, has_gone_out=True)
        return Sent(f"{sent.channel.id}:{sent.id}")

    # -- what may have arrived -------------------------------------------------

    async def _looked_up(self, delivery: Delivery, threads: tuple[int, ...], channel: int) -> Outcome | None:
        """Sent where it is found, TooLate where it is not and need not be said any more; None: to be sent."""
        if "Read Message History" in self._missing(channel):
            return Refused("the bot lacks Read Message History in this channel; give its role that there")
        for place in (*threads, channel):
            first = delivery.first_attempt_at
            found = await self.find(delivery.message, place, None if first is None else first - _SLACK)
            if found is not None:
                return Sent(f"{place}:{found}")
        if delivery.expires_at is not None and delivery.expires_at <= self.clock.now():
            return TooLate()
        return None

    async def find(self, ours: str, place: int, since: datetime | None) -> int | None:
        """The message of ours in the channel, by our id.

        The bot's clock may be an invented one, so the newest are looked at in any case.
        """
        looked = 0
        async for message in self.client.get_partial_messageable(place).history(limit=_MOST_LOOKED_UP):
            looked += 1
            is_ours = self.client.user is not None and message.author.id == self.client.user.id
            if is_ours and _marker_of(message) == ours:
                return message.id
            if looked >= _LOOKED_UP and (since is None or message.created_at < since):
                break
        return None

    # -- trouble ---------------------------------------------------------------

    def _judged(self, error: Exception, delivery: Delivery, place: int, *, has_gone_out: bool) -> Outcome:
        outcome = outcome_of(error, self._missing(place), has_gone_out=has_gone_out)
        if isinstance(outcome, Rejected):
            code = error.code if isinstance(error, discord.HTTPException) else None
            log.warning("discord_rejected", kind=delivery.kind, op=delivery.op, message=delivery.message, code=code)
        return outcome

    def _missing(self, place: int) -> tuple[str, ...]:
        """What the bot lacks in a channel of a server, by its English name; () where that is not known."""
        channel = self.client.get_channel(place)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread) or channel.guild.me is None:
            return ()
        has = channel.permissions_for(channel.guild.me)
        for flag in ("view_channel", "send_messages"):  # without these it has none of the others either
            if not getattr(has, flag):
                return (NEEDED[flag],)
        return tuple(name for flag, name in NEEDED.items() if not getattr(has, flag))


def _address(delivery: Delivery) -> str:
    return delivery.destination.partition(":")[2]


def _pinged(tx: Tx, delivery: Delivery) -> tuple[int, ...]:
    """The Discord accounts of the people whose attention it wants."""
    accounts = [account for slug in delivery.pings for account in tx.people.accounts(slug) if account.chat == CHAT]
    return tuple(int(account.account) for account in accounts if account.account.isdecimal())


def _marker_of(message: discord.Message) -> str | None:
    """Our id of a message of ours, by the footer of its last embed or by its buttons."""
    footers = [embed.footer.text for embed in message.embeds if embed.footer.text]
    if footers:
        return footers[-1]
    ids = [part.custom_id for row in message.components for part in getattr(row, "children", ())]
    return next((name.partition(":")[0] for name in ids if name), None)

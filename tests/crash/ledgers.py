"""What Discord, Telegram and the web chat show in the end, held against what the database promised."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from bot.core.delivery_policy import policy
from bot.core.outline import to_text
from bot.core.reply import Line, button_id, buttons_of, decode, msg
from tests.crash.account import Account
from tests.crash.life import Life
from tests.crash.likeness import likeness, on_discord, within, words

_SURELY = 0.6
"""How like its promise a message is that is that promise; unlike ones share a few everyday words."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A message in a chat. `says`: its words as they stand; `began`: as it was posted; `data`: of its buttons."""

    id: str
    place: str
    says: Counter[str]
    began: Counter[str]
    data: frozenset[str] = frozenset()
    marker: str | None = None
    edits: int = 0

    def joined(self, part: Copy) -> Copy:
        """One that came in several parts is one copy."""
        says, began = self.says + part.says, self.began + part.began
        return replace(self, says=says, began=began, data=self.data | part.data, edits=self.edits + part.edits)


@dataclass(slots=True)
class Promise:
    """A message for a destination. `states`: all it was ever to say there, the newest last."""

    message: str
    destination: str
    key: str
    kind: str
    state: str
    is_repeat: bool
    attempt: int
    is_late: bool
    ref: str | None
    states: list[Counter[str]]
    data: frozenset[str]
    copies: list[Copy] = field(default_factory=list)

    @property
    def chat(self) -> str:
        return self.destination.partition(":")[0]

    def __str__(self) -> str:
        return f"{self.key} ({self.kind}) for {self.destination}"


async def accounts(life: Life, say: Callable[[Line], str]) -> dict[str, Account]:
    """Chat -> what became of its promises, once the day is over."""
    promised = promises(life, say)
    found = {"discord": Account(), "telegram": Account(), "web": _web(life)}
    for chat, copies in (("discord", await discord_copies(life)), ("telegram", await telegram_copies(life))):
        account, mine = found[chat], [one for one in promised if one.chat == chat]
        given = _by_marker(copies, mine) if chat == "discord" else _by_ref(copies, mine, say(msg("relay.repeat")))
        account.wrong += [f"{chat} shows what was never promised: {dict(one.says)}" for one in given]
        account.edited += sum(copy.edits for copy in copies)
        for promise in mine:
            account.promised += 1
            _settle(account, promise, words(say(msg("relay.repeat"))))
    return found


# -- what was promised ---------------------------------------------------------


def promises(life: Life, say: Callable[[Line], str]) -> list[Promise]:
    with life.served.rows() as rows:
        found = [dict(row) for row in rows.execute(_ROWS)]
    edits = defaultdict(list)
    for row in found:
        edits[row["message"], row["destination"]].append(words(to_text(decode(row["reply"]), say)))
    return [
        Promise(
            row["message"], row["destination"], row["key"], row["kind"], row["state"], bool(row["repeat"]),
            row["attempt"], _is_late(row), row["ref"], edits[row["message"], row["destination"]],
            _data(row["message"], row["newest"]),
        )
        for row in found if row["op"] == "post"
    ]  # fmt: skip


_ROWS = """
    select o.*, m.key, m.kind, m.expires_at, m.reply as newest, d.ref
    from outbox o join messages m on m.id = o.message
        left join destinations d on d.message = o.message and d.destination = o.destination
    order by o.id
"""


def _is_late(row: dict[str, Any]) -> bool:
    return row["expires_at"] is not None and row["done_at"] is not None and row["expires_at"] <= row["done_at"]


def _data(message: str, reply: str) -> frozenset[str]:
    return frozenset(f"{message}:{button_id(message, button)}" for button in buttons_of(decode(reply)))


# -- what the chats show -------------------------------------------------------


async def discord_copies(life: Life) -> list[Copy]:
    """The bot's messages but for its answers to interactions, which no promise stands for."""
    places, discord = life.places, life.places.discord
    bot = (await discord.about())["bot"]
    names = {channel: f"discord:{channel}" for channel in places.channels.values()}
    names |= {channel: destination for destination, channel in (await places.direct()).items()}
    for channel in places.channels.values():
        names |= {thread["id"]: f"discord:{channel}" for thread in await discord.threads(channel)}
    return [
        Copy(
            one["id"], names[one["channel_id"]], words(on_discord(one)),
            words(on_discord(one["history"][0] if one["history"] else one)), frozenset(_custom_ids(one)),
            _marker(one), len(one["history"]),
        )
        for one in await discord.messages()
        if one["author"]["id"] == bot and one["interaction"] is None
    ]  # fmt: skip


def _custom_ids(message: dict[str, Any]) -> Iterator[str]:
    for row in message["components"]:
        for part in row["components"]:
            yield from [option["value"] for option in part.get("options", [])] or [part.get("custom_id", "")]


def _marker(message: dict[str, Any]) -> str | None:
    footers = [embed["footer"]["text"] for embed in message["embeds"] if embed.get("footer")]
    return footers[-1] if footers else next((one.partition(":")[0] for one in _custom_ids(message)), None)


async def telegram_copies(life: Life) -> list[Copy]:
    """A message that does not fit is several there; each of them is a copy of its own."""
    private = set(life.places.telegram_of.values())
    return [
        Copy(
            str(one.id), f"telegram:{'@' if one.chat in private else ''}{one.chat}", words(one.text or ""),
            words(one.history[0].text or one.history[0].caption or ""),
            frozenset(button["callback_data"] for button in one.buttons if "callback_data" in button),
            edits=len(one.history) - 1,
        )
        for one in await life.places.ask("said")
    ]  # fmt: skip


# -- which is which ------------------------------------------------------------


def _by_marker(copies: Iterable[Copy], promised: list[Promise]) -> list[Copy]:
    """Gives each promise its copies; what is left over belongs to none."""
    known = {(one.message, one.destination): one for one in promised}
    left = []
    for copy in copies:
        promise = known.get((copy.marker or "", copy.place))
        (left if promise is None else promise.copies).append(copy)
    return left


def _by_ref(copies: Iterable[Copy], promised: list[Promise], repeat: str) -> list[Copy]:
    """By what the bot noted; what it did not is a promise's that may have come without a note, by its words."""
    noted = {}
    for promise in promised:
        for name in re.findall(r"\d+", promise.ref or ""):
            noted[promise.destination, name] = promise
    left = []
    for copy in copies:
        promise = noted.get((copy.place, copy.id))
        if promise is None:
            left.append(copy)
        elif promise.copies:
            promise.copies[0] = promise.copies[0].joined(copy)
        else:
            promise.copies.append(copy)
    return [copy for copy in left if not _recognised(copy, promised, words(repeat))]


def _recognised(copy: Copy, promised: list[Promise], repeat: Counter[str]) -> bool:
    """Gives it to the promise it is a copy of, or the next part of one."""
    there = [one for one in promised if one.destination == copy.place]
    here = [one for one in there if one.attempt > 1] or there
    said = copy.began - repeat if repeat <= copy.began else copy.began
    named = [one for one in here if any(data.startswith(f"{one.message}:") for data in copy.data)]
    best = max(named or here, key=lambda one: within(said, one.states[0]), default=None)
    if best is None or not (named or within(said, best.states[0]) >= _SURELY):
        return False
    noted = _ids(best.ref)
    last = best.copies[-1] if best.copies and best.copies[-1].id not in noted else None
    if last is not None and within(said, best.states[0] - last.began) >= _SURELY:
        best.copies[-1] = last.joined(copy)
    else:
        best.copies.append(copy)
    return True


# -- what became of it ---------------------------------------------------------


def _settle(account: Account, promise: Promise, repeat: Counter[str]) -> None:
    account.received += bool(promise.copies)
    account.repeats += promise.is_repeat
    marked = [copy for copy in promise.copies if repeat <= copy.began]
    for copy in promise.copies[1:]:
        account.twice += 1
        is_right = promise.chat == "telegram" and policy(promise.kind).if_unknown == "repeat" and promise.is_repeat
        if not is_right or len(promise.copies) > 2 or len(marked) != 1:
            account.doubled.append(f"{promise} came as {copy.id} again")
    if len(promise.copies) == 1 and marked and not promise.is_repeat:
        account.wrong.append(f"{promise} is marked as a repeat and is none")
    _count_state(account, promise)
    if promise.state == "sent" and promise.copies:
        _compare(account, promise, repeat)


def _count_state(account: Account, promise: Promise) -> None:
    has_come = bool(promise.copies)
    match promise.state:
        case "sent":
            if not has_come:
                account.lost.append(f"{promise} is said to be sent")
        case "expired":
            account.expired += 1
            if has_come:
                account.wrong.append(f"{promise} is said to have expired, and came")
        case "replaced":
            if has_come:
                account.wrong.append(f"{promise} is said to be elsewhere, and came")
        case "uncertain":
            account.uncertain_came += has_come
            account.uncertain_missing += not has_come
            account.unanswered_repeats += promise.is_repeat
            may = policy(promise.kind).if_unknown == "drop" or promise.is_repeat or promise.is_late
            if promise.chat == "discord" or not may:
                account.lost.append(f"{promise} is uncertain, and need not be")
        case state:
            account.lost.append(f"{promise} is left {state}")


def _compare(account: Account, promise: Promise, repeat: Counter[str]) -> None:
    """The copy that is edited shows the newest of all its states: its words are like that one's most, its buttons are
    that one's."""
    shown = next((copy for copy in promise.copies if copy.id in _ids(promise.ref)), promise.copies[-1])
    says = shown.says - repeat if promise.is_repeat else shown.says
    newest = likeness(promise.states[-1], says)
    if any(likeness(old, says) > newest for old in promise.states[:-1] if old != promise.states[-1]):
        account.wrong.append(f"{promise} shows an older state")
    if newest < _SURELY:
        account.wrong.append(f"{promise} says something else: {dict(says - promise.states[-1])}")
    odd = {data for data in shown.data if ":~" not in data and ":+" not in data} - promise.data
    if odd or bool(shown.data) != bool(promise.data):
        account.wrong.append(f"{promise} has buttons of an older state: {sorted(shown.data ^ promise.data)}")


def _ids(ref: str | None) -> set[str]:
    return set(re.findall(r"\d+", ref or ""))


def _web(life: Life) -> Account:
    """The web chat is in the same file: what was promised to it is there, as it stands, or has expired."""
    account = Account()
    with life.served.rows() as rows:
        shown = {row["id"]: row["reply"] for row in rows.execute("select id, reply from web_messages")}
        posts = [dict(row) for row in rows.execute(f"{_ROWS.partition('order by')[0]} where o.op = 'post'")]
    for post in posts:
        if not post["destination"].startswith("web:"):
            continue
        account.promised += 1
        if post["message"] in shown:
            account.received += 1
            if json.loads(shown[post["message"]]) != json.loads(post["newest"]):
                account.wrong.append(f"{post['key']} is not shown as it stands")
        elif post["state"] == "expired":
            account.expired += 1
        elif post["state"] != "replaced":
            account.lost.append(f"{post['key']} ({post['state']})")
    return account

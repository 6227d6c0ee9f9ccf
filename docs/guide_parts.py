"""Parts of guides written by hand that the program knows better: `<!-- made: NAME -->` ... `<!-- made until here -->`.

Each is a function that yields Markdown lines; `filled` puts them between the marks. docs/reference.py writes the pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import discord

from bot.chat.discord.client import INTENTS
from bot.chat.discord.permissions import IN_CHANNELS, NEEDED, SCOPES, needed
from bot.chat.telegram.connection import ALLOWED
from bot.chat.telegram.topics import HERE
from bot.core.delivery_policy import KINDS, QUIET_ABOUT_A_SHOW
from bot.core.places_port import CLOSING, LACKING
from bot.core.reply import Span, msg
from prompts.catalogue import Catalogues
from prompts.wording import Reader

END = "<!-- made until here -->"
_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(" + re.escape(END) + ")", re.DOTALL)
_PRIVILEGED = ("members", "presences", "message_content")


def filled(page: str) -> str:
    """The page with each of its parts as the program has it now."""
    return _PART.sub(lambda part: "".join((part[1], *(f"{line}\n" for line in PARTS[part[2]]()), part[3])), page)


def parts_of(page: str) -> list[str]:
    return [part[2] for part in _PART.finditer(page)]


def _words() -> Reader:
    return Catalogues.load().reader("en")


def _invitation() -> Iterator[str]:
    scope, names = "+".join(SCOPES), " and ".join(f"`{name}`" for name in SCOPES)
    address = "https://discord.com/oauth2/authorize?client_id=APPLICATION_ID"
    yield from ("```text", f"{address}&scope={scope}&permissions={needed().value}", "```")
    yield f"The permission number is **{needed().value}**; the scopes are {names}."


def _permissions() -> Iterator[str]:
    say = _words().line
    yield from ("| Permission | Where | Bit | Without it |", "| --- | --- | --- | --- |")
    for name in NEEDED:
        where = "each channel it posts to" if name in IN_CHANNELS else "the server"
        bit = discord.Permissions(**{name: True}).value.bit_length() - 1
        closed = " `/setup` refuses the channel." if name in CLOSING else ""
        yield f"| {say(msg(f'permission.{name}'))} | {where} | 1 << {bit} | {say(msg(f'lack.{name}'))}{closed} |"


def _intents() -> Iterator[str]:
    asked = ", ".join(f"`{name}`" for name in INTENTS)
    privileged = [name for name in INTENTS if name in _PRIVILEGED]
    told = ", ".join(f"`{name}`" for name in privileged) if privileged else "none"
    yield f"The bot asks for these gateway intents: {asked}. Privileged ones among them: {told}."


def _rights() -> Iterator[str]:
    """Telegram's names, the rest of LACKING."""
    say = _words().line
    yield from ("| What `/setup` may name | Without it |", "| --- | --- |")
    for name in (name for name in LACKING if name not in NEEDED):
        yield f"| {say(msg(f'permission.{name}'))} | {say(msg(f'lack.{name}'))} |"


def _updates() -> Iterator[str]:
    yield f"The bot asks Telegram for these kinds of updates: {', '.join(f'`{name}`' for name in ALLOWED)}."


def _kinds(apart: frozenset[str], place: str, *, knows: bool) -> Iterator[str]:
    """`apart`: the families that go to the show's own place; `knows`: the chat knows what it has."""
    words = _words()
    doubt = "" if knows else " If nobody knows whether it arrived |"
    yield from (f"| Message | Goes to | Worth saying for |{doubt}", f"| --- | --- | --- |{'' if knows else ' --- |'}")
    for kind, rule in sorted(KINDS.items(), key=lambda row: (row[0] not in apart, row[0])):
        where = f"the show's {place}" if kind in apart else "the channel" if knows else "the group"
        what = words.line(msg(f"relay.kind.{kind}"))
        end = "" if knows else f" {'sent once more, marked' if rule.if_unknown == 'repeat' else 'dropped'} |"
        yield f"| {what} | {where} | {words.value(Span(rule.lasts_s))} |{end}"


PARTS: Mapping[str, Callable[[], Iterator[str]]] = {
    "invitation": _invitation,
    "permissions": _permissions,
    "intents": _intents,
    "threads": lambda: _kinds(QUIET_ABOUT_A_SHOW, "thread", knows=True),
    "rights": _rights,
    "updates": _updates,
    "topics": lambda: _kinds(HERE, "topic", knows=False),
}

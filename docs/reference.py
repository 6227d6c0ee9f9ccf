"""Writes the pages that the program itself knows best: `python -m docs.reference`; a test fails when they are old.

commands.md and rights.md from the command table and the command line, settings.md from the settings and the file
`init` writes, behaviour.md from the rules, the timers, the weekly slots and the playbook, occasions.md from the table
of sale days (docs/occasion_pages.py). Of discord.md and telegram.md the parts between marks (docs/guide_parts.py).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel

from bot.cli import cli
from bot.config import TEMPLATE, ClockSettings, Settings
from bot.core import conflicts, foresight, handoff, slot_value, slots, standin
from bot.core.command import Command, Parameter
from bot.core.delivery_policy import KINDS
from bot.core.escalation import LADDERS
from bot.core.events import DROPPED_AFTER_S, TIMERS
from bot.core.reply import Span, msg
from bot.core.rules import RULES
from docs import guide_parts, occasion_pages
from handlers import COMMANDS, EVENT_HANDLERS
from handlers.conflicts import HORIZON
from prompts.book import TACTICS, Book
from prompts.catalogue import Catalogues
from prompts.wording import Reader

FOLDER = Path(__file__).parent
GUIDES = ("discord.md", "telegram.md")
"""Written by hand, with parts that are made."""
_MADE = "<!-- Made by `python -m docs.reference`; do not edit. -->"
_MARK = "# "
_ROOT = FOLDER.parent


def pages() -> dict[str, str]:
    """File name -> text."""
    made = {
        "commands.md": _commands,
        "rights.md": _rights,
        "settings.md": _settings,
        "behaviour.md": _behaviour,
        "occasions.md": occasion_pages.lines,
    }
    whole = {name: "\n".join(lines()).rstrip() + "\n" for name, lines in made.items()}
    return whole | {name: guide_parts.filled((FOLDER / name).read_text("utf-8")) for name in GUIDES}


def _commands() -> Iterator[str]:
    reader = Catalogues.load().reader("en")
    yield from ("# Commands", "", _MADE, "")
    yield "In the chat, `/help` lists what your role may use, and `/help show plan` explains one. Words go by their"
    yield 'place, or as `name=value`; a value with spaces goes in "quotes". Each role may do what those before it may:'
    yield "viewer, host, operator, manager, admin."
    group = None
    for command in (row for row in COMMANDS.commands if row.menu):
        if command.group != group:
            group = command.group
            yield from ("", f"## /{group}")
        private = ", answered to you alone" if command.private else ""
        role = reader.line(msg(f"role.{command.role.name.lower()}"))
        own = f" On Discord: `/{command.group} {command.own_word}`." if command.own_word else ""
        yield from ("", f"### `/{command.path}`", "", f"{reader.line(command.summary)}. For: {role}{private}.{own}", "")
        yield from _usage(command)
        yield from (_argument(item, reader.line(item.help)) for item in command.parameters if not item.arg.hidden)
    yield from _command_line()


def _usage(command: Command) -> Iterator[str]:
    yield from ("```", command.usage)
    if command.parameters:
        yield f"for example: {command.example}"
    yield from ("```", "")


def _argument(item: Parameter, text: str) -> str:
    choices = f" One of {', '.join(item.arg.choices)}." if item.arg.choices else ""
    return f"- `{item.name}`{'' if item.required else ' (optional)'}: {text}, like `{item.arg.example}`.{choices}"


_ABOUT_RIGHTS = """\
Six roles, each may do what those before it may: nobody, viewer, host, operator, manager, admin. A role holds
everywhere, in one matrix or in one room (`/grant NAME operator room=us_main`); where several cover a room, the highest
counts. Each request is about something, and the presser's role **there** is what counts, whether it was typed, pressed
or completed, and whoever had posted the button. A refusal is answered to the presser alone, names who may, and is in
the audit.

Granting and taking back: roles up to operator need a manager of that room or matrix, or one everywhere; manager and
admin need an admin. The last admin cannot be taken away. `/revoke NAME` without a scope takes back everything; whoever
is nobody may not even look. Lists (`/room list`, `/show list`, `/now`) leave out rooms in which somebody is nobody;
completion offers only what may be used.

The first admin: while nobody is admin, each start prints a code; `/claim CODE` in any chat makes whoever types it one.
Where Discord or Telegram is configured, that is so while no account there is admin.
Where the web chat has a sign-in, each start at which no admin is signed in or invited prints a link that does so too.
One person, several accounts: `/link` in a chat where one is known, `/link code=...` with the other account.
`/link person=mia` makes a code for somebody else, as `/invite` does for the web chat; it is void once they may more.

For 60 s whoever could do it may take it back where it was done: a cancelled or ended show, an archived room, a waived
item, revoked roles, a place unbound, a chat's role that gives none any more (`/undo`, or the button under the answer).

What somebody is in a chat may give a role too: a Discord role, or being an administrator of a Telegram group (`/setup
role`). It holds as long as they are that there, adds to what was granted, and needs whoever may grant the role; giving
everybody of a group more than viewer needs an admin."""


def _rights() -> Iterator[str]:
    """Reviewed in the diff: a right that changes shows as one changed line."""
    yield from ("# Who may do what", "", _MADE, "", *_ABOUT_RIGHTS.splitlines(), "")
    yield from ("| Command | At least | Where it counts | Answered |", "| --- | --- | --- | --- |")
    for command in COMMANDS.commands:
        role = command.role.name.lower() + (f"; {command.more.name}" if command.more else "")
        yield f"| `/{command.path}` | {role} | {command.where.name} | {'privately' if command.private else 'openly'} |"


def _command_line() -> Iterator[str]:
    yield from ("", "# The command line", "")
    yield "`python run.py SUBCOMMAND`, or `showcaller SUBCOMMAND` where it is installed. Exit code 0: ok, 1: failed,"
    yield "2: wrong usage; an error is one line on standard error."
    group: Any = typer.main.get_command(cli)
    for name, command in group.commands.items():
        yield from ("", f"## `run.py {name}`", "", command.help, "")
        for item in command.params:
            if item.param_type_name == "argument":
                yield f"- `{item.name.upper()}`: {item.help}"
            elif item.name != "help":
                given = "" if item.default in (None, False) else f" (default: `{item.default}`)"
                yield f"- `{item.opts[0]}`: {item.help or 'One JSON object a line.'}{given}"


def settings() -> dict[str, tuple[object, str]]:
    """Dotted name -> default and what it is for."""
    known = _explained()
    found: dict[str, tuple[object, str]] = {}
    for name, field in Settings.model_fields.items():
        table = ClockSettings if name == "clock" else field.default
        if isinstance(table, BaseModel):
            for key, value in table.model_dump().items():
                found[f"{name}.{key}"] = (value, known[f"{name}.{key}"])
        elif table is ClockSettings:
            for key, inner in ClockSettings.model_fields.items():
                default = None if inner.is_required() else inner.default
                found[f"{name}.{key}"] = (default, str(inspect.getdoc(ClockSettings)))
        else:
            found[name] = (table, known[name])
    return found


def _explained() -> dict[str, str]:
    """What the comments of the settings file say of each line; a comment may speak for the lines under it."""
    texts: dict[str, str] = {}
    table, said, is_fresh = "", "", False
    for line in TEMPLATE.split("\n\n", 1)[1].splitlines():
        if line.startswith("["):
            table, said = line.strip("[]") + ".", ""
        elif line.startswith(_MARK):
            said = line.removeprefix(_MARK) if is_fresh else f"{said} {line.removeprefix(_MARK)}".strip()
            is_fresh = False
        elif "=" in line:
            texts[table + line.split(" =")[0]] = said or line.split(" =")[0].capitalize() + "."
            is_fresh = True
    return texts


def _settings() -> Iterator[str]:
    yield from ("# Settings", "", _MADE, "")
    yield "`python run.py init` writes a commented `showcaller.toml`; without one the defaults hold. An environment"
    yield "variable wins over the file. All problems of a file are reported at once; an unknown name is one of them."
    yield from ("", "| Setting | Environment | Default | What for |", "| --- | --- | --- | --- |")
    for name, (default, text) in settings().items():
        variable = "SHOWCALLER_" + name.upper().replace(".", "__")
        shown = "" if default is None else f"`{default}`"
        yield f"| `{name}` | `{variable}` | {shown} | {text} |"


def _kinds(words: Reader) -> Iterator[str]:
    yield from ("", "## Kinds of messages", "")
    yield "How long a message is worth saying where nothing else was set, and what is done when nobody knows whether"
    yield "it arrived, on a chat that cannot tell. A repeat says that it is one."
    yield from ("", "| Kind | In words | Worth saying for | When in doubt |", "| --- | --- | --- | --- |")
    for kind, rule in KINDS.items():
        doubt = "said once more, marked" if rule.if_unknown == "repeat" else "dropped"
        lasts = words.value(Span(rule.lasts_s))
        yield f"| `{kind}` | {words.line(msg(f'relay.kind.{kind}'))} | {lasts} | {doubt} |"


def _conflicts(words: Reader) -> Iterator[str]:
    yield from ("", "## Conflicts between shows", "")
    yield "Looked for when a show is planned, and again whenever something changes that they hang on: a show, a host's"
    yield "rest, a room's studio, theme, market or hosting, the product a show begins with, a series that goes on, the"
    yield "zone data. An error forbids a plan, unless a manager gives a reason (`despite=`, `/conflict allow`); a"
    yield "warning is told. What comes up later is told to the team once, with fixes; that message says so when it is"
    yield "over. A date of a series whose room is taken is left out; with any other error the show stands, and the"
    yield "team is told."
    yield f"`/conflict list` has those of the next {HORIZON.days // 7} weeks."
    yield from ("", "| Kind | In words | |", "| --- | --- | --- |")
    for kind in conflicts.KINDS:
        weight = "error" if kind in conflicts.ERRORS else "warning"
        yield f"| `{kind}` | {words.line(msg(f'conflict.kind.{kind}'))} | {weight} |"
    yield from ("", *str(inspect.getdoc(conflicts)).splitlines()[2:-2])


def _behaviour() -> Iterator[str]:
    words = Catalogues.load().reader("en")
    yield from ("# What the bot does by itself", "", _MADE, "", "## Alert rules")
    for rule in RULES:
        text = str(inspect.getdoc(sys.modules[rule.__module__]))
        yield from ("", f"### `{rule.id}`", "", *text.splitlines())
        yield from ("", f"Thresholds, with their reasons: `{_source(rule)}`.")
    yield from ("", "## Timers", "")
    yield "Rows of the database; a timer that is late runs late and says so, or is dropped past the limit given here."
    yield from ("", "| Kind | When, and about what | Dropped if later than | Handled by |", "| --- | --- | --- | --- |")
    for kind, event in TIMERS.items():
        minutes = DROPPED_AFTER_S.get(kind, 0) // 60
        limit = f"{minutes // 60} h" if minutes and minutes % 60 == 0 else f"{minutes} min" if minutes else ""
        handler = EVENT_HANDLERS[event]
        run: Any = getattr(handler, "apply", handler)
        yield f"| `{kind}` | {inspect.getdoc(event)} | {limit} | `{run.__module__}.{run.__name__}` |"
    yield from _conflicts(words)
    yield from _kinds(words)
    yield from _ladders(words)
    for title, module in (
        ("Other hosts", standin), ("Change of clocks", foresight),
        ("Weekly slots", slots), ("What an hour is worth", slot_value),
    ):  # fmt: skip
        yield from ("", f"## {title}", "", *str(inspect.getdoc(module)).splitlines())
        yield from ("", f"Numbers, with their reasons: `{_source(module)}`.")
    yield from ("", "## Hand-offs", "", *str(inspect.getdoc(handoff)).splitlines())
    yield from ("", f"Numbers, with their reasons: `{_source(handoff)}`. Lines: `prompts/playbook/hand_off.toml` for a")
    yield "room on air, `prompts/playbook/next_show.toml` for a later show."
    yield from ("", "## Tactics of the playbook", "")
    yield "Lines for a host whose room has gone cold, one tactic a file; a tactic that the show's facts cannot support"
    yield "is named with what to set."
    yield from ("", "| Tactic | In words | Lines | File |", "| --- | --- | --- | --- |")
    lines = Book.load().lines
    for tactic in TACTICS:
        name = words.line(msg(f"core.tactic.{tactic}"))
        yield f"| `{tactic}` | {name} | {len(lines[tactic])} | `prompts/playbook/{tactic}.toml` |"


def _source(thing: Any) -> str:
    return Path(str(inspect.getsourcefile(thing))).relative_to(_ROOT).as_posix()


def _ladders(words: Reader) -> Iterator[str]:
    yield from ("", "## Questions that need an answer", "")
    yield "Whoever answers first ends the question, from any of its messages, and all of them say who it was."
    yield "Operators are asked in the team channel, managers and the host in theirs, each by name. A question also ends"
    yield "when what it is about does: the show goes on air or is cancelled, the alert has its all-clear, the session"
    yield "is over."
    yield from (
        "",
        "| Question | Put to | Unanswered, it goes to | Ends at |",
        "| --- | --- | --- | --- |",
    )

    def who(audience: str) -> str:
        return words.line(msg(f"ask.who.{audience}"))

    def clock(seconds: int, zero: str) -> str:
        whole, unit = (abs(seconds), "s") if seconds % 60 else (abs(seconds) // 60, "min")
        return f"{whole} {unit} {'before' if seconds < 0 else 'after'} {zero}" if seconds else zero

    for kind, ladder in LADDERS.items():
        zero = ladder.moment if ladder.counts_from == "moment" and ladder.moment else "asking"
        steps = "; ".join(f"{' and '.join(map(who, step.to))} {clock(step.at_s, zero)}" for step in ladder.steps)
        end = "" if ladder.ends_s is None or ladder.moment is None else clock(ladder.ends_s, ladder.moment)
        yield f"| `{kind}`: {words.line(msg(f'ask.kind.{kind}'))} | {who(ladder.first)} | {steps} | {end} |"


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")

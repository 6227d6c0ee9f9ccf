"""The part of docs/reliability.md about Discord, Telegram and the web chat at once."""

from __future__ import annotations

from dataclasses import dataclass

from tests.crash.account import Account

_HOWS = {
    "between": "between two requests",
    "moment": "at a moment while it was busy",
    "discord": "while Discord owed it an answer",
    "telegram": "while Telegram owed it an answer",
}
_FIGURES = {
    "promised": "messages promised",
    "received": "of them shown",
    "lost": "lost",
    "doubled": "doubled",
    "twice": "came twice, the second marked",
    "repeats": "tries marked as a repeat",
    "uncertain_came": "uncertain, had arrived",
    "uncertain_missing": "uncertain, had not arrived",
    "expired": "expired",
    "edited": "edits shown",
    "wrong": "otherwise wrong",
}


@dataclass(frozen=True, slots=True)
class Three:
    """The killed days together. `struck`: how the bot was killed, and how often; `used`: chat -> typed and pressed."""

    seed: int
    days: int
    starts: int
    struck: dict[str, int]
    missed: int
    unseen: int
    interactions: int
    used: dict[str, dict[str, int]]
    summary_words: int
    broken: int
    chats: dict[str, dict[str, int]]

    @staticmethod
    def counts(account: Account) -> dict[str, int]:
        values = {name: getattr(account, name) for name in _FIGURES}
        return {name: len(value) if isinstance(value, list) else value for name, value in values.items()}


_WORDS = """\
## On Discord, Telegram and the web chat at once

The demo's whole show day ({requests} typed lines and presses a day, taken in turns in all three chats), against a
Discord and a Telegram on loopback that are processes of their own and live through the kills; with the real discord.py
and python-telegram-bot. Everybody's accounts are linked; every purpose, and the room's team once more for itself, is
bound to a place in each chat; the host is nudged in private on Telegram, blocks the bot there half-way, and is nudged
on Discord from then on. One day is served by `run.py serve` with a clock that is moved by hand, and Discord knows a
nonce for five minutes, as it does; on the other the loops run as in production under such a clock, and Discord knows a
nonce for a second, so that after a restart a post is found only by what it carries.
What the two servers show in the end is held against what the database promised: each message as often as it may be, in
its newest state, with that state's buttons; what was typed and pressed, done once; every interaction acknowledged, but
for those under way at a kill; the summaries of the three chats equal, {summary_words} words and figures each.

`python -m tests.crash.three_chats --seed {seed}`: {kills} kills on {days} days, {starts} starts, **{broken}** broken
promises."""


def section(three: Three) -> str:
    kills = sum(three.struck.values())
    requests = sum(count for used in three.used.values() for count in used.values()) // three.days
    words = _WORDS.format(
        requests=requests, summary_words=three.summary_words, seed=three.seed, kills=kills, days=three.days,
        starts=three.starts, broken=three.broken,
    )  # fmt: skip
    lines = ["| Killed | |", "| --- | --- |"]
    lines += [f"| {words_of} | {three.struck.get(how, 0)} |" for how, words_of in _HOWS.items()]
    lines += [
        "",
        "| | " + " | ".join(f"`{chat}`" for chat in three.chats) + " |",
        "| --- |" + " --- |" * len(three.chats),
    ]
    for what, name in (("say", "lines typed"), ("press", "presses")):
        lines.append(_row(name, [three.used[chat][what] for chat in three.chats]))
    for figure, name in _FIGURES.items():
        lines.append(_row(name, [three.chats[chat][figure] for chat in three.chats]))
    lines += ["", _LEFT.format(missed=three.missed, interactions=three.interactions, unseen=three.unseen)]
    return "\n".join([words, "", *lines])


_LEFT = """\
Of the kills that were to come before an answer, {missed} came after it: there was nothing to be asked then. Of {unseen}
presses there was nothing to press, as the message never came. Discord saw {interactions} interactions."""


def _row(name: str, counts: list[int]) -> str:
    return f"| {name} | " + " | ".join(map(str, counts)) + " |"

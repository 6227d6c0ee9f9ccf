"""What the program can promise and offer, read from its source: kinds of messages, and what buttons stand for."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.core.escalation import LADDERS
from bot.core.records import NudgeRow
from bot.core.rules import RULES
from handlers import COMMANDS, alert_card, asking

_HANDLERS = Path(__file__).parents[2] / "handlers"
_NUDGES = typing.get_args(typing.get_type_hints(NudgeRow)["kind"])

WORKED_OUT: Mapping[str, frozenset[str]] = {
    "f'alert.{alert.kind}'": frozenset(f"alert.{rule.id}" for rule in RULES),
    "f'nudge.{row.kind}'": frozenset(f"nudge.{kind}" for kind in _NUDGES),
    "changes.kind": frozenset(
        {
            *("show.cancelled", "show.moved", "show.edited", "show.skipped", "show.back_on", "show.unplanned"),
            "show.host",
        }
    ),
    "substitution.offers.KIND": frozenset({"offer"}),
    "alerts.kind": frozenset(alert_card.RUNG_AGAIN),
    "escalation.kind": frozenset({"ask.alert", *(f"ask.{kind}" for kind in LADDERS if kind not in asking.ALERT)}),
}
"""Kinds that are not written out where they are promised, by the expression that gives them."""

GIVEN_BACK: Mapping[str, frozenset[str]] = {
    "conflict_fixes.again.command": frozenset({"show plan"}),
    "asking_first.again.command": frozenset({"show move", "show edit", "show cancel", "show host"}),
}
"""Commands that a button repeats with other arguments, by the expression that gives them."""


def kinds() -> set[str]:
    """Every kind of message that a handler can promise. KeyError for an expression that nobody has told of."""
    found: set[str] = set()
    for module, call in _calls("Post"):
        given = next((word.value for word in call.keywords if word.arg == "kind"), None) or call.args[2]
        text = _constant(module, given)
        if text is not None:
            found.add(text)
        else:
            shape = ast.unparse(given)
            found |= WORKED_OUT[shape if shape.startswith("f") else f"{module.stem}.{shape}"]
    return found


def button_commands() -> set[str]:
    """Every command that a button stands for, and that there is: a fix is offered only where its command is there."""
    found: set[str] = set()
    for module, call in _calls("Button"):
        text = _constant(module, call.args[1])
        shape = f"{module.stem}.{ast.unparse(call.args[1])}"
        assert text is not None or shape in GIVEN_BACK, f"{module.name}: {ast.unparse(call)}"
        found |= GIVEN_BACK[shape] if text is None else {text}
    return {path for path in found if path in COMMANDS}


def _calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    for module in sorted(_HANDLERS.glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield module, node


def _constant(module: Path, node: ast.expr) -> str | None:
    """A text that is written there, or under a name of the module."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        for line in ast.parse(module.read_text("utf-8")).body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == node.id:
                return _constant(module, line.value)
    return None

"""A slash command that was filled in option by option -> the words and key=value pairs that typing it would have given.

From there on it is a typed line: bound, checked and answered like one.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.chat.parse import Typed, parse
from bot.core.excerpt import whole
from bot.core.slash import Leaf, given


def typed(leaf: Leaf, options: Mapping[str, str | int | bool]) -> Typed:
    """`options`: by the options' own names, the left out ones absent. Never fails: what is wrong, `bind` says.

    A collecting option is cut as typed text is. What it gives that an option of its own gives too is a word too many,
    so that it is refused and not half heard.
    """
    keyed = {name: whole(text) for name, text in given(leaf, options).items()}
    words = leaf.command.path.split()
    for option in leaf.options:
        if option.parameter.arg.kind == "values" and option.name in options:
            inside = parse(whole(str(options[option.name])))
            words += inside.words
            words += [f"{name}={text}" for name, text in inside.keyed.items() if name in keyed]
            keyed = {**inside.keyed, **keyed}
    return Typed(tuple(words), keyed)

"""The error tree.

ShowcallerError
├── UserError            shown to the person as it is: what was wrong, where, what to type instead
│   ├── NotFoundError    the thing named does not exist (suggestions where there are any)
│   ├── ConflictError    the state does not allow it (already ended, already ticked by somebody)
│   └── ForbiddenError   the presser's role does not allow it
├── BadLineError         a line of a batch or recording: line number, field, why
└── StartError           the program cannot start: one line on standard error, with the mend
"""

from __future__ import annotations

from bot.core.reply import Msg, Value


class ShowcallerError(Exception):
    """Root of everything we raise ourselves."""


class UserError(ShowcallerError):
    """A text for the person who typed: catalogue key and parameters; `try_instead` is a line they can type."""

    def __init__(self, key: str, /, *, try_instead: str | None = None, **params: Value) -> None:
        super().__init__(key)
        self.message = Msg(key, params)
        self.try_instead = try_instead


class NotFoundError(UserError):
    """The thing named does not exist."""


class ConflictError(UserError):
    """The state of things does not allow it."""


class ForbiddenError(UserError):
    """The presser's role does not allow it. `about`: the room it was about, None where it was about no single one."""

    def __init__(self, key: str, /, *, about: str | None = None, **params: Value) -> None:
        super().__init__(key)
        self.message = Msg(key, params)
        self.about = about


class BadLineError(ShowcallerError):
    """One line of input is wrong; nothing of its batch is kept.

    `line` counts from 1 (the element's place in a JSON array), `field` is None where the whole line is meant.
    """

    def __init__(self, line: int, field: str | None, why: str) -> None:
        self.line, self.field, self.why = line, field, why
        super().__init__(f"line {line}{f', field {field!r}' if field else ''}: {why}")


class StartError(ShowcallerError):
    """The program cannot start or go on; the text says what is wrong and what to do."""

"""The texts of the bot in every language of the team: gettext .po files, read once at start.

A file of a language is an area (schedule.po); keys are unique over all areas. Filling in is left to wording.py.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass
from gettext import c2py  # what gettext itself compiles Plural-Forms with
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from babel.messages.pofile import PoFileError, read_po

from bot.core.errors import StartError
from prompts.figures import locale_of, nearest
from prompts.wording import Reader, Template, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from babel.messages.catalog import Message

    from bot.core.reply import Line, Value, When

FALLBACK = "en"
"""The language every text exists in; a reader without a catalogue gets it."""

_LOCALES = Path(__file__).parent / "locales"
_KEY = re.compile(r'^msgid\s+"(.+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Catalogues:
    """`words`: language (BCP 47) -> key -> its forms."""

    words: Mapping[str, Mapping[str, Words]]

    @classmethod
    def load(cls, folder: Path = _LOCALES) -> Catalogues:
        """Reads `folder`/<lang>/LC_MESSAGES/*.po. The bot's own are read once per process, and cannot be changed.

        Raises:
            StartError: a file is no valid .po, a text has a broken placeholder, or a key stands twice.
        """
        return cls(_shipped() if folder == _LOCALES else _read(folder))

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.words)

    def nearest(self, language: str) -> str:
        """The language there is a catalogue for: this one, another form of it ("zh" is zh-CN), else English."""
        return nearest(language, self.words, FALLBACK)

    def reader(self, language: str, zone: str = "UTC", moment: Callable[[When], str | None] | None = None) -> Reader:
        """The words for one reader; keep it while rendering a whole message. `zone`: IANA name.

        `moment` draws an instant in a chat's own way, or gives None to leave it to the words.
        """
        known = self.nearest(language)
        return Reader((self.words[known], self.words[FALLBACK]), locale_of(known), zone, moment)

    def say(self, line: Line, *, language: str, zone: str = "UTC") -> str:
        """The line as text; `zone` (IANA) is used for every time that names none itself."""
        return self.reader(language, zone).line(line)

    def show(self, value: Value, *, language: str, zone: str = "UTC") -> str:
        """One value as text: an amount, an instant, "not measured"."""
        return self.reader(language, zone).value(value)

    def templates(self, prefix: str, language: str) -> dict[str, str]:
        """The raw texts (placeholders in braces) of every key that begins so, for a page that fills them in itself."""
        shelf = {**self.words[FALLBACK], **self.words[self.nearest(language)]}
        return {key: str(shelf[key].forms[0]) for key in sorted(shelf) if key.startswith(prefix)}

    def check(self) -> tuple[str, ...]:
        """What translators have left open, one sentence each: texts missing in a language, placeholders that differ."""
        problems = []
        for key in sorted(set[str]().union(*self.words.values())):
            places = {language: shelf[key].names for language, shelf in self.words.items() if key in shelf}
            problems += [f"{key}: no text in {language}" for language in self.words if language not in places]
            if len(set(places.values())) > 1:
                named = "; ".join(
                    f"{language} has {', '.join(sorted(has)) or 'none'}" for language, has in places.items()
                )
                problems.append(f"{key}: placeholders differ: {named}")
        return tuple(problems)


def _read(folder: Path) -> Mapping[str, Mapping[str, Words]]:
    words: dict[str, dict[str, Words]] = {}
    for home in sorted(folder.glob("*/LC_MESSAGES")):
        shelf = words.setdefault(home.parent.name.replace("_", "-"), {})
        for path in sorted(home.glob("*.po")):
            _add(shelf, path)
    if FALLBACK not in words:
        raise StartError(f"{folder}: there is no catalogue for {FALLBACK!r}; the installation lacks its text files")
    return MappingProxyType({language: MappingProxyType(shelf) for language, shelf in words.items()})


@functools.cache
def _shipped() -> Mapping[str, Mapping[str, Words]]:
    return _read(_LOCALES)


def _add(shelf: dict[str, Words], path: Path) -> None:
    where = "/".join(path.parts[-3:])
    try:
        text = path.read_text("utf-8")
        catalog = read_po(text.splitlines(keepends=True), abort_invalid=True)
    except (PoFileError, OSError, UnicodeDecodeError) as error:
        raise StartError(f"{where}: cannot be read as a catalogue: {error}") from error
    # read_po quietly keeps one of two entries with the same key, so they are counted here.
    twice = [key for key, count in Counter(_KEY.findall(text)).items() if count > 1]
    plural = c2py(catalog.plural_expr)
    for message in catalog:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            if key in shelf or key in twice:
                raise StartError(f"{where}: the key {key!r} stands twice; keep one of the two texts")
            _add_message(shelf, key, message, plural, where)


def _add_message(shelf: dict[str, Words], key: str, message: Message, plural: Callable[[int], int], where: str) -> None:
    strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    if not strings or not all(strings):
        return  # not translated yet: readers get the fallback, check() names it
    try:
        forms = tuple(Template.parse(text) for text in strings)
    except ValueError as error:
        raise StartError(f"{where}: the text of {key!r} is wrong: {error}") from error
    shelf[key] = Words(forms, plural)

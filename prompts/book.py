"""The playbook of hand-written host lines and the checklist templates: loaded and checked at start, filled from facts.

What may be claimed is decided in claims.py; when a line is offered, and what the host did with it, by the handlers.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.core.errors import NotFoundError, StartError
from bot.core.facts import MissingTactic, PromptLine
from bot.core.reply import Listing
from prompts.claims import OF_HAND_OFF, OF_PRODUCT, Claim, Phrases, claims_of, claims_of_hand_off
from prompts.figures import nearest
from prompts.pages import (
    LANGUAGES,
    PlaybookLine,
    TemplateItem,
    read_checklist,
    read_days,
    read_phrases,
    read_playbook,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.core.facts import HandOffFacts, ShowFacts

TACTICS = ("self_qa", "low_threshold_question", "visible_benefit")
"""What a cold room is offered, in this order. Texts: core.tactic.<name>."""

HAND_OFFS = ("hand_off", "next_show")
"""Lines that send viewers on: to a room on air, to a later show. Texts: core.tactic.<name>."""

_HERE = Path(__file__).parent
_GOALS_FILE, _DAYS_FILE = "visible_benefit", "next_show"


@dataclass(frozen=True, slots=True)
class Book:
    """`lines`: tactic -> its lines in order of preference; `hand_offs`: the same of HAND_OFFS.

    `checklists`: template name -> its items.
    """

    lines: Mapping[str, tuple[PlaybookLine, ...]]
    hand_offs: Mapping[str, tuple[PlaybookLine, ...]]
    phrases: Phrases
    checklists: Mapping[str, tuple[TemplateItem, ...]]

    @classmethod
    def load(cls, folder: Path = _HERE) -> Book:
        """Reads `folder`/playbook and `folder`/checklists. The bot's own are read once per process.

        Raises:
            StartError: something is missing or wrong; names file and line.
        """
        return _shipped() if folder == _HERE else _read(folder)

    def offer(
        self, facts: ShowFacts, *, team_language: str, used: Collection[str]
    ) -> tuple[tuple[PromptLine, ...], tuple[MissingTactic, ...]]:
        """One line per tactic, and the tactics these facts cannot support.

        Args:
            facts: all that a line may claim; its language picks the lines' (English where there are none yet).
            team_language: of the gloss.
            used: ids of the lines shown in this session, oldest first; what was not shown yet goes first.
        """
        used = _in_order(used)
        claims = self._claims(facts, used)
        lines, missing = [], []
        for tactic in TACTICS:
            chosen = self._choose(tactic, claims, used)
            if chosen is None:
                missing.append(self._missing(tactic, facts, claims))
            else:
                lines.append(self._fill(chosen, facts, claims, team_language))
        return tuple(lines), tuple(missing)

    def another(self, tactic: str, facts: ShowFacts, *, team_language: str, used: Collection[str]) -> PromptLine | None:
        """A line of the tactic other than the last one in `used`, which ends with the line to be replaced.

        None when the facts support no other.
        """
        used = _in_order(used)
        claims = self._claims(facts, used)
        of_tactic = {line.id for line in self.lines[tactic]}
        shown = next((name for name in reversed(used) if name in of_tactic), None)
        chosen = self._choose(tactic, claims, used, without=shown)
        return None if chosen is None else self._fill(chosen, facts, claims, team_language)

    def hand_off(self, facts: HandOffFacts, *, team_language: str, used: Collection[str]) -> PromptLine | None:
        """The line that sends viewers there: of those that say the most, one not shown yet, else the oldest.

        None where the facts support no line.
        """
        claims = claims_of_hand_off(facts)
        tactic = "hand_off" if facts.starts_at is None else "next_show"
        fitting = [line for line in self.hand_offs[tactic] if _fits(line, claims)]
        shown_at = {name: place for place, name in enumerate(_in_order(used))}
        chosen = min(fitting, key=lambda line: (-len(line.needs), shown_at.get(line.id, -1)), default=None)
        return None if chosen is None else self._said(chosen, claims, (facts.language, None), team_language)

    def checklist(self, name: str = "default") -> tuple[TemplateItem, ...]:
        """The items of a template.

        Raises:
            NotFoundError: there is no such template.
        """
        if name not in self.checklists:
            raise NotFoundError("checklist.no_template", name=name, known=Listing(tuple(self.checklists)))
        return self.checklists[name]

    def _claims(self, facts: ShowFacts, used: Sequence[str]) -> dict[str, Claim]:
        with_point = {
            line.id for of_tactic in self.lines.values() for line in of_tactic if "selling_point" in line.needs
        }
        return claims_of(facts, turn=sum(name in with_point for name in used))

    def _choose(
        self, tactic: str, claims: Mapping[str, Claim], used: Sequence[str], *, without: str | None = None
    ) -> PlaybookLine | None:
        """The first line not shown yet, else the one shown longest ago."""
        shown_at = {name: place for place, name in enumerate(used)}
        fitting = [line for line in self.lines[tactic] if line.id != without and _fits(line, claims)]
        return min(fitting, key=lambda line: shown_at.get(line.id, -1), default=None)

    def _missing(self, tactic: str, facts: ShowFacts, claims: Mapping[str, Claim]) -> MissingTactic:
        """What the line nearest to being filled still needs."""
        gaps = [
            [name for name in line.needs if name not in claims] for line in self.lines[tactic] if _is_true(line, claims)
        ]
        names = min(gaps, key=len)
        if "product" in names and facts.products:
            # The products are known, only none is on air: what they have will be known with it.
            names = [name for name in names if name == "product" or name not in OF_PRODUCT]
        return MissingTactic(tactic, tuple(names))

    def _fill(
        self, line: PlaybookLine, facts: ShowFacts, claims: Mapping[str, Claim], team_language: str
    ) -> PromptLine:
        return self._said(line, claims, (facts.language, facts.currency), team_language)

    def _said(
        self, line: PlaybookLine, claims: Mapping[str, Claim], market: tuple[str, str | None], team_language: str
    ) -> PromptLine:
        """`market`: its language, and the currency whose amounts are said as they are there."""

        def said(language: str, currency: str | None) -> str:
            return line.texts[language].fill(
                lambda name: self.phrases.speak(claims[name], language=language, currency=currency)
            )

        language = nearest(market[0], LANGUAGES, LANGUAGES[0])
        team = nearest(team_language, LANGUAGES, LANGUAGES[0])
        gloss = None if team == language else said(team, None)
        return PromptLine(line.id, line.tactic, said(language, market[1]), language, gloss)


def _read(folder: Path) -> Book:
    pages = folder / "playbook"
    lines = {tactic: read_playbook(pages / f"{tactic}.toml", tactic) for tactic in TACTICS}
    hand_offs = {tactic: read_playbook(pages / f"{tactic}.toml", tactic, OF_HAND_OFF) for tactic in HAND_OFFS}
    ids = Counter(line.id for of_tactic in (*lines.values(), *hand_offs.values()) for line in of_tactic)
    for name, count in ids.items():
        if count > 1:
            raise StartError(f"playbook: the line id {name!r} stands twice; what hosts pressed is kept under it")
    checklists = {path.stem: read_checklist(path) for path in sorted((folder / "checklists").glob("*.toml"))}
    goals, limited = read_phrases(pages / f"{_GOALS_FILE}.toml")
    phrases = Phrases(goals, limited, read_days(pages / f"{_DAYS_FILE}.toml"))
    return Book(MappingProxyType(lines), MappingProxyType(hand_offs), phrases, MappingProxyType(checklists))


@functools.cache
def _shipped() -> Book:
    return _read(_HERE)


def _fits(line: PlaybookLine, claims: Mapping[str, Claim]) -> bool:
    return all(name in claims for name in line.needs) and _is_true(line, claims)


def _is_true(line: PlaybookLine, claims: Mapping[str, Claim]) -> bool:
    """Whether the line's condition holds; one that needs a stock nobody counted does not."""
    if line.stock_at_most is None:
        return True
    stock = claims.get("stock")
    return isinstance(stock, int) and stock <= line.stock_at_most


def _in_order(used: Collection[str]) -> Sequence[str]:
    """A set has no order of use: it is sorted, so that the same facts always give the same line."""
    return used if isinstance(used, Sequence) else sorted(used)

"""What `run.py check` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`look`: nothing is wrong yet, but somebody should look."""

    what: str
    ok: bool
    detail: str
    look: bool = False

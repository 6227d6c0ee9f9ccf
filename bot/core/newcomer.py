"""Somebody who is here for the first time."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core.model import Person, Role
from bot.core.ports import Tx

_LONGEST = 24


def newcomer(tx: Tx, name: str, fallback: str = "admin") -> Person:
    """A person with a slug of their own, made from the name; without any role, and not saved yet.

    `fallback`: what the slug begins with where the name has no Latin letter or digit.
    """
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_LONGEST].strip("_") or fallback
    slug, count = base, 1
    while tx.people.get(slug) is not None:
        count += 1
        slug = f"{base}_{count}"
    return replace(Person(slug, name, Role.NOBODY))

"""The sections of a summary: one file each, pure, none knows another. SECTIONS gives their place in the report."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.reply import Block
from bot.core.sections.actions import actions
from bot.core.sections.alerts import alerts
from bot.core.sections.funnel import funnel
from bot.core.sections.hand_offs import hand_offs
from bot.core.sections.headline import headline
from bot.core.sections.products import products
from bot.core.sections.segments import segments
from bot.core.story import Story

Section = Callable[[Story], tuple[Block, ...]]
"""Answers the section's blocks, empty when it has nothing to tell."""

SECTIONS: tuple[Section, ...] = (headline, funnel, alerts, hand_offs, segments, products, actions)

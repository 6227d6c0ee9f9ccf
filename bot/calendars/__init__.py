"""Calendars and plan files: what leaves as .ics, and what comes in."""

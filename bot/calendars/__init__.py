"""Calendars and plan files, in and out. Heavy libraries are loaded by whoever first reads or writes one."""

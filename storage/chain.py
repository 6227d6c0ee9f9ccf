r"""The hash chain of the audit: each row's hash covers the row and the hash before it, so a later change shows.

The format, which never changes (rows made by an older version are checked by a newer one):

    hash(row) = SHA-256(hash of the row before + "\n" + canonical(row)), as 64 lower-case hexadecimal digits

- The hash before is those 64 digits in ASCII; before the first row it is 64 zeros.
- canonical(row) is a JSON object in UTF-8 with the keys of FIELDS in alphabetical order, no blanks after "," and ":",
  and nothing escaped that JSON does not require to be: \" and \\, and control characters below U+0020 as \b \t \n \f
  \r or else \u00 with two lower-case digits. A new column does not join it: it would be a new chain.
- `id` is an integer. Everything else is the text exactly as it stands in the column, or null: also `before`, `after`
  and `detail`, which hold JSON themselves and are not read for this, so no number in them can be written anew in
  another way. `at` is UTC text with microseconds.

A chain shows rows changed, removed, added or put in another order anywhere before its end. It cannot show that the last
rows were cut off, nor that somebody who may write to the file computed the whole rest anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FIELDS = ("id", "at", "actor", "via", "channel", "room", "show", "action", "subject", "before", "after", "detail")
"""The columns that a hash covers."""

START = "0" * 64
"""What stands for the hash before the first row."""


def link(before: str, row: Mapping[str, Any]) -> str:
    """The hash of a row as it stands in the table, after the one with hash `before`.

    Bytes of a damaged file that are no UTF-8 are taken as they are (surrogateescape), so that it has a hash too.
    """
    fields = {name: row[name] for name in FIELDS}
    canonical = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{canonical}".encode("utf-8", "surrogateescape")).hexdigest()

"""Requests to Discord, checked against Discord's own OpenAPI document (specs/README.md says where it is from)."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.testing import MockRequest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

DOCUMENT = Path(__file__).parent / "specs" / "discord-openapi-v10.json.gz"
KEPT = 512
"""Answers remembered: a big command tree takes a third of a second to check, and every test syncs the same one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where, in the words and codes of Discord's own error form."""

    where: tuple[str, ...]
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(self.where) or 'request'}: {self.message}"


@cache
def _document() -> OpenAPI:
    parsed = json.loads(gzip.decompress(DOCUMENT.read_bytes()))
    # discord.py sends ids as numbers in places, and Discord takes them so.
    text = parsed["components"]["schemas"]["SnowflakeType"]
    parsed["components"]["schemas"]["SnowflakeType"] = {"anyOf": [text, {"type": "integer", "minimum": 0}]}
    return OpenAPI.from_dict(parsed, config=Config(spec_validator_cls=None))


_answers: dict[tuple[str, str, str, str], tuple[Problem, ...]] = {}


def against_document(method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> list[Problem]:
    """What the document objects to. `path` is without /api/v10; a form's `payload_json` is given as the body it is."""
    key = (method, path, json.dumps(body), json.dumps(query or {}))
    if key not in _answers:
        if len(_answers) >= KEPT:
            _answers.clear()
        _answers[key] = tuple(_checked(*key[:2], key[2] if body is not None else "", query or {}))
    return list(_answers[key])


def _checked(method: str, path: str, body: str, query: dict[str, str]) -> list[Problem]:
    request = MockRequest(
        "https://discord.com",
        method,
        f"/api/v10{path}",
        args=query,
        data=body.encode() or None,
        # Whether a request says who it is, is the server's to judge: here only its form is looked at.
        headers={"Authorization": "Bot some-token"},
    )
    try:
        _document().validate_request(request)
    except PathError:
        return [Problem((), "UNKNOWN_ROUTE", f"Discord has no {method} {path}")]
    except OpenAPIError as error:
        found = getattr(error.__cause__, "schema_errors", None)
        if not found:
            return [Problem((), "INVALID", f"{error}: {error.__cause__}"[:300])]
        parameter = getattr(error, "name", None)
        return [_problem(_deepest(each), (parameter,) if parameter else ()) for each in found]
    return []


def _deepest(error: ValidationError) -> ValidationError:
    """Of an error that says only "none of these fits": what is wrong with the one that was meant."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for each in error.context:
            branches.setdefault(each.schema_path[0], []).append(each)
        error = min(min(branches.values(), key=_far), key=_far_off)
    return error


def _far(branch: list[ValidationError]) -> tuple[int, int]:
    """How far a branch is from being the one meant: what says of itself to be another kind is farthest."""
    return (max(map(_far_off, branch)), len(branch))


def _far_off(error: ValidationError) -> int:
    named_otherwise = error.validator in {"enum", "const"} and list(error.path)[-1:] == ["type"]
    return 2 if named_otherwise else int(error.validator == "type" and not error.path)


_CODES = {
    "maxLength": ("BASE_TYPE_MAX_LENGTH", "Must be {0} or fewer in length."),
    "minLength": ("BASE_TYPE_MIN_LENGTH", "Must be {0} or more in length."),
    "maxItems": ("BASE_TYPE_BAD_LENGTH", "Must be {0} or fewer in length."),
    "minItems": ("BASE_TYPE_BAD_LENGTH", "Must be {0} or more in length."),
    "maximum": ("NUMBER_TYPE_MAX", "value should be less than or equal to {0}."),
    "minimum": ("NUMBER_TYPE_MIN", "value should be greater than or equal to {0}."),
    "required": ("BASE_TYPE_REQUIRED", "This field is required"),
}


def _problem(error: ValidationError, inside: tuple[str, ...] = ()) -> Problem:
    where = inside + tuple(str(step) for step in error.absolute_path)
    code, message = _CODES.get(str(error.validator), ("BASE_TYPE_INVALID", error.message[:200]))
    if error.validator == "required":
        where = (*where, error.message.split("'")[1])
    return Problem(where, code, message.format(error.validator_value))

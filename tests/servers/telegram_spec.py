"""Requests against the machine-readable Bot API and aiogram's models; and the reading of what is on the wire."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

SPEC = Path(__file__).with_name("specs") / "telegram-bot-api-10.1.names.json.gz"
_PLAIN: dict[str, tuple[type, ...]] = {"String": (str,), "Integer": (int,), "Float": (int, float), "Boolean": (bool,)}


@cache
def spec() -> dict[str, Any]:
    with gzip.open(SPEC) as file:
        return json.load(file)


def method_named(name: str) -> str | None:
    """The method's proper name; Telegram takes any case."""
    return {known.lower(): known for known in spec()["methods"]}.get(name.lower())


@cache
def fields_of(method: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in spec()["methods"][method].get("fields", [])}


def decode(method: str, raw: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Form fields as values by their type; and what could not be read as such. Unknown names stay text."""
    known, body, wrong = fields_of(method), {}, []
    for name, text in raw.items():
        types = known[name]["types"] if name in known else ["String"]
        try:
            body[name] = _read(text, types)
        except ValueError:
            body[name] = text
            wrong.append(f"{name}: {text[:80]!r} is no {' or '.join(types)}")
    return body, wrong


def _read(text: str, types: list[str]) -> Any:
    if "Integer" in types and re.fullmatch(r"-?\d+", text):
        return int(text)
    if set(types) & {"String", "InputFile"}:
        return text
    if "Boolean" in types:
        return json.loads({"1": "true", "0": "false"}.get(text, text.lower()))
    return json.loads(text)


def check(method: str, body: dict[str, Any], files: set[str]) -> list[str]:
    """Everything wrong with a request by the API's description; `files` are the names of its uploaded parts."""
    known = fields_of(method)
    wrong = [f"{name}: no such parameter" for name in body if name not in known]
    wrong += [f"{name}: missing" for name, one in known.items() if one["required"] and name not in body]
    for name, value in body.items():
        if name in known:
            wrong += _problems(value, known[name]["types"], name)
    named = set(re.findall(r"attach://([\w-]+)", json.dumps(body)))
    wrong += [f"attach://{name}: no such part" for name in named - files]
    return wrong + [f"{name}: uploaded and not used" for name in files - named]


def check_answer(method: str, result: Any) -> list[str]:
    """What is wrong with an answer of ours: the server is held to the same description."""
    return _problems(result, spec()["methods"][method]["returns"], "result")


def check_update(update: dict[str, Any]) -> list[str]:
    return _problems(update, ["Update"], "update")


def _problems(value: Any, types: list[str], path: str) -> list[str]:
    """Why a value is none of these types: of the type it is nearest to."""
    tried = [_problems_as(value, one, path) for one in types]
    return [] if any(not one for one in tried) else min(tried, key=len)


def _problems_as(value: Any, kind: str, path: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{path}: no list"]
        inner = kind.removeprefix("Array of ")
        return [bad for at, one in enumerate(value) for bad in _problems(one, [inner], f"{path}[{at}]")]
    if kind == "InputFile":
        return [] if isinstance(value, str) and value.startswith("attach://") else [f"{path}: no file"]
    if kind in _PLAIN:
        is_fit = isinstance(value, _PLAIN[kind]) and (kind == "Boolean" or not isinstance(value, bool))
        return [] if is_fit else [f"{path}: {value!r} is no {kind}"]
    described = spec()["types"][kind]
    if "subtypes" in described:
        return _problems(value, described["subtypes"], path)
    fields = {one["name"]: one for one in described.get("fields", [])}
    return _fields(value, fields, path) if isinstance(value, dict) else [f"{path}: no {kind}"]


def _fields(value: dict[str, Any], known: dict[str, dict[str, Any]], path: str) -> list[str]:
    wrong = [f"{path}.{name}: no such field" for name in value if name not in known]
    wrong += [f"{path}.{name}: missing" for name, one in known.items() if one["required"] and name not in value]
    for name, inner in value.items():
        if name in known:
            must = known[name].get("must", inner)
            if inner != must:
                wrong.append(f"{path}.{name}: {inner!r} is not {must!r}")
            wrong += _problems(inner, known[name]["types"], f"{path}.{name}")
    return wrong


def check_models(method: str, body: dict[str, Any]) -> list[str]:
    """The same by aiogram's model of the method. Importing these takes two seconds: do it once, at the end."""
    import aiogram.methods
    from pydantic import ValidationError

    model = getattr(aiogram.methods, method[0].upper() + method[1:], None)
    if model is None:
        return []
    names = set(model.model_fields) | {one.alias for one in model.model_fields.values() if one.alias}
    wrong = [f"aiogram: {name}: no such field" for name in body if name not in names]
    try:
        model.model_validate(body)
    except ValidationError as error:
        wrong += [f"aiogram: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return wrong

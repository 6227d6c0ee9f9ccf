"""Every area has its texts in both languages, and every key the code names exists with what the code gives it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import prompts
from prompts.catalogue import Catalogues

ROOT = Path(prompts.__file__).parent.parent
LOCALES = ROOT / "prompts" / "locales"
LANGUAGES = ("en", "zh_CN")
AREAS = sorted({path.stem for path in LOCALES.glob("*/LC_MESSAGES/*.po")})
SAYERS = {"msg", "Msg", "UserError", "NotFoundError", "ConflictError", "ForbiddenError"}
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_-]+)*")


@dataclass(frozen=True)
class Use:
    """A place in the code that names a key. `given` is None where the parameters cannot be read off the call."""

    where: str
    key: str
    is_prefix: bool
    given: frozenset[str] | None


def uses_in(path: Path) -> Iterator[Use]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        if name not in SAYERS:
            continue
        for first in branches(node.args[0]):
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Use(where, first.value, is_prefix=False, given=given_to(node))
            elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                yield Use(where, str(first.values[0].value), is_prefix=True, given=None)


def branches(node: ast.expr) -> Iterator[ast.expr]:
    """The texts of "a" if x else "b"."""
    if isinstance(node, ast.IfExp):
        yield from branches(node.body)
        yield from branches(node.orelse)
    else:
        yield node


def given_to(call: ast.Call) -> frozenset[str] | None:
    names = [word.arg for word in call.keywords]
    if None in names:
        return None
    given = {name for name in names if name} - {"try_instead"}
    for other in call.args[1:]:
        if not isinstance(other, ast.Dict) or not all(isinstance(key, ast.Constant) for key in other.keys):
            return None
        given |= {str(key.value) for key in other.keys if isinstance(key, ast.Constant)}
    return frozenset(given)


USES = [
    use
    for package in ("bot", "handlers", "prompts", "storage")
    for path in sorted((ROOT / package).rglob("*.py"))
    for use in uses_in(path)
]


def test_the_scan_finds_uses() -> None:
    assert {(use.key, use.given) for use in USES} >= {("checklist.no_template", frozenset({"name", "known"}))}


def test_the_scan_reads_keys_parameters_and_prefixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
msg("a.b", n=1, **more)
Msg("a.c", {"x": 1})
errors.UserError("a.d" if x else "a.e", try_instead="t", y=2)
msg(f"a.f.{kind}")
print("not.a.key")
"""
    (tmp_path / "code.py").write_text(code, "utf-8")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert [(use.key, use.is_prefix, use.given) for use in uses_in(tmp_path / "code.py")] == [
        ("a.b", False, None),
        ("a.c", False, frozenset({"x"})),
        ("a.d", False, frozenset({"y"})),
        ("a.e", False, frozenset({"y"})),
        ("a.f.", True, None),
    ]


@pytest.mark.parametrize("area", AREAS)
def test_an_area_is_complete_in_both_languages(area: str) -> None:
    keys = {}
    for language in LANGUAGES:
        path = LOCALES / language / "LC_MESSAGES" / f"{area}.po"
        assert path.exists(), f"{area} has no {language} file"
        keys[language] = set(re.findall(r'^msgid "(.+)"', path.read_text("utf-8"), re.MULTILINE))
    words = Catalogues.load()
    assert keys["en"] == keys["zh_CN"]
    assert [problem for problem in words.check() if problem.split(":")[0] in keys["en"]] == []


def test_keys_look_like_keys() -> None:
    assert [key for key in Catalogues.load().words["en"] if not KEY.fullmatch(key)] == []


def test_every_key_in_the_code_has_its_text() -> None:
    words = Catalogues.load().words["en"]
    lacking = [
        f"{use.where}: {use.key}"
        for use in USES
        if (not any(key.startswith(use.key) for key in words) if use.is_prefix else use.key not in words)
    ]
    assert lacking == []


def test_every_placeholder_is_given_by_the_code() -> None:
    words = Catalogues.load().words["en"]
    lacking = [
        f"{use.where}: {use.key} lacks {', '.join(sorted(words[use.key].names - use.given))}"
        for use in USES
        if use.given is not None and use.key in words and not words[use.key].names <= use.given
    ]
    assert lacking == []

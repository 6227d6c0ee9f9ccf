"""What must be in an installation, checked where an editable one would hide that it is missing."""

from __future__ import annotations

import ast
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = {
    canonicalize_name(name): version
    for name, version in (line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines())
}
NOT_SHIPPED = {"__pycache__"}
RUN = ("bot", "handlers", "prompts", "storage")
NOT_IMPORTED = {
    "import-linter", "mypy", "pytest-asyncio", "pytest-xdist", "ruff", "syrupy", "types-python-dateutil",
}  # fmt: skip
"""Tools and plugins; the fonts are found by their folder and seen by `run.py check`."""

BENCH_ONLY = {"narwhals", "river", "scipy"}
"""Pinned for `.[bench]`, which is not installed for the tests: river and what it brings."""


def needed(requirements: list[str]) -> list[str]:
    """Names of what is wanted here, without extras."""
    wanted = [Requirement(text) for text in requirements]
    return [canonicalize_name(item.name) for item in wanted if not item.marker or item.marker.evaluate({"extra": ""})]


def test_every_data_file_of_a_package_is_shipped():
    shipped = {
        path
        for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }
    files = {
        path
        for package in RUN
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".py" and not NOT_SHIPPED & set(path.parts)
    }
    assert files == shipped


def test_every_folder_with_code_is_a_package():
    folders = {path.parent for name in RUN for path in (ROOT / name).rglob("*.py")}
    assert [] == [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_every_dependency_is_pinned_and_so_is_whatever_it_brings():
    project = PROJECT["project"]
    waiting = needed(project["dependencies"]) + needed(project["optional-dependencies"]["test"])
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += needed(metadata.requires(name) or [])
    assert set() == seen - set(PINS) - {"pip"}, "not pinned (pip comes with the venv)"
    assert set() == set(needed(project["optional-dependencies"]["bench"])) - set(PINS)
    assert set() == set(PINS) - seen - {"setuptools"} - BENCH_ONLY, "pinned, but nothing needs it"


def test_the_pins_go_together():
    """What an installed distribution asks of another is what that is pinned to; a fresh installation would fail."""
    wrong = []
    for name in sorted(set(PINS) - {"setuptools"} - BENCH_ONLY):
        for text in metadata.requires(name) or []:
            wanted = Requirement(text)
            pin = PINS.get(canonicalize_name(wanted.name))
            is_wanted = not wanted.marker or wanted.marker.evaluate({"extra": ""})
            if is_wanted and pin is not None and not wanted.specifier.contains(pin, prereleases=True):
                wrong.append(f"{name} wants {wanted.name}{wanted.specifier}, pinned is {pin}")
    assert [] == wrong


def test_the_build_uses_what_is_pinned_and_the_versions_agree():
    assert [f"setuptools=={PINS['setuptools']}"] == PROJECT["build-system"]["requires"]
    assert bot.__version__ == PROJECT["project"]["version"]


def imported(*folders: str) -> set[str]:
    """Distributions whose modules are imported anywhere in the folders."""
    names = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    homes = metadata.packages_distributions()
    return {canonicalize_name(homes[name][0]) for name in names if name in homes} - {"showcaller"}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    run = set(needed(PROJECT["project"]["dependencies"]))
    test = set(needed(PROJECT["project"]["optional-dependencies"]["test"]))
    assert set() == imported(*RUN) - run
    bench = set(needed(PROJECT["project"]["optional-dependencies"]["bench"]))
    assert set() == imported("tests", "docs") - run - test - {"packaging"}, "packaging comes with pytest"
    assert set() == imported("benchmarks") - run - bench
    fonts = {name for name in run if name.startswith("pylopdf-fonts")}
    read_through = {"defusedxml"}  # what openpyxl reads with where it is there
    assert set() == run - imported(*RUN) - fonts - read_through
    assert set() == test - imported("tests") - NOT_IMPORTED

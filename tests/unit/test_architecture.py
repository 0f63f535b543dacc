"""What the tree promises: names, lightness, what is declared."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path

import grimp
import pytest

import metabench

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "metabench", *sorted((ROOT / "plugins").glob("metabench_*"))]
SOURCES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
LIGHT = ["api", "plugin", "spec", "tasks", "metrics", "plan", "results", "report"]
UNIT = ROOT / "tests" / "unit"
OF_THE_TREE = {"algorithm_files", "architecture", "bans", "doctests", "error_sites"}
"""Tests of all packages at once: the only ones below tests/unit without a module of their own."""
HEAVY = {"torch", "transformers", "datasets", "sklearn", "scipy", "pandas"}
MAP = "Modules and packages, in the order in which data passes through:"
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "stuff"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_name_in_the_tree_is_a_noun_one_can_point_at(path):
    assert not NO_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_module_fits_in_a_head(path):
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text)), "says in its first line what it holds"


def in_folder(package: Path) -> list[str]:
    """Return the names of a package's modules and subpackages."""
    modules = [path.stem for path in package.glob("*.py") if path.stem != "__init__"]
    return sorted([*modules, *(path.parent.name for path in package.glob("*/__init__.py"))])


def mapped(package: Path) -> list[str]:
    """Return the names in the map of a package's docstring, line by line."""
    source = (package / "__init__.py").read_text(encoding="utf-8")
    _, _, lines = (ast.get_docstring(ast.parse(source)) or "").partition(f"{MAP}\n\n")
    return [line.partition(": ")[0].strip() for line in lines.splitlines()]


@pytest.mark.parametrize("package", sorted({path.parent for path in SOURCES}), ids=relative)
def test_a_package_maps_its_modules(package):
    there, named = in_folder(package), mapped(package)

    assert sorted(named) == there, (
        f"\n{relative(package)}/__init__.py: its docstring maps the folder, under the line {MAP!r}."
        f"\n  to add, as '    name: what it holds' where data reaches it: {set(there) - set(named)}"
        f"\n  to remove, for no such module exists: {set(named) - set(there)}"
        f"\n  named more than once: {sorted({name for name in named if named.count(name) > 1})}"
    )


def mirrored(folder: Path) -> Path:
    """Return the package that a folder below tests/unit is for."""
    inner = folder.relative_to(UNIT)
    plugin = bool(inner.parts) and inner.parts[0].startswith("metabench_")
    return ROOT / ("plugins" if plugin else "metabench") / inner


@pytest.mark.parametrize("path", sorted(UNIT.rglob("test_*.py")), ids=relative)
def test_a_test_file_is_named_after_its_module(path):
    """``test_lock.py`` and ``test_lock_held.py`` are for ``lock.py``, in the mirrored package."""
    package, name = mirrored(path.parent), path.stem.removeprefix("test_")
    if path.parent == UNIT and name in OF_THE_TREE:
        return

    assert package.is_dir(), (
        f"\n{relative(path)}: tests/unit mirrors metabench/ (and plugins/metabench_*),"
        f"\n  but there is no package {relative(package)}"
    )
    subjects = [package.name, *in_folder(package)]
    assert [subject for subject in subjects if name == subject or name.startswith(f"{subject}_")], (
        f"\n{relative(path)}: name it after what it tests, as test_MODULE.py or"
        f"\n  test_MODULE_ASPECT.py, where MODULE is one of {subjects}"
    )


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Return which module imports which, also for annotations alone."""
    names = [package.name for package in PACKAGES]
    return grimp.build_graph(*names, exclude_type_checking_imports=False, cache_dir=None)


def circle(imports: grimp.ImportGraph, package: str) -> list[str]:
    """Return a circle of imports between a package's parts, itself among them; empty for none."""
    owner = {package: package}
    for part in imports.find_children(package):
        owner |= dict.fromkeys({part, *imports.find_descendants(part)}, part)
    parts: dict[str, set[str]] = {}
    for module, part in owner.items():
        found = {
            owner.get(name, part) for name in imports.find_modules_directly_imported_by(module)
        }
        parts[part] = parts.get(part, set()) | found - {part}
    try:
        TopologicalSorter(parts).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_imports_go_round_in_a_circle(imports):
    packages = sorted(name for name in imports.modules if imports.find_children(name))
    circles = {package: circle(imports, package) for package in packages}

    assert not {package: found for package, found in circles.items() if found}, (
        "break the circle: move what both sides need below them, or pass it as an argument"
    )


@pytest.mark.parametrize("package", [*LIGHT, "plugin.catalog", "__init__"])
def test_a_light_package_loads_nothing_heavy(package):
    program = f"import sys, metabench.{package}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not HEAVY & set(done.stdout.split())


def test_the_catalog_is_loaded_without_anything_heavy():
    call = "from metabench.plugin.catalog import load_catalog; load_catalog()"
    program = f"import sys; {call}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not HEAVY & set(done.stdout.split())


def test_the_benchmarks_travel_with_the_package():
    """In a clone the files are those of the clone; in a wheel they are in the package.

    Records of what was run stay in the clone.
    """
    shipped = Path(str(files("metabench"))) / "benchmarks"
    here = ROOT / "benchmarks"
    folder = shipped if shipped.is_dir() else here

    def names(root: Path) -> set[str]:
        found = {path.relative_to(root).as_posix() for path in root.rglob("*.toml")}
        return {name for name in found if not name.startswith("results/")}

    assert names(here) == names(folder)


OF_AN_EXTRA = {
    "plugins/metabench_tensorboard/event_files.py": {"tensorboard"},
}
"""The modules that may import what only an extra installs."""


def declared(*, extras: bool) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [
        project["dependencies"],
        *(project["optional-dependencies"].values() if extras else ()),
    ]
    return {entry.partition(">=")[0] for group in groups for entry in group}


def test_what_is_imported_is_declared():
    ours = {package.name for package in PACKAGES}
    names = set()
    for path in SOURCES:
        names |= imported(path) - OF_AN_EXTRA.get(path.relative_to(ROOT).as_posix(), set())
    names -= ours | set(sys.stdlib_module_names)
    projects = {"pydantic_core": "pydantic", "sklearn": "scikit-learn", "yaml": "pyyaml"}

    found = {projects.get(name, name).replace("_", "-") for name in names}
    assert found <= declared(extras=False)
    assert set().union(*OF_AN_EXTRA.values()) <= declared(extras=True)


ELSEWHERE = {"mlflow"}
"""What needs older versions of other packages than are pinned, and has its own environment."""


def test_what_is_declared_is_pinned():
    pinned = {
        line.partition("==")[0]
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }

    assert declared(extras=True) - ELSEWHERE <= pinned


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox installs the wheel")
def test_what_is_tested_is_the_wheel():
    program = "import metabench; print(metabench.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ROOT / "metabench" not in Path(metabench.__file__).parents
    assert done.stdout.strip() == metabench.__file__

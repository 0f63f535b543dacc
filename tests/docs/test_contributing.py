"""The pages of the project for contributors: they name commands, versions and files that exist."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import metabench

ROOT = Path(__file__).parents[2]
FORMS = sorted(
    path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"
)
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def loaded(name: str):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def commands_of_the_readme() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```console\n\$ (.+)\n```$", readme, re.MULTILINE)[:2]


def test_the_workflow_runs_the_two_commands_of_the_readme_on_three_systems_and_three_pythons():
    jobs = loaded(".github/workflows/readme.yml")["jobs"]
    lines = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    clone = [command.replace(".venv/bin/", "") for command in commands_of_the_readme()]

    said = " && ".join(line.replace(".venv/bin/", "") for line in lines)
    for command in clone:
        assert command.removeprefix("python3 -m venv .venv && ") in said
    for job in jobs.values():
        assert len(job["strategy"]["matrix"]["os"]) == 3
        assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_the_pythons_of_the_workflow_are_those_that_the_package_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [
        found[1]
        for entry in project["classifiers"]
        if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", entry))
    ]
    jobs = loaded(".github/workflows/readme.yml")["jobs"]

    assert [job["strategy"]["matrix"]["python"] for job in jobs.values()] == [declared, declared]


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_for_what_doctor_prints(form):
    fields = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
    labels = [field["attributes"]["label"] for field in fields]
    names = [field["id"] for field in fields]

    assert any(re.search(r"`metabench doctor .*--json`", label) for label in labels)
    assert len(names) == len(set(names))
    assert {field["type"] for field in fields} <= {"textarea", "input", "dropdown", "checkboxes"}


def test_the_citation_is_of_this_version_and_names_the_paper():
    citation = loaded("CITATION.cff")

    assert citation["version"] == metabench.__version__
    assert citation["license"] == "Apache-2.0"
    assert [author["family-names"] for author in citation["references"][0]["authors"]] == [
        "Dou",
        "Yu",
        "Anastasopoulos",
    ]


def test_hooks_before_a_commit_use_the_pinned_versions():
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    hooks = loaded(".pre-commit-config.yaml")["repos"][0]["hooks"]

    assert {name for hook in hooks for name in hook["additional_dependencies"]} <= set(pinned)


def test_the_commands_that_contributing_names_are_those_of_tox():
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "tox.ini", encoding="utf-8")
    named = set(re.findall(r"`tox -e (\w+)", CONTRIBUTING))

    assert named
    assert named <= {section.removeprefix("testenv:") for section in settings.sections()}


def test_the_files_that_contributing_links_to_exist():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", CONTRIBUTING)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []

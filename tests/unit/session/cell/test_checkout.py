"""Properties of the question to git: commit and dirtiness, and no program of the repository."""

from __future__ import annotations

import subprocess

import pytest

from metabench.session.cell.checkout import _environment, checkout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one committed file, as the working folder."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_PARAMETERS"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "--quiet")
    (folder / "kept.txt").write_text("one\n")
    git("add", "kept.txt")
    git("-c", "user.name=A", "-c", "user.email=a@b.example", "commit", "--quiet", "-m", "one")
    checkout.cache_clear()
    yield folder
    checkout.cache_clear()


def git(*arguments):
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)  # noqa: S607
    return done.stdout.strip()


@pytest.fixture
def planted(tmp_path):
    """A program that leaves a file where it is run, and that file."""
    mark = tmp_path / "PWNED"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    return program, mark


def test_a_clean_and_a_changed_checkout_are_told_apart(repository):
    assert checkout() == (git("rev-parse", "HEAD"), False)
    checkout.cache_clear()
    (repository / "kept.txt").write_text("two\n")
    assert checkout() == (git("rev-parse", "HEAD"), True)


def test_git_fetches_and_writes_nothing_whatever_its_version_and_is_steered_by_nobody():
    found = _environment(
        {"GIT_DIR": "x", "GIT_ALLOW_PROTOCOL": "https", "PATH": "p", "LC_ALL": "de"}
    )

    assert {name: found[name] for name in found if not name.startswith("GIT_")} == {
        "PATH": "p", "LC_ALL": "C",
    }  # fmt: skip
    assert "GIT_DIR" not in found
    assert (found["GIT_ALLOW_PROTOCOL"], found["GIT_NO_LAZY_FETCH"]) == ("none", "1")
    assert (found["GIT_OPTIONAL_LOCKS"], found["GIT_TERMINAL_PROMPT"]) == ("0", "0")


def test_a_folder_outside_of_any_checkout_has_neither(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkout.cache_clear()

    assert checkout() == (None, None)


def fsmonitor(program):
    git("config", "core.fsmonitor", str(program))


def hooks(program):
    hook = program.parent / "hooks" / "post-index-change"
    hook.parent.mkdir()
    program.rename(hook)
    git("config", "core.hooksPath", str(hook.parent))


def filters(program, name="planted"):
    for kind in ("clean", "smudge", "process"):
        git("config", f"filter.{name}.{kind}", str(program))
    git("config", f"filter.{name}.required", "true")
    with open(".git/info/attributes", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(f"* filter={name}\n")


def odd_filters(program):
    filters(program, "a=b")


def pager_and_diffs(program):
    for key in ("core.pager", "pager.status", "diff.external", "diff.x.textconv", "alias.status"):
        git("config", key, str(program))


def included_fsmonitor(program):
    more = program.parent / "more"
    more.write_text(f"[core]\n\tfsmonitor = {program}\n")
    git("config", "include.path", str(more))


@pytest.mark.parametrize(
    "plant", [fsmonitor, hooks, filters, odd_filters, pager_and_diffs, included_fsmonitor]
)
def test_no_program_that_a_repository_names_is_run(plant, repository, planted):
    program, mark = planted
    plant(program)
    (repository / "kept.txt").write_text("two\n")  # another time stamp: git looks at its content
    mark.unlink(missing_ok=True)

    commit, _ = checkout()

    assert commit is not None
    assert not mark.exists()


def test_what_a_filter_would_have_said_is_not_asked_for(repository, planted):
    filters(planted[0])
    (repository / "kept.txt").write_text("two\n")

    assert checkout()[1] is True


def test_a_filter_that_cannot_be_switched_off_leaves_it_open(repository, planted):
    odd_filters(planted[0])

    assert checkout()[1] is None


def test_a_repository_without_work_tree_is_not_asked(tmp_path, monkeypatch, planted):
    program, mark = planted
    bare = tmp_path / "bare.git"
    git("init", "--quiet", "--bare", str(bare))
    monkeypatch.chdir(bare)
    for key, value in (("core.fsmonitor", str(program)), ("core.worktree", str(tmp_path))):
        git("config", "--file", "config", key, value)
    git("config", "--file", "config", "core.bare", "false")
    checkout.cache_clear()

    assert checkout() == (None, None)
    assert not mark.exists()


def test_the_index_is_not_written(repository):
    (repository / "kept.txt").touch()
    before = (repository / ".git/index").read_bytes()

    assert checkout()[1] is False
    assert (repository / ".git/index").read_bytes() == before

"""Steps are read once each, also from a file that a kill has cut back and that grows again."""

from __future__ import annotations

import json

from metabench_trackers.tracked import Step, Steps


def line(step, loss=0.5):
    return json.dumps({"stage": "meta", "step": step, "total": 9, "loss": loss}) + "\n"


def numbers(steps, last):
    return [step.number for step in steps.after(last)]


def test_a_step_has_the_scalars_of_its_stage_and_no_bookkeeping(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_text(line(1, 0.25))

    assert list(Steps(file).after(0)) == [Step(1, {"meta/loss": 0.25})]


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path):
    file = tmp_path / "metrics.jsonl"
    steps = Steps(file)
    file.write_text(line(1) + line(2)[:20])

    assert numbers(steps, 0) == [1]
    with file.open("a") as grown:
        grown.write(line(2)[20:] + line(3))
    assert numbers(steps, 1) == [2, 3]
    assert numbers(steps, 3) == []


def test_a_file_cut_back_to_a_checkpoint_gives_only_later_steps(tmp_path):
    file = tmp_path / "metrics.jsonl"
    steps = Steps(file)
    file.write_text("".join(map(line, range(1, 8))))
    assert numbers(steps, 0) == list(range(1, 8))

    file.write_text("".join(map(line, range(1, 5))))
    assert numbers(steps, 7) == []
    with file.open("a") as grown:
        grown.write("".join(map(line, range(5, 10))))
    assert numbers(steps, 7) == [8, 9]


def test_damaged_lines_are_left_out(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_text(f'{line(1)}nonsense\n[]\n{{"step": 2}}\n{line(3)}')

    assert numbers(Steps(file), 0) == [1, 3]


def test_a_cell_that_has_not_begun_has_no_steps(tmp_path):
    assert numbers(Steps(tmp_path / "metrics.jsonl"), 0) == []

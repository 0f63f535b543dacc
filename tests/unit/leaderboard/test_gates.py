"""Laws of the gates of `metabench compare`: they exit with 6, name the rows, and fail closed."""

import pytest

from metabench.cli.main import main
from metabench.errors import UsageError
from metabench.leaderboard.gates import parse_gate

# In tests/unit/conftest.py, to BERT: Joint +9.0 on RTE, +2.0 on MRPC; Reptile +8.0 and +2.0;
# Reptile has no score on SciTail and 2 of 3 on MRPC.


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("rte < -1.0", 0),
        ("rte < 8.5", 6),
        ("rte Joint < 8.5", 0),
        ("rte Joint <= 9", 6),
        ("rte joint >= 9.0", 6),
        ("RTE>9", 0),
        ("average Joint < 5.5", 0),
        ("score:rte < 52", 0),
        ("score:rte <= 52.0", 6),
        ("score:rte BERT > 51.9", 6),
        ("score: mrpc 'Joint' < 72", 0),
        ("rte < \N{MINUS SIGN}1", 0),
    ],
)
def test_a_gate_catches_what_it_says(expression, code, shown):
    assert shown("--fail-if", expression)[0] == code


def test_a_gate_names_the_rows_and_the_leaderboard_is_shown_all_the_same(shown):
    code, out, err = shown("--fail-if", "rte < 8.5")

    assert code == 6
    assert out.startswith("demo: scores\n")
    assert "rte < 8.5: 'Reptile' on 'rte' has a difference to 'BERT' of +8\n" in err
    assert "'Joint'" not in err
    assert "error: demo: caught by --fail-if 'rte < 8.5'" in err


def test_gates_are_all_looked_at(shown):
    code, _, err = shown(
        "--fail-if", "rte < 8.5", "--fail-if", "mrpc < 1", "--fail-if", "rte > 8.5"
    )

    assert code == 6
    assert "caught by --fail-if 'rte < 8.5' and --fail-if 'rte > 8.5'" in err


def test_a_gate_is_about_the_first_baseline(shown):
    assert shown("--fail-if", "rte < -8", "--baseline", "Joint", "--baseline", "BERT")[0] == 6
    assert shown("--fail-if", "rte < -8", "--baseline", "BERT", "--baseline", "Joint")[0] == 0


@pytest.mark.parametrize("expression", ["scitail < -1", "score:scitail > 100"])
def test_a_gate_without_a_value_to_check_does_not_let_pass(expression, shown):
    code, _, err = shown("--fail-if", expression)

    assert code == 6
    assert "'Reptile' on 'scitail' has no " in err
    assert "to check: 3 not run" in err


def test_the_number_that_is_meant_decides_and_not_its_last_bit(make_study, capsys):
    store = make_study({("A", "rte"): {0: 0.29}, ("B", "rte"): {0: 0.57}})

    assert 100 * 0.29 < 29  # what a careless comparison would say
    assert main(["compare", str(store.folder), "--fail-if", "score:rte A < 29"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("text", ["", "rte", "rte <", "< 1", "rte < x", "rte == 1", "rte < nan"])
def test_what_does_not_follow_the_grammar_is_refused(text):
    with pytest.raises(UsageError, match="cannot be understood"):
        parse_gate(text)


def test_names_may_be_quoted_or_hold_blanks():
    gates = [parse_gate(f"scitail@0.001 {name} < 1") for name in ("Reptile 2:1", "'Reptile 2:1'")]

    assert {(gate.column, gate.method, gate.sign, gate.number) for gate in gates} == {
        ("scitail@0.001", "Reptile 2:1", "<", 1.0)
    }


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rtee < 1", "there is no column 'rtee'; did you mean 'rte'?"),
        ("rte Jont < 1", "there is no method 'Jont'; did you mean 'Joint'?"),
        ("rte BERT < 1", "'BERT' is the first baseline and has no difference to itself"),
        ("rte ~ 1", "--fail-if 'rte ~ 1': cannot be understood"),
    ],
)
def test_a_mistake_in_a_gate_is_one_of_usage_and_nothing_is_shown(expression, said, shown):
    code, out, err = shown("--fail-if", expression)

    assert (code, out) == (2, "")
    assert said in err


def test_without_a_baseline_a_gate_needs_a_score(make_study, capsys):
    folder = str(make_study({("A", "rte"): {0: 0.5}}, baselines=()).folder)

    assert main(["compare", folder, "--fail-if", "rte < 1"]) == 2
    assert "there is no baseline to take a difference to" in capsys.readouterr().err
    assert main(["compare", folder, "--fail-if", "score:rte < 1"]) == 0


def test_strict_names_every_score_that_is_not_there(shown):
    code, out, err = shown("--strict")

    assert code == 6
    assert out.startswith("demo: scores\n")
    assert "strict: 'Reptile' on 'mrpc' has 2 of 3 seeds: 1 diverged\n" in err
    assert "strict: 'Reptile' on 'scitail' has 0 of 3 seeds: 3 not run\n" in err
    assert "error: demo: caught by --strict" in err


def test_strict_is_content_with_a_whole_leaderboard(shown):
    assert shown("--strict", "--targets", "rte")[0] == 0


def test_strict_names_rows_of_mixed_origin(make_study, capsys):
    scores = {("A", "rte"): {0: 0.5, 1: 0.6}, ("B", "rte"): {0: 0.5, 1: 0.6}}
    facts = {"A": {"device": "cpu"}, "B": {"device": "a GPU"}}
    folder = make_study(scores, facts=facts).folder

    assert main(["compare", str(folder), "--strict"]) == 6
    assert "strict: methods of mixed origin: device: a GPU (B), cpu (A)" in capsys.readouterr().err

"""``metabench plugins check`` shows each check as it ends; one that fails with its hint."""

from __future__ import annotations

from metabench.cli.commands.plugins import check as plugins_check

CASE = {
    "event": "ended",
    "kind": "metric",
    "name": "mine",
    "origin": "mine 1.0",
    "check": "in_range",
    "law": "Its values lie in [-1, 1]",
    "hint": "Return 0.5 for 50 %.",
}


def test_a_check_that_fails_is_shown_with_its_hint_and_others_without(capsys):
    tell = plugins_check._told(as_json=False)

    tell({**CASE, "state": "failed", "detail": "50.0 is not in [-1, 1]"})
    tell({**CASE, "state": "ok", "detail": ""})

    assert capsys.readouterr().out.splitlines() == [
        "metric mine (mine 1.0)",
        "  failed  in_range               50.0 is not in [-1, 1]",
        "          hint: Return 0.5 for 50 %.",
        "  ok      in_range               Its values lie in [-1, 1]",
    ]

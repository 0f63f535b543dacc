"""The ledger survives a cut line, tells servers apart and stores no address."""

from __future__ import annotations

from contextlib import closing

from metabench_trackers.ledger import Ledger, identity
from metabench_trackers.place import Place


def test_what_was_added_is_known_to_the_next_process_for_the_same_place_only(place):
    Ledger(place, "http://one").add("cell", "record")

    assert Ledger(place, "http://one").has("cell", "record")
    assert not Ledger(place, "http://one").has("cell", "other record")
    assert not Ledger(place, "http://two").has("cell", "record")


def test_a_line_cut_by_a_kill_is_forgotten_and_no_other(place):
    Ledger(place, "here").add("a", "1")
    with (place.path / "ledger.jsonl").open("a") as file:
        file.write('{"to": "x", "ce')
    Ledger(place, "here").add("b", "2")

    again = Ledger(place, "here")
    assert again.has("a", "1")
    assert again.has("b", "2")


def test_the_password_of_an_address_is_not_stored(place):
    Ledger(place, "http://me:hunter2@host").add("a", "1")

    assert "hunter2" not in (place.path / "ledger.jsonl").read_text()


def test_a_run_folder_keeps_its_identity_and_two_have_two(place, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with closing(Place(other, "memory")) as elsewhere:
        assert identity(place) == identity(place) != identity(elsewhere)

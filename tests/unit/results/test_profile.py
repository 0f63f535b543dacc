"""What differs between two machines is said in words."""

from __future__ import annotations

from metabench.results.profile import changed, same_profile


def test_what_differs_between_two_machines_is_listed(provenance):
    then = provenance.model_copy(
        update={"device": "cpu", "threads": 1, "versions": {"torch": "2.12", "scipy": "1"}}
    )
    now = provenance.model_copy(
        update={"device": "GPU", "threads": 1, "versions": {"torch": "2.13", "scipy": "2"}}
    )

    assert list(changed(then, now)) == ["device cpu → GPU", "torch 2.12 → 2.13"]
    assert list(changed(then, provenance)) == [
        "device cpu → unknown",
        "threads 1 → unknown",
        "torch 2.12 → unknown",
    ]


def test_compiled_layers_are_another_machine_profile_and_a_record_without_a_word_is_plain(
    provenance,
):
    compiled = provenance.model_copy(update={"compiled": True})
    plain = provenance.model_copy(update={"compiled": False})

    assert list(changed(plain, compiled)) == ["compiled False → True"]
    assert list(changed(plain, provenance)) == []
    assert same_profile(plain, provenance)
    assert not same_profile(plain, compiled)

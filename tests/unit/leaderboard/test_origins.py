"""Laws of where numbers come from: what differs between cells is named, with its rows."""

from metabench.leaderboard.origins import mixed_origins
from metabench.results.collect import collect
from metabench.store.records.provenance import PluginNote

SCORES = {(method, "x"): {0: 0.5, 1: 0.6} for method in ("BERT", "Joint", "MAML")}


def found(make_study, **facts):
    return mixed_origins(collect(make_study(SCORES, facts=facts)))


def test_cells_that_were_computed_alike_give_nothing(make_study):
    facts = {"versions": {"torch": "2.12"}, "device": "A100", "started": "x", "git_commit": "y"}

    assert found(make_study) == ()
    assert found(make_study, **{method: facts for method, _ in SCORES}) == ()


def test_another_version_is_named_with_its_rows(make_study):
    old, new = {"versions": {"torch": "2.12"}}, {"versions": {"torch": "2.13"}}

    assert found(make_study, BERT=old, Joint=new, MAML=new) == (
        "torch: 2.12 (BERT), 2.13 (Joint, MAML)",
    )


def test_another_device_precision_or_plugin_is_named(make_study):
    one = {
        "metabench": "1",
        "device": "cpu",
        "processor": "Xeon",
        "precision": "fp32",
        "plugins": (PluginNote(distribution="extra", version="1"),),
    }
    two = {
        "metabench": "2",
        "device": "A100",
        "processor": "Xeon",
        "precision": "bf16",
        "plugins": (PluginNote(distribution="extra", version="2"),),
    }

    assert found(make_study, BERT=one, Joint=two, MAML=two) == (
        "device: A100 (Joint, MAML), cpu (Xeon) (BERT)",
        "extra: 1 (BERT), 2 (Joint, MAML)",
        "metabench: 1 (BERT), 2 (Joint, MAML)",
        "precision: bf16 (Joint, MAML), fp32 (BERT)",
    )


def test_facts_are_named_in_words_and_a_processor_stands_for_the_device_that_it_is(make_study):
    one, two = (
        {"device": "cpu", "processor": name, "processor_model": name, "instruction_set": name}
        for name in ("A", "B")
    )

    assert found(make_study, BERT=one, Joint=two, MAML=two) == (
        "device: cpu (A) (BERT), cpu (B) (Joint, MAML)",
        "instruction set: A (BERT), B (Joint, MAML)",
        "processor model: A (BERT), B (Joint, MAML)",
    )


def test_meta_training_elsewhere_counts_too(make_study):
    # The meta cells of a method are made with its facts; here one of them is changed.
    store = make_study(SCORES, start={"MAML": {}}, facts={m: {"device": "A"} for m, _ in SCORES})
    meta = next(cell for cell in store.run().cells if cell.kind == "meta")
    result = store.result(meta.cell)
    moved = result.provenance.model_copy(update={"device": "B"})
    store.commit_result(meta.cell, result.model_copy(update={"provenance": moved}))

    assert mixed_origins(collect(store)) == ("device: A, B (MAML)",)


def test_many_rows_are_not_all_named(make_study):
    scores = {(f"M{number}", "x"): {0: 0.5} for number in range(6)}
    facts = {method: {"device": "A" if method == "M0" else "B"} for method, _ in scores}

    (line,) = mixed_origins(collect(make_study(scores, facts=facts)))

    assert line == "device: A (M0), B (M1, M2, M3 and 2 more)"


def test_rows_that_were_compiled_are_named_beside_plain_ones_and_not_beside_those_that_cannot_be(
    make_study,
):
    compiled, plain, neither = ({"compiled": value} for value in (True, False, None))

    assert found(make_study, BERT=compiled, Joint=compiled, MAML=neither) == ()
    assert found(make_study, BERT=compiled, Joint=plain, MAML=neither) == (
        "compiled: no (Joint), yes (BERT)",
    )

"""Identities: known without loading a row, equal for equal content, different for different."""

import json
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.api.task import GeneratedSource, HubSource, TaskCard
from metabench.errors import DataError
from metabench.tasks.embedded.cards import EMBEDDED
from metabench.tasks.encoder import model_identity
from metabench.tasks.hub import Hub
from metabench.tasks.identity import generator_hash, split_facts

README = """---
configs:
- config_name: one
  data_files:
  - split: train
    path: one/train-*.parquet
  - split: validation
    path: one/validation.parquet
---
# text
"""


def card(**changes):
    values = {
        "name": "own/task", "title": "Own", "source": HubSource(id="own/data", config="one"),
        "text": ("sentence",), "labels": ("no", "yes"), "metrics": ("accuracy",),
        "splits": {"train": 100, "validation": 10}, "scored": "validation",
        "summary": "s", "licence": "l", "citation": "c",
    }  # fmt: skip
    return TaskCard(**{**values, **changes})


def write(path, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    sentences = [f"row {number}" for number in range(len(labels))]
    pq.write_table(pa.table({"sentence": sentences, "label": labels}), path)


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "hub" / "datasets" / "own" / "data"
    write(folder / "one" / "train-00000.parquet", [0, 1, 0])
    write(folder / "one" / "train-00001.parquet", [1, 1])
    write(folder / "one" / "validation.parquet", [0])
    (folder / "README.md").write_text(README)
    return tmp_path / "hub"


def test_rows_of_a_mirror_are_counted_over_all_files_of_the_split(mirror):
    assert split_facts(card(), "train", hub=Hub(mirror)).rows == 5
    assert split_facts(card(), "validation", hub=Hub(mirror)).rows == 1


def test_a_mirror_elsewhere_has_the_same_identity_and_a_changed_row_another(mirror, tmp_path):
    before = split_facts(card(), "train", hub=Hub(mirror))
    shutil.copytree(mirror, tmp_path / "elsewhere")
    moved = split_facts(card(), "train", hub=Hub(tmp_path / "elsewhere"))
    write(mirror / "datasets/own/data/one/train-00001.parquet", [1, 0])
    after = split_facts(card(), "train", hub=Hub(mirror))

    assert moved == before
    assert after.identity != before.identity


def test_a_split_that_is_missing_names_data_set_split_what_is_there_and_the_way_out(mirror):
    with pytest.raises(DataError, match="no split 'test'; there are 'train', 'validation'") as info:
        split_facts(card(), "test", hub=Hub(mirror))

    assert "own/data" in str(info.value)
    assert 'tasks.splits."own/task".train = "validation"' in info.value.hint


def test_a_configuration_that_is_missing_names_those_that_are_there(mirror):
    other = card(source=HubSource(id="own/data", config="two"))

    with pytest.raises(DataError, match="no configuration 'two'; there are 'one'"):
        split_facts(other, "train", hub=Hub(mirror))


def test_a_file_that_the_readme_lists_but_nobody_copied_is_named(mirror):
    (mirror / "datasets/own/data/one/validation.parquet").unlink()

    with pytest.raises(DataError, match=r"no file matches 'one/validation.parquet'"):
        split_facts(card(), "train", hub=Hub(mirror))


def test_a_truncated_parquet_file_is_named(mirror):
    path = mirror / "datasets/own/data/one/validation.parquet"
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(DataError, match="not readable as parquet"):
        split_facts(card(), "validation", hub=Hub(mirror))


@pytest.mark.parametrize("readme", ["---\n: : :\n---\n", "---\n- [\n---\n"])
def test_a_readme_whose_front_matter_is_no_yaml_is_refused(mirror, readme):
    (mirror / "datasets/own/data/README.md").write_text(readme)

    with pytest.raises(DataError, match="front matter"):
        split_facts(card(), "train", hub=Hub(mirror))


def test_a_data_set_that_is_nowhere_names_itself_and_both_ways_out(tmp_path):
    with pytest.raises(DataError, match="'own/data' is not on this machine") as info:
        split_facts(card(), "train", hub=Hub(offline=True))

    assert "METABENCH_HUB" in info.value.hint
    assert "network" in info.value.hint
    with pytest.raises(DataError, match="not in the mirror"):
        split_facts(card(), "train", hub=Hub(tmp_path, offline=True))


def test_a_generator_is_known_by_its_module_and_what_that_imports_from_its_package(
    tmp_path, monkeypatch
):
    package = tmp_path / "some_generator_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "words.py").write_text("WORDS = ['a']\n")
    (package / "apart.py").write_text("X = 1\n")
    (package / "rows.py").write_text("from some_generator_package.words import WORDS\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    target = "some_generator_package.rows:generate"

    def fresh():
        generator_hash.cache_clear()
        return generator_hash(target)

    before = fresh()
    (package / "apart.py").write_text("X = 2\n")
    (package / "words.py").write_text("WORDS = ['a']  # a remark\n")
    unchanged = fresh()
    (package / "words.py").write_text("WORDS = ['b']\n")
    changed = fresh()
    generator_hash.cache_clear()
    sys.modules.pop("some_generator_package", None)

    assert before == unchanged
    assert before != changed


def test_a_generator_without_a_module_is_named():
    lost = card(source=GeneratedSource(target="no_such_module:generate"))

    with pytest.raises(DataError, match="'no_such_module'"):
        split_facts(lost, "train", hub=Hub())


def test_every_embedded_split_has_an_identity_of_its_own():
    facts = [split_facts(task, split, hub=Hub()) for task in EMBEDDED for split in task.splits]

    assert len({fact.identity for fact in facts}) == len(facts) == 18
    assert [fact.rows for fact in facts] == [n for task in EMBEDDED for n in task.splits.values()]


def safetensors(content):
    """Return a file with one tensor of bytes."""
    entry = {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}
    header = json.dumps({"a": entry}).encode()
    return len(header).to_bytes(8, "little") + header + content


@pytest.fixture
def encoder(tmp_path):
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(safetensors(b"abcd"))
    return folder


def identity(folder, weights="pretrained"):
    return model_identity(str(folder), revision=None, weights=weights, hub=Hub())


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_an_encoder_is_another_one_when_config_tokenizer_or_weights_change(encoder, name):
    before = identity(encoder)
    path = encoder / name
    json_file = name.endswith(".json")
    path.write_bytes(path.read_bytes() + b" " if json_file else safetensors(b"abce"))

    assert identity(encoder) != before


def test_the_weights_of_an_encoder_that_is_drawn_anew_do_not_count(encoder):
    before = identity(encoder, "random")
    (encoder / "model.safetensors").write_bytes(safetensors(b"wxyz"))

    assert identity(encoder, "random") == before
    assert identity(encoder) != before


def test_an_encoder_without_weights_says_how_to_go_on():
    with pytest.raises(DataError, match="holds no weights") as info:
        model_identity("embedded/encoder", revision=None, weights="pretrained", hub=Hub())

    assert 'model.weights = "random"' in info.value.hint


def test_an_encoder_that_brings_code_is_refused(encoder):
    (encoder / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}')

    with pytest.raises(DataError, match="run code"):
        identity(encoder)


def test_an_encoder_without_a_tokenizer_is_refused(encoder):
    """Else transformers makes one that maps every word to ``[UNK]``."""
    (encoder / "tokenizer.json").unlink()

    with pytest.raises(DataError, match="holds no tokenizer") as caught:
        identity(encoder)
    assert caught.value.where == str(encoder)


def test_a_folder_that_is_no_encoder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"config.json cannot be read"):
        identity(tmp_path)


def test_an_encoder_that_is_nowhere_names_itself_and_both_ways_out():
    with pytest.raises(DataError, match="encoder 'no/where' is not on this machine") as info:
        model_identity("no/where", revision=None, weights="random", hub=Hub(offline=True))

    assert "METABENCH_HUB" in info.value.hint


@pytest.mark.parametrize("path", ["./models/bert", "../bert", "/data/bert", "~/bert", "a/b/bert"])
def test_an_encoder_that_is_named_by_a_path_is_looked_for_as_a_folder(path):
    with pytest.raises(DataError, match=f"there is no folder {path!r}") as caught:
        model_identity(path, revision=None, weights="pretrained", hub=Hub(offline=True))

    assert caught.value.hint.startswith("correct the path of the encoder")

"""What somebody else made is checked before it is loaded: no code runs, no number is trusted."""

from __future__ import annotations

import json
import math
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch
import transformers
from safetensors import SafetensorError

from metabench.engine.parameters import unpack_parameters, vector
from metabench.errors import DataError, StoreError
from metabench.nn.encoder import load_encoder, load_tokenizer
from metabench.nn.layout import Layout
from metabench.nn.seeded import seeded
from metabench.seeding import Stream
from metabench.spec.model.sections import ModelSpec
from metabench.tasks import weights as strangers
from metabench.tasks.encoder import model_identity
from metabench.tasks.hub import Hub
from metabench.tasks.weights import check_weights

OFFLINE = Hub(offline=True)
WORDS = "embeddings.word_embeddings.weight"


@pytest.fixture
def bert(tmp_path):
    """The folder of a saved BERT."""
    config = transformers.BertConfig(
        hidden_size=8, intermediate_size=8, vocab_size=40, num_hidden_layers=1,
        num_attention_heads=1,
    )  # fmt: skip
    with seeded(1, torch.device("cpu")):
        transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    (tmp_path / "bert" / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n")
    return tmp_path / "bert"


def load(folder):
    return load_encoder(ModelSpec(id=str(folder)), hub=OFFLINE, stream=Stream.root(0))


def identity(folder):
    return model_identity(str(folder), revision=None, weights="pretrained", hub=OFFLINE)


def tensors(folder):
    return safetensors.torch.load_file(folder / "model.safetensors")


def save(folder, values):
    safetensors.torch.save_file(values, folder / "model.safetensors", metadata={"format": "pt"})


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_what_is_whole_is_loaded(bert):
    assert load(bert).width == 8
    assert len(identity(bert)) == 64


@pytest.mark.parametrize(
    "name", ["model.safetensors", "pytorch_model.bin", "model.pt", "weights.pkl", "model.npz"]
)
@pytest.mark.parametrize("kind", ["pickle", "torch", "numpy"])
def test_no_pickle_is_ever_loaded_whatever_it_is_called(bert, tmp_path, name, kind):
    (bert / "model.safetensors").unlink()
    canary, path = Canary(tmp_path / "canary"), bert / name
    if kind == "pickle":
        path.write_bytes(pickle.dumps({"a": canary}))
    elif kind == "torch":
        torch.save({"a": canary}, path)
    else:
        with path.open("wb") as file:
            np.savez(file, a=np.array([canary], dtype=object))

    for use in (load, identity):
        with pytest.raises(DataError, match=r"holds no weights|is no safetensors file"):
            use(bert)
    with pytest.raises(SafetensorError, match=r"(?i)header|metadata"):
        unpack_parameters(path.read_bytes())
    assert not (tmp_path / "canary").exists()


def file_of(header, data=b"", *, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


HOSTILE = {
    "nothing": b"",
    "seven bytes": b"\0" * 7,
    "a header of 2^63 bytes": file_of({}, length=2**63),
    "a header longer than the file": file_of({}, length=1000),
    "a header that is no JSON": file_of(b"{'a': 1}"),
    "a header that is a list": file_of([]),
    "a header nested without end": file_of(b"[" * 100_000),
    "a tensor that is no table": file_of({"a": 3}),
    "a tensor without a type": file_of({"a": {"shape": [1], "data_offsets": [0, 4]}}, b"abcd"),
    "a type that nobody knows": file_of({"a": entry("PICKLE")}, b"abcd"),
    "offsets beyond the file": file_of({"a": entry(shape=(2,), offsets=(0, 8))}, b"abcd"),
    "offsets that overlap": file_of({"a": entry(), "b": entry(offsets=(2, 6))}, b"abcdef"),
    "a gap": file_of({"a": entry(), "b": entry(offsets=(8, 12))}, b"abcdefghijkl"),
    "a rest that is no tensor's": file_of({"a": entry()}, b"abcdefgh"),
    "a shape that does not fit": file_of({"a": entry(shape=(2,))}, b"abcd"),
    "a shape below nought": file_of({"a": entry(shape=(-1, -1))}, b"abcd"),
    "a shape of true": file_of({"a": entry(shape=(True,))}, b"abcd"),
    "an overflowing shape": file_of({"a": entry(shape=(2**62, 2**62, 4))}, b"abcd"),
    "a name that stands there twice": file_of(
        b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},'
        b' "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', b"abcd",
    ),
    "a zip archive": None,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_header_is_refused(bert, name):
    path = bert / "model.safetensors"
    if name == "a zip archive":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../../escaped", "text")
    else:
        path.write_bytes(HOSTILE[name])

    for use in (load, identity):
        with pytest.raises(DataError, match=r"safetensors|header|tensors") as caught:
            use(bert)
        assert caught.value.where == str(path)


def test_a_header_beyond_the_limit_is_not_read(bert, monkeypatch):
    monkeypatch.setattr(strangers, "LARGEST_HEADER", 100)

    with pytest.raises(DataError, match="is no safetensors file"):
        check_weights(bert / "model.safetensors")


def test_a_file_that_was_cut_anywhere_is_refused(bert):
    path = bert / "model.safetensors"
    whole = path.read_bytes()
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError, match=r"safetensors|header|was cut"):
            check_weights(path)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_parameter_that_is_not_finite_is_refused(bert, value):
    values = tensors(bert)
    values[WORDS][3, 2] = value
    save(bert, values)

    with pytest.raises(DataError, match=f"parameters '{WORDS}' are not all finite"):
        load(bert)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda value: value[:7].clone(), "cannot be loaded"),
        (lambda value: value.reshape(-1), "cannot be loaded"),
        (lambda value: value.T.contiguous(), "cannot be loaded"),
        (lambda value: (value * 100).long(), f"parameters '{WORDS}' are integers"),
        (lambda value: value > 0, f"parameters '{WORDS}' are integers"),
    ],
)
def test_a_parameter_of_another_shape_or_type_is_refused(bert, change, said):
    values = tensors(bert)
    save(bert, {**values, WORDS: change(values[WORDS])})

    with pytest.raises(DataError, match=said):
        load(bert)


def test_a_parameter_of_another_name_is_missed(bert):
    values = tensors(bert)
    values["embeddings.word_embeddings.wieght"] = values.pop(WORDS)
    save(bert, values)

    with pytest.raises(DataError, match=f"lacks 1 parameters, the first is '{WORDS}'"):
        load(bert)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_that_comes_with_a_file_is_never_run(bert, tmp_path, name):
    (bert / "evil.py").write_text(f"import os; os.mkdir({str(tmp_path / 'canary')!r})")
    path = bert / name
    known = json.loads(path.read_text()) if path.exists() else {}
    auto_map = {"AutoModel": "evil.Model", "AutoTokenizer": ["evil.Tokenizer", None]}
    path.write_text(json.dumps({**known, "auto_map": auto_map}))
    uses = (load, identity, lambda at: load_tokenizer(ModelSpec(id=str(at)), hub=OFFLINE))

    for use in uses:  # transformers has a BERT of its own
        use(bert)
    config = bert / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "model_type": "evil"}))
    for use in uses:
        with pytest.raises(DataError, match=f"{name} asks to run code"):
            use(bert)
    assert not (tmp_path / "canary").exists()


def test_an_adapter_that_would_load_another_encoder_is_refused(bert):
    (bert / "adapter_config.json").write_text('{"base_model_name_or_path": "some/where"}')

    with pytest.raises(DataError, match="holds an adapter, which names another encoder"):
        load(bert)


def test_a_huge_tokenizer_is_refused_before_it_is_read(bert):
    with (bert / "tokenizer.json").open("wb") as file:
        file.truncate(2**30)  # a gigabyte that takes no room

    for use in (identity, lambda at: load_tokenizer(ModelSpec(id=str(at)), hub=OFFLINE)):
        with pytest.raises(DataError, match="is larger than 256 MiB"):
            use(bert)


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"version": "9", "model": 3}'])
def test_a_tokenizer_that_is_none_is_an_error_of_ours(bert, content):
    (bert / "tokenizer.json").write_text(content)

    with pytest.raises(DataError, match="cannot be loaded"):
        load_tokenizer(ModelSpec(id=str(bert)), hub=OFFLINE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be read"),
        ("[]", "holds no JSON object"),
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        ("[" * 100_000, "cannot be read"),
        ('{"model_type": "no-such-model"}', "cannot be loaded"),
        ('{"model_type": "bert", "hidden_size": "many"}', "cannot be loaded"),
        ('{"model_type": "bert", "hidden_size": -8}', "cannot be loaded"),
        (f'{{"x": "{"a" * (17 * 1024**2)}"}}', "is larger than 16 MiB"),
    ],
    ids=lambda text: text[:30],
)
def test_a_configuration_that_is_none_is_an_error_of_ours(bert, content, said):
    (bert / "config.json").write_text(content)

    with pytest.raises(DataError, match=said):
        load(bert)


def test_a_configuration_that_is_a_pipe_is_refused_at_once(bert):
    (bert / "tokenizer.json").unlink(missing_ok=True)
    os.mkfifo(bert / "tokenizer.json")

    with pytest.raises(DataError, match="is not a regular file"):
        identity(bert)


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/etc/passwd", "a/b.safetensors", "x.bin", ".safetensors", 3]
)
def test_an_index_names_safetensors_files_beside_it_and_nothing_else(bert, name):
    (bert / "model.safetensors").unlink()
    index = {"weight_map": {"a": name}}
    (bert / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(DataError, match="which is no safetensors file next to it"):
        identity(bert)


def test_a_shard_that_is_missing_is_named(bert):
    (bert / "model.safetensors").unlink()
    index = {"weight_map": {"a": "one.safetensors"}}
    (bert / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(DataError, match=r"lacks the file .one\.safetensors."):
        identity(bert)


def test_tensors_of_an_initialisation_are_taken_by_name_and_not_by_order(tmp_path):
    layout = Layout.tiled([("a", (2,)), ("b", (2,))], width=2, outputs={"rte": 2})
    values = {"b": torch.tensor([3.0, 4.0]), "a": torch.tensor([1.0, 2.0])}

    found = vector(values, layout.encoder, path=tmp_path)

    assert found.tolist() == [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(StoreError, match=r"has no 'b' of shape \[2\]"):
        vector({**values, "b": torch.ones(1, 2)}, layout.encoder, path=tmp_path)

"""When the hash of a file is remembered."""

from __future__ import annotations

import hashlib

from metabench.api.task import DataFile
from metabench.tasks.reading import content
from metabench.tasks.reading.content import content_hash


def test_the_hash_of_a_file_that_has_just_changed_is_not_remembered(tmp_path, monkeypatch):
    """The time of its change is coarse: it may change once more within the same tick."""
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n")
    expected = hashlib.sha256(path.read_bytes()).hexdigest()

    def remembered():
        return [known for (name, *_), (_, known) in content._STATES.items() if name == str(path)]

    assert content_hash(DataFile(path=str(path), format="csv")) == expected
    assert remembered() == [""]

    monkeypatch.setattr(content, "_SETTLED_SECONDS", 0.0)  # as if two seconds had gone by
    assert content_hash(DataFile(path=str(path), format="csv")) == expected
    assert remembered() == [expected]

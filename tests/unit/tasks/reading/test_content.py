"""When the hash of a file is remembered."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
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


def content_of(data, **changes):
    file = DataFile(path="rows.csv", format="csv")
    return content.Content(file, io.BytesIO(data), **changes)


@pytest.mark.parametrize("size", [0, 1, 5, 10, 99])
@pytest.mark.parametrize("most", [0, 1, 4, 9, 10, 11, None])
@pytest.mark.parametrize("chunk", [1, 3, 2**20])
def test_the_whole_is_all_that_is_left_or_its_first_bytes(monkeypatch, size, most, chunk):
    monkeypatch.setattr(content, "_CHUNK", chunk)
    data = b"0123456789"
    found = content_of(data, size=size)

    assert found.whole(*[most] * (most is not None)) == data[:most]
    assert found.digest() == hashlib.sha256(data).hexdigest()


def test_the_hash_is_that_of_everything_however_much_was_read():
    data = b"first\nsecond\nthird\n"
    for parts in ([], [6], [6, 3]):
        found = content_of(data)
        read = [found.readline(99) if parts == [6] else found.read(part) for part in parts]

        assert b"".join(read) == data[: sum(parts)]
        assert found.digest() == hashlib.sha256(data).hexdigest()


def test_a_hash_that_is_known_is_not_computed_again():
    known = iter(["abc", "abc", ""])
    found = content_of(b"data", known=lambda: next(known))

    assert [found.digest(), found.read(9), found.digest()] == ["abc", b"data", ""]


@pytest.mark.parametrize(
    "read",
    [lambda found: found.read(11), lambda found: found.readline(11), lambda found: found.whole(),
     lambda found: found.digest()],
)  # fmt: skip
def test_content_may_have_so_many_bytes_and_no_more(monkeypatch, read):
    monkeypatch.setattr(content, "LARGEST_BYTES", 10)
    read(content_of(b"x" * 10))

    with pytest.raises(DataError, match="holds more than"):
        read(content_of(b"x" * 11))


def test_a_file_may_have_so_many_bytes_and_no_more(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    file = DataFile(path=str(path), format="csv")
    path.write_bytes(b"x" * 11)
    monkeypatch.setattr(content, "LARGEST_BYTES", 11)
    assert content_hash(file) == hashlib.sha256(b"x" * 11).hexdigest()

    monkeypatch.setattr(content, "LARGEST_BYTES", 10)
    with pytest.raises(DataError, match="is larger than"):
        content_hash(file)


@pytest.mark.parametrize(
    ("old", "expected"), [(3600, True), (61, True), (59, False), (0, False), (-3600, False)]
)
def test_the_hash_of_a_file_that_is_a_minute_old_is_remembered(
    tmp_path, monkeypatch, old, expected
):
    """The clock of this process is put forward, as the time of a change cannot be put back."""
    path = tmp_path / f"rows{old}.csv"
    path.write_text("text,label\n")

    class Clock:
        @staticmethod
        def now(_):
            return datetime.fromtimestamp(path.stat().st_ctime + old, UTC)

    monkeypatch.setattr(content, "datetime", Clock)
    content_hash(DataFile(path=str(path), format="csv"))
    (known,) = [known for (name, *_), (_, known) in content._STATES.items() if name == str(path)]

    assert bool(known) is expected


def test_a_hash_that_is_remembered_saves_reading_until_the_file_changes(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n")
    file = DataFile(path=str(path), format="csv")
    monkeypatch.setattr(content, "_SETTLED_SECONDS", -1.0)
    known = content_hash(file)
    with monkeypatch.context() as patch:
        patch.setattr(content, "_hashed", lambda _: "read again")
        assert content_hash(file) == known
        with content.open_content(file) as found:
            assert found.digest() == known
        path.write_text("text,label\nmore,no\n")
        assert content_hash(file) == "read again"

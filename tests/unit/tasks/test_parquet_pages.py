"""The pages of a Parquet file as their headers describe them, in every compression."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.errors import DataError
from metabench.tasks.parquet_pages import chunk_pages
from metabench.tasks.parquet_size import refuse_large_table

TEXTS = [f"text {number} " + "é" * (number % 50) for number in range(3000)]
CODECS = ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]


def pages_of(**settings):
    """Return the pages of the only column of a file, and what its footer says they take."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": TEXTS}), sink, data_page_size=20_000, **settings)
    chunk = pq.read_metadata(sink).row_group(0).column(0)
    return list(chunk_pages(sink.getvalue(), chunk)), chunk.total_uncompressed_size


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_pages_take_the_same_in_every_compression(version, dictionary):
    found = {
        codec: pages_of(compression=codec, use_dictionary=dictionary, data_page_version=version)
        for codec in CODECS
    }
    (plain, total) = found["none"]

    for pages, _ in found.values():  # a page that is longer compressed counts as that
        assert [page.encoding for page in pages] == [page.encoding for page in plain]
        for page, same in zip(pages, plain, strict=True):
            assert same.size <= page.size < same.size + 100
    assert len(plain) > 1
    headers = total - sum(page.size for page in plain)  # with the least and the greatest text
    assert 0 < headers < 500 * len(plain)
    assert {page.encoding for page in plain} <= ({0, 2, 8} if dictionary else {0})


@pytest.mark.parametrize(
    ("name", "number"), [("DELTA_BYTE_ARRAY", 7), ("DELTA_LENGTH_BYTE_ARRAY", 6)]
)
def test_the_encoding_is_that_of_the_page(name, number):
    pages, _ = pages_of(use_dictionary=False, column_encoding={"text": name})

    assert {page.encoding for page in pages} == {number}


def test_damaged_pages_are_a_value_error_or_pages():
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": TEXTS[:50]}), sink, compression="zstd")
    chunk, whole = pq.read_metadata(sink).row_group(0).column(0), sink.getvalue()
    draws, failed = np.random.default_rng(3), 0
    for _ in range(3000):
        damaged = bytearray(whole)
        for place in draws.integers(4, 70, 3):  # in the first headers, most often
            damaged[place] = draws.integers(256)
        try:
            pages = list(chunk_pages(bytes(damaged), chunk))
            assert all(page.size >= 0 and isinstance(page.encoding, int) for page in pages)
        except ValueError:
            failed += 1

    assert failed > 10


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_texts_of_which_only_what_differs_is_written_count_whole(encoding):
    texts = [f"{'x' * 2**16}{number}" for number in range(200)]
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"text": texts}),
        sink,
        use_dictionary=False,
        column_encoding={"text": encoding},
    )

    refuse_large_table(sink.getvalue(), most=30 * 1024**2, where="x")
    with pytest.raises(DataError, match="once it is decoded"):
        refuse_large_table(sink.getvalue(), most=12 * 1024**2, where="x")

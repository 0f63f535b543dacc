"""A small Parquet file that holds much is refused before it is decoded."""

import base64
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.errors import DataError
from metabench.limits import MOST_ROWS, PARQUET_FOOTER_BYTES
from metabench.tasks.parquet_size import parquet_footer, refuse_large_table

MIB = 1024**2


def repeated(count, *, size=MIB):
    """Return a column in which one text stands for every row."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * size])


def written(path, **columns):
    pq.write_table(pa.table(columns), path, store_schema=False, compression="zstd")
    return path


def refuse(path, **settings):
    refuse_large_table(path.read_bytes(), where=str(path), **settings)


@pytest.mark.parametrize("kind", ["plain", "list", "struct"])
def test_one_text_for_many_rows_is_refused_without_being_written_out(tmp_path, kind):
    column = repeated(9000)
    if kind == "list":
        column = pa.ListArray.from_arrays(pa.array(range(0, 9001, 3), pa.int32()), column)
    elif kind == "struct":
        column = pa.StructArray.from_arrays([column], ["text"])
    path = written(tmp_path / "bomb.parquet", text=column)
    before = pa.total_allocated_bytes()

    assert path.stat().st_size < 2000
    with pytest.raises(DataError, match="holds more than 2 GiB once it is decoded") as caught:
        refuse(path)
    assert caught.value.where == str(path)
    assert pa.total_allocated_bytes() - before < 64 * MIB


@pytest.mark.parametrize("compression", ["snappy", "none", "zstd"])
def test_a_long_text_that_comes_late_is_refused_too(tmp_path, compression):
    codes = pa.array([0] * 5000 + [1] * 9000, pa.int32())
    column = pa.DictionaryArray.from_arrays(codes, ["a", "x" * MIB])
    path = tmp_path / "late.parquet"
    pq.write_table(pa.table({"text": column}), path, compression=compression)

    with pytest.raises(DataError, match="holds more than 2 GiB once it is decoded"):
        refuse(path)


def test_numbers_are_counted_from_the_footer(tmp_path):
    path = written(tmp_path / "numbers.parquet", a=pa.array([0] * 200_000), b=[1.0] * 200_000)

    refuse(path, most=200_000 * 16)
    with pytest.raises(DataError, match="once it is decoded"):
        refuse(path, most=200_000 * 16 - 1)


def test_the_sum_of_all_texts_is_what_is_compared(tmp_path):
    texts = ["é", "bc", None, "bc", "d" * 1000]  # in bytes of UTF-8: 2, 2, 0, 2, 1000
    path = written(tmp_path / "texts.parquet", text=texts, more=texts)
    pages = sum(
        pq.read_metadata(path).row_group(0).column(at).total_uncompressed_size for at in (0, 1)
    )

    refuse(path, most=pages + 2 * 1006)
    with pytest.raises(DataError, match="once it is decoded"):
        refuse(path, most=pages + 2 * 1006 - 1)


def test_a_file_of_too_many_rows_is_refused_by_its_footer(tmp_path):
    path = written(tmp_path / "rows.parquet", a=pa.nulls(MOST_ROWS + 1))

    assert path.stat().st_size < 30_000
    with pytest.raises(DataError, match="holds more than 10,000,000 rows"):
        parquet_footer(path)


def test_a_footer_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "footer.parquet"
    with path.open("wb") as file:
        file.truncate(PARQUET_FOOTER_BYTES + 100)
        file.seek(0, 2)
        file.write(struct.pack("<I", PARQUET_FOOTER_BYTES + 1) + b"PAR1")

    with pytest.raises(DataError, match="its footer is larger than 16 MiB"):
        parquet_footer(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 4 + b"PAR1", b"x" * 100])
def test_what_is_not_parquet_is_named(tmp_path, content):
    path = tmp_path / "none.parquet"
    path.write_bytes(content)

    for read in (parquet_footer, refuse):
        with pytest.raises(DataError, match="not readable as parquet"):
            read(path)


def test_a_footer_with_a_column_that_ends_pyarrow_is_refused(tmp_path):
    """A mutant of a file of ours: pyarrow 26 calls abort() where it is asked for its column 1."""
    path = tmp_path / "rows.parquet"
    path.write_bytes(base64.b64decode("".join(ABORTS)))

    with pytest.raises(DataError, match="not readable as parquet"):
        refuse(path)


def test_a_codec_whose_name_ends_pyarrow_is_not_asked_for():
    """Another mutant: pyarrow 26 calls abort() where it is asked for the name of its codec, 52."""
    data = base64.b64decode(CODEC)

    with pytest.raises(DataError, match="not readable as parquet: Unsupported compression codec"):
        refuse_large_table(data, where="rows.parquet")


ABORTS = (
    "UEFSMRUEFR4VIkwVBhUAEgAADzgBAAAAYQEAAABiAQAAAGMVABUYFRwsFR4VEBUGFQYcNgAoAWMYAWEREQAAAAwsAg"
    "AAAB4BFQASAAANMAMAAAB5ZXMCAAAAbm8VABUUFRgsFR4VEBUGFQYcNgAoA3llcxgCbm8REQAAAAokAgAAAB4BAQWS"
    "JBUEGTw1ABgGc2NoZW1hFQQAFQwlAhgIc2VudGVuY2UlAEwcAAAAFQwlSBgFbGFiZWwlAEwcAAAAFh4ZHBksJgAcFQ"
    "wZNQAGEBkYCHNlbnRlbmNlFQIWHhaMARaUASZGJggcNgAoAWMYAWEREQAZLBUEFQAVAgAVABUQFQIAPBYeGQYZJgAe"
    "AAAAJgAcFQwZNQAGEBkYBWxhYmVsFQIWHhaKARaSASbWASacARw2ACgDeWVzGAJubxERABksFQQVABUCABUAFRAVAg"
    "A8FlAZBhkmAB4AAAAWlgIWHiYIFqYCABkcGAxBUlJPVzpzY2hlbWEY4AEvLy8vLzZBQUFBQVFBQUFBQUFBS0FBd0FC"
    "Z0FGQUFnQUNnQUFBQUFCQkFBTUFBQUFDQUFJQUFBQUJBQUlBQUFBQkFBQUFBSUFBQUJBQUFBQUJBQUFBTmovLy84QU"
    "FBRUZFQUFBQUJnQUFBQUVBQUFBQUFBQUFBVUFBQUJzWVdKbGJBQUFBTVQvLy84UUFCUUFDQUFHQUFjQURBQUFBQkFB"
    "RUFBQUFBQUFBUVVRQUFBQUlBQUFBQVFBQUFBQUFBQUFDQUFBQUhObGJuUmxibU5sQUFBQUFBUUFCQUFFQUFBQQAYIH"
    "BhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGSwcAAAcAAAAAAIAAFBBUjE="
)

CODEC = (
    "UEFSMRUEFR4VIkwVBhUAEgAADzgBAAAAYQEAAABiAQAAAGMVABUYFRwsFR4VEBUGFQYcNgAoAWMYAWEREQAAAAwsAgAAAB"
    "4BAgUkSZIkFQQVGhUeTBUEFQASAAANMAMAAAB5ZXMCAAAAbm8VABUUFRgsFR4VEBUGFQYcNgAoA3llcxgCbm8REQAAAAok"
    "AgAAAB4BAQWSJBUEGTw1ABgGc2NoZW1hFQQAFQwlAhgIc2VudGVuY2UlAEwcAAAAFQwlAhgFbGFiZWwlAEwcAAAAFh4ZHB"
    "ksJgAcFQwZNQAGEBkYCHNlbnRlbmNlFQIWHhaMARaUASZGJggcNgAoAWMYAWEREQAZLBUEFQAVAgAVABUQFQIAPBYeGQYZ"
    "JgAeAAAAJgAcFQwZNQAGEBkYBWxhYmVsFWgWHhaKARaSASbWASacARw2ACgDeWVzGAJubxERABksFQQVABUCABUAFRAVAg"
    "A8FlAZBhkmAB4AAAAWlgIWHiYIFqYCABkcGAxBUlJPVzpzY2hlbWEY4AEvLy8vLzZBQUFBQVFBQUFBQUFBS0FBd0FCZ0FG"
    "QUFnQUNnQUFBQUFCQkFBTUFBQUFDQUFJQUFBQUJBQUlBQUFBQkFBQUFBSUFBQUJBQUFBQUJBQUFBTmovLy84QUFBRUZFQU"
    "FBQUJnQUFBQUVBQUFBQUFBQUFBVUFBQUJzWVdKbGJBQUFBTVQvLy84UUFCUUFDQUFHQUFjQURBQUFBQkFBRUFBQUFBQUFB"
    "UVVRQUFBQUlBQUFBQVFBQUFBQUFBQUFDQUFBQUhObGJuUmxibU5sQUFBQUFBUUFCQUFFQUFBQQAYIHBhcnF1ZXQtY3BwLW"
    "Fycm93IHZlcnNpb24gMjYuMC4xGSwcAAAcAAAAAAIAAFBBUjE="
)

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.config.reading import ReadOptions
from netable.errors import FileError, SchemaError, silence
from netable.table.canonical.forms import storages
from netable.table.reading.formats import columnar
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from netable.table.reading.text import blocks

ROWS = 1_500


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 400)
    monkeypatch.setattr(columnar, "CELLS", 1_024)


def in_pieces(paths: list[str], options: ReadOptions) -> list[pa.Table]:
    with silence():
        whole = read(paths, options=options)
        pieces = list(TableStream(paths, options).canonical(storages(whole)))
    assert pa.concat_tables(pieces).replace_schema_metadata(None).equals(whole.replace_schema_metadata(None))
    return pieces


def cells(quote: str = '"') -> list[str]:
    rng = np.random.default_rng(0)
    words = ["Seoul", "Busan", f"{quote}Suwon, Kyung{quote}", f"{quote}two\nlines{quote}"]
    return [f"{i},{rng.normal():.3f},{words[i % 4]},2001-02-{1 + i % 28:02}" for i in range(60)]


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("above", "options", "encoding"),
    [
        ("n,x,city,day\n", ReadOptions(), "utf-8"),
        ("\ufeffn,x,city,day\r\n", ReadOptions(), "utf-8"),
        ("about\n\nn,x,도시,day\n", ReadOptions(skip_rows=1), "utf-8"),
        ("n,x,도시,day\n", ReadOptions(encoding="cp949"), "cp949"),
        ("", ReadOptions(header=False), "utf-8"),
        ("# one\nn,x,city,day\n", ReadOptions(comment="#", header=True), "utf-8"),
        ('n,x,"city\nof",day\n', ReadOptions(), "utf-8"),
    ],
)
def test_pieces__of_a_csv_in_blocks__are_the_table(tmp_path, above, options, encoding):
    text = above + "".join(f"{line}\n" for line in cells())
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode(encoding)))

    for name in ("t.csv", "t.csv.gz"):
        assert len(in_pieces([str(tmp_path / name)], options)) > 3


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "text",
    [
        "n;x\n" + "".join(f"{i};{i},5\n" for i in range(100)),
        "sep=;\nn;x\n" + "".join(f"{i};word{i % 3}\n" for i in range(100)),
        "n  x\n" + "".join(f"{i}  {i * i}\n" for i in range(100)),  # read as a whole
        "".join(f'{{"n": {i}, "x": "{i % 3}"}}\n' for i in range(100)),
        "n,x\n" + "".join(f"{i},'a, {i % 3}'\n" for i in range(100)),
    ],
)
def test_pieces__of_other_texts__are_the_table(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)

    in_pieces([str(tmp_path / "t.csv")], ReadOptions())


@pytest.mark.usefixtures("small_pieces")
def test_pieces__of_parquet_files_in_keyed_folders__are_the_table(tmp_path):
    for year in (2001, 2002):
        folder = tmp_path / f"year={year}"
        folder.mkdir()
        table = pa.table({"x": np.arange(ROWS) + year, "c": ["a", None, "b"] * (ROWS // 3)})
        pq.write_table(table, folder / "part.parquet", row_group_size=700)

    pieces = in_pieces([str(tmp_path)], ReadOptions())

    assert max(piece.num_rows for piece in pieces) <= 512


def test_pieces__of_columns__have_these_alone(tmp_path):
    pq.write_table(pa.table({"x": [1.0], "y": [2.0]}), tmp_path / "t.parquet")

    (piece,) = TableStream([str(tmp_path / "t.parquet")], ReadOptions()).pieces({"y", "z"})

    assert piece.table.to_pylist() == [{"y": 2.0}]


def test_pieces__of_no_rows__are_one_without_rows(tmp_path):
    pq.write_table(pa.table({"x": pa.array([], pa.float64())}), tmp_path / "t.parquet")

    (piece,) = TableStream([str(tmp_path / "t.parquet")], ReadOptions()).pieces()

    assert (piece.table.num_rows, piece.table.column_names) == (0, ["x"])


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("1,2,3", "1 row(s) do not fit the header's 2 columns (too many columns), lines 82"),
        ('1,"2', 'line 82: a quote " is opened here'),
    ],
)
def test_pieces__bad_row_in_a_later_block__names_its_line(tmp_path, bad, words):
    lines = [f"{i},{i}" for i in range(120)]
    lines[80] = bad
    (tmp_path / "t.csv").write_text("n,x\n" + "\n".join(lines) + "\n")

    with pytest.raises(FileError) as caught:
        list(TableStream([str(tmp_path / "t.csv")], ReadOptions()).pieces())

    assert words in str(caught.value)


@pytest.mark.usefixtures("small_pieces")
def test_pieces__other_encoding_further_down__name_the_byte(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"n,x\n" + b"1,a\n" * 200 + "1,\u00e9\n".encode("latin-1"))

    with pytest.raises(FileError, match=r"t\.csv, below line \d+: expected utf-8, got the byte 0xe9"):
        list(TableStream([str(tmp_path / "t.csv")], ReadOptions()).pieces())


@pytest.mark.usefixtures("small_pieces")
def test_pieces__cut_off_gzip__is_one_line(tmp_path):
    packed = gzip.compress("".join(f"{line}\n" for line in ["n,x,city,day", *cells()]).encode())
    (tmp_path / "t.csv.gz").write_bytes(packed[:-12])

    with pytest.raises(FileError, match="the gzip file is damaged or cut off"):
        list(TableStream([str(tmp_path / "t.csv.gz")], ReadOptions()).pieces())


def parts(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"part-{i:02}.parquet" for i in range(count)]
    for path in paths:
        pq.write_table(pa.table({"x": np.arange(ROWS), "y": np.arange(ROWS)}), path)
    return paths


def test_pieces__a_truncated_file_among_many__names_it(tmp_path):
    broken = parts(tmp_path, 20)[13]
    broken.write_bytes(broken.read_bytes()[:-100])

    with pytest.raises(FileError, match=r"part-13\.parquet: a damaged or cut-off Parquet file"):
        list(TableStream([str(tmp_path)], ReadOptions()).pieces())


def test_pieces__a_file_with_other_columns__names_it_and_them(tmp_path):
    pq.write_table(pa.table({"x": [1], "z": [1]}), parts(tmp_path, 3)[2])

    with pytest.raises(
        SchemaError, match=r"part-02\.parquet: expected the columns of .*; they differ in 'y', 'z'"
    ):
        list(TableStream([str(tmp_path)], ReadOptions()).pieces())


def test_pieces__a_file_that_changed__names_it(tmp_path):
    second = parts(tmp_path, 2)[1]
    found = TableStream([str(tmp_path)], ReadOptions())
    pq.write_table(pa.table({"x": [1], "y": [1]}), second)

    with pytest.raises(FileError, match=r"part-01\.parquet: has changed while it was read"):
        list(found.pieces())


def test_canonical__value_of_another_type__names_file_and_row(tmp_path):
    paths = parts(tmp_path, 3)
    pq.write_table(pa.table({"x": ["1", "two"], "y": [1, 2]}), paths[2])
    found = TableStream([str(tmp_path)], ReadOptions())

    with pytest.raises(Exception, match=r"part-02\.parquet.*'two'"):
        list(found.canonical({"x": "number", "y": "number"}))

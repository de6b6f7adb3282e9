"""Only the cells of used columns are read, where the source allows it; everything else stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netable.errors import SchemaError
from netable.model.model import Model
from netable.table.reading.read import read
from small import make_table


@pytest.fixture
def read_columns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all columns that Parquet files were asked for."""
    asked: list[str] = []
    whole = pq.ParquetFile.read

    def record(self: pq.ParquetFile, columns: list[str] | None = None, **options: object) -> pa.Table:
        asked.extend(self.schema_arrow.names if columns is None else columns)
        return whole(self, columns, **options)

    monkeypatch.setattr(pq.ParquetFile, "read", record)
    return asked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The table of the model, with two columns that it does not know."""
    table = (
        make_table()
        .append_column("other", pa.array(["x"] * 120))
        .append_column("more", pa.array([1.0] * 120))
    )
    pq.write_table(table, tmp_path / "houses.parquet")
    return tmp_path / "houses.parquet"


def test_read__used_columns__are_read_and_others_are_missing(path: Path, read_columns: list[str]) -> None:
    table = read(path, used=["other", "none"])

    assert read_columns == ["other"]
    assert table.column_names == pq.read_schema(path).names
    assert table["other"].to_pylist() == ["x"] * 120
    assert table["more"].null_count == 120


def test_read__no_used_column__keeps_the_number_of_rows(path: Path) -> None:
    assert read(path, used=[]).num_rows == 120


def test_read__keys_of_folders__are_columns_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "year=2024").mkdir()
    pq.write_table(pa.table({"a": [1.0], "b": [2.0]}), tmp_path / "year=2024" / "a.parquet")

    assert read(tmp_path, used=["a", "year"]).to_pydict() == {"a": [1], "b": [None], "year": [2024]}


@pytest.mark.filterwarnings(
    "ignore::netable.errors.DataWarning"
)  # of columns that it does not know, and known rows
@pytest.mark.parametrize("ask", [Model.predict, Model.evaluate])
def test_model__parquet__reads_what_it_knows_alone(
    regression_model: Model, path: Path, read_columns: list[str], ask: Callable[[Model, object], object]
) -> None:
    table = pq.read_table(path).drop_columns(["rooms", "dear", "third", "other", "more"])
    expected = ask(regression_model, table)
    read_columns.clear()

    found = ask(regression_model, path)

    assert not {"other", "more", "rooms", "dear"} & {*read_columns}
    assert str(found) == str(expected)


def test_model__missing_column__names_the_nearest_unread_one(regression_model: Model, tmp_path: Path) -> None:
    name = regression_model.schema.used[0].name
    table = make_table().rename_columns([f"{name}_" if n == name else n for n in make_table().column_names])
    pq.write_table(table, tmp_path / "houses.parquet")

    with pytest.raises(SchemaError, match=f"'{name}' is not in the table. Did you mean '{name}_'"):
        regression_model.predict(tmp_path / "houses.parquet")

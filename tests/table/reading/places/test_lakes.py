from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from netable.errors import ConfigError, FileError
from netable.table.reading.places.lakes import DeltaTable
from netable.table.reading.read import read
from stores import Bucket, iceberg_catalog

TRIPS = pa.table(
    {
        "fare": [5.5, 7.0, 9.25],
        "city": ["Bonn", "Ulm", None],
        "year": pa.array([2023, 2024, 2024], pa.int32()),
    }
)
ROWS = [
    {"fare": 5.5, "city": "Bonn", "year": 2023},
    {"fare": 7, "city": "Ulm", "year": 2024},
    {"fare": 9.25, "city": None, "year": 2024},
]


def by_fare(table: pa.Table) -> list[dict[str, object]]:
    return sorted(table.to_pylist(), key=lambda row: row["fare"])


def write_delta(url: str) -> str:
    """A Delta table that was overwritten, and then added to: its folder holds files that are no part of it."""
    deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
    options = {"storage_options": {"allow_http": "true"}}
    deltalake.write_deltalake(
        url,
        pa.table({"fare": [99.0], "city": ["gone"], "year": pa.array([2024], pa.int32())}),
        partition_by=["year"],
        **options,
    )
    deltalake.write_deltalake(url, TRIPS.slice(0, 2), mode="overwrite", **options)
    deltalake.write_deltalake(url, TRIPS.slice(2), mode="append", **options)
    return url


def test_delta__folder__is_its_latest_version(tmp_path: Path) -> None:
    folder = write_delta(str(tmp_path / "trips"))

    assert by_fare(read(folder)) == ROWS
    assert sorted(read(folder, columns=["fare"])["fare"].to_pylist()) == [5.5, 7, 9.25]


def test_delta__in_s3__is_its_latest_version(s3: Bucket) -> None:
    assert by_fare(read(write_delta("s3://trips/delta/trips.v1"))) == ROWS


def test_delta__used_columns__are_read_and_others_are_missing(tmp_path: Path) -> None:
    folder = write_delta(str(tmp_path / "trips"))
    table = read(folder, used=["city", "none"])

    assert table.column_names == TRIPS.column_names
    assert (table["city"].null_count, table["fare"].null_count) == (1, 3)
    assert DeltaTable(folder).open().batches(["city"]).schema.names == ["city"]


def test_delta__file_that_is_gone__names_the_table(tmp_path: Path) -> None:
    folder = Path(write_delta(str(tmp_path / "trips")))
    for file in folder.glob("year=*/*.parquet"):
        file.unlink()

    with pytest.raises(FileError, match=f"^{folder}: there is no such file or folder"):
        read(str(folder))


def test_delta__log_that_is_damaged__names_the_table(tmp_path: Path) -> None:
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "_delta_log" / f"{0:020}.json").write_text("no json", encoding="utf-8")

    with pytest.raises(FileError, match=f"^{tmp_path}: cannot be read"):
        read(str(tmp_path))


@pytest.fixture(scope="module")
def iceberg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The metadata file of `sales.trips`, a table in the catalog `shop`, which the environment describes."""
    with iceberg_catalog(tmp_path_factory.mktemp("iceberg")) as catalog:
        table = catalog.create_table("sales.trips", schema=TRIPS.schema)
        table.append(pa.table({"fare": [99.0], "city": ["gone"], "year": pa.array([2024], pa.int32())}))
        table.overwrite(TRIPS)
        yield str(table.metadata_location)


def test_iceberg__by_its_catalog_or_metadata__is_its_current_state(iceberg: str) -> None:
    for url in ("iceberg://shop/sales.trips", iceberg, iceberg.removeprefix("file://")):
        assert by_fare(read(url)) == ROWS
    assert read("iceberg://shop/sales.trips", columns=["city"]).column_names == ["city"]


def test_iceberg__folder__says_how_to_name_the_table(iceberg: str) -> None:
    folder = Path(iceberg.removeprefix("file://")).parents[1]

    with pytest.raises(FileError, match=f"^{folder}: an Iceberg table, .*iceberg://CATALOG/NAMESPACE.TABLE"):
        read(str(folder))


@pytest.mark.bad_input(141)
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("iceberg://shop/sales.none", r"cannot be read \(Table does not exist: sales.none\)"),
        ("iceberg://shop", "cannot be read"),
        ("iceberg://other/sales.trips", r"cannot be read \(URI missing.*PYICEBERG_CATALOG__OTHER__URI"),
    ],
)
def test_iceberg__141_that_is_not_there__is_one_line(iceberg: str, url: str, fault: str) -> None:
    with pytest.raises(FileError, match=f"^{re.escape(url)}: {fault}"):
        read(url)


@pytest.mark.parametrize(
    ("package", "path"), [("deltalake", "."), ("pyiceberg.catalog", "iceberg://shop/sales.trips")]
)
def test_lake__library_that_is_not_installed__names_the_extra(
    package: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_delta_log").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ConfigError, match=rf"^{package.split('.')[0]} is not installed.*'netable\[lake\]'$"):
        read(path)


def test_metadata__of_something_else__is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyiceberg", reason="pyiceberg is not installed")
    (tmp_path / "a.metadata.json").write_text(json.dumps({"a": 1}), encoding="utf-8")

    with pytest.raises(FileError, match=f"^{tmp_path}/a.metadata.json: cannot be read"):
        read(str(tmp_path / "a.metadata.json"))

"""Tables of lakes, Delta Lake and Iceberg, as Arrow streams. An extra: `pip install 'netable[lake]'`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from netable.errors import ConfigError, FileError
from netable.system.machine import allowed_threads
from netable.system.urls import scheme_of, shown
from netable.table.reading.base.columns import chosen, with_unread
from netable.table.reading.places.access import told

DELTA_LOG = "_delta_log"
ICEBERG, METADATA = "iceberg", ".metadata.json"


class OpenTable(NamedTuple):
    """A table of a lake: the names of its columns, and the rows of some of them, as often as asked for."""

    names: list[str]
    batches: Callable[[list[str]], pa.RecordBatchReader]


@dataclass(frozen=True)
class DeltaTable:
    """The latest version of a Delta table in a folder; its text is the URL as it may be shown."""

    url: str
    called: ClassVar = "a Delta Lake table"

    def __str__(self) -> str:
        return shown(self.url)

    def open(self) -> OpenTable:
        """The table, to be read.

        Raises
        ------
        ConfigError
            If deltalake is not installed.
        FileError
            If the table cannot be read.
        """
        try:
            import deltalake
        except ImportError:
            raise _not_installed("deltalake", "a Delta table") from None
        with told(self.url):
            # Which of both protocols is spoken is the endpoint's choice.
            table = deltalake.DeltaTable(self.url, storage_options={"allow_http": "true"})
            dataset = table.to_pyarrow_dataset()
        threads = allowed_threads() > 1
        return OpenTable(
            dataset.schema.names,
            lambda names: dataset.scanner(columns=names, use_threads=threads).to_reader(),
        )


@dataclass(frozen=True)
class IcebergTable:
    """The current snapshot of an Iceberg table, by its catalog or its metadata file.

    `iceberg://CATALOG/NAMESPACE.TABLE` names a catalog of `~/.pyiceberg.yaml`, or of the environment.
    """

    url: str
    called: ClassVar = "an Iceberg table"

    def __str__(self) -> str:
        return shown(self.url)

    def open(self) -> OpenTable:
        """The table, to be read.

        Raises
        ------
        ConfigError
            If PyIceberg is not installed.
        FileError
            If the table cannot be read.
        """
        try:
            import pyiceberg.catalog
            import pyiceberg.table
        except ImportError:
            raise _not_installed("pyiceberg", "an Iceberg table") from None
        with told(self.url):
            if scheme_of(self.url) == ICEBERG:
                catalog, _, name = self.url.partition("://")[2].partition("/")
                table: Any = pyiceberg.catalog.load_catalog(catalog).load_table(name)
            else:
                table = pyiceberg.table.StaticTable.from_metadata(self.url)
            names = [field.name for field in table.schema().fields]
        return OpenTable(
            names, lambda names: table.scan(selected_fields=tuple(names)).to_arrow_batch_reader()
        )


def find_lake(path: str) -> DeltaTable | IcebergTable | None:
    """The table of a lake that a path names on this machine or in a catalog; None if it names none.

    Raises
    ------
    FileError
        If the path is the folder of an Iceberg table, of which only a catalog knows the current state.
    """
    if scheme_of(path) == ICEBERG or path.endswith(METADATA):
        return IcebergTable(path)
    if scheme_of(path):
        return None
    if os.path.isdir(os.path.join(path, DELTA_LOG)):
        return DeltaTable(path)
    if os.path.isdir(path) and next(Path(path).glob(f"metadata/*{METADATA}"), None):
        raise FileError(
            f"{path}: an Iceberg table, whose state only its catalog knows. Name it there, "
            "iceberg://CATALOG/NAMESPACE.TABLE, or name one of its states, metadata/….metadata.json."
        )
    return None


def read_lake(
    table: DeltaTable | IcebergTable, columns: Collection[str] | None, used: Collection[str] | None
) -> pa.Table:
    """The rows of a table of a lake; errors as of `open`, and arguments as of `netable.table.reading.read.read`."""
    opened = table.open()
    with told(table.url):
        rows = opened.batches(chosen(opened.names, columns, used)).read_all()
    return _all_columns(rows, opened, columns)


def lake_pieces(
    table: DeltaTable | IcebergTable, columns: Collection[str] | None, used: Collection[str] | None
) -> Iterator[pa.Table]:
    """As `read_lake`, batch by batch, below a first piece without rows."""
    opened = table.open()
    with told(table.url):
        batches = opened.batches(chosen(opened.names, columns, used))
        yield _all_columns(batches.schema.empty_table(), opened, columns)
        for batch in batches:
            yield _all_columns(pa.Table.from_batches([batch]), opened, columns)


def _all_columns(rows: pa.Table, opened: OpenTable, columns: Collection[str] | None) -> pa.Table:
    return rows if columns is not None else with_unread(rows, opened.names)


def _not_installed(package: str, what: str) -> ConfigError:
    return ConfigError(f"{package} is not installed, which reads {what}. Try: pip install 'netable[lake]'")

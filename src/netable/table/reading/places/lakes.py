"""Tables of lakes, Delta Lake and Iceberg, as Arrow streams. An extra: `pip install 'netable[lake]'`."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import ConfigError, FileError
from netable.system.machine import allowed_threads
from netable.system.notes import Notes
from netable.system.urls import scheme_of, shown
from netable.table.reading.base.pieces import BUFFER, rows_of_piece
from netable.table.reading.places.access import told
from netable.table.reading.places.batches import OpenTable

DELTA_LOG = "_delta_log"
ICEBERG, METADATA = "iceberg", ".metadata.json"
# Batches that are read ahead.
_AHEAD = 4


@dataclass(frozen=True)
class _LakeTable(ABC):
    """A table of a lake; its text is the URL as it may be shown."""

    url: str
    called: ClassVar[str]

    def __str__(self) -> str:
        return shown(self.url)

    @contextmanager
    def open(self, notes: Notes) -> Iterator[OpenTable]:
        """The table, to be read as often as needed.

        Raises
        ------
        ConfigError
            If the package that reads it is not installed.
        FileError
            If the table cannot be read.
        """
        notes.add_fact("format", self.called)
        with told(self.url):
            yield self._opened()

    @abstractmethod
    def _opened(self) -> OpenTable:
        """The table, without the block that tells of errors."""


class DeltaTable(_LakeTable):
    """A Delta table in a folder, in the version that is the latest when it is first read."""

    called = "a Delta Lake table"

    def _opened(self) -> OpenTable:
        threads = allowed_threads() > 1
        return OpenTable(
            self._dataset.schema.names,
            self._batches,
            lambda names: self._dataset.to_table(columns=names, use_threads=threads),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns, by the log, or else by the files."""
        with told(self.url):
            counts = pa.table(self._table.get_add_actions(flatten=True)).column("num_records")
            rows = self._dataset.count_rows() if counts.null_count else pc.sum(counts).as_py() or 0
            return rows, len(self._dataset.schema)

    def _batches(self, names: list[str]) -> pa.RecordBatchReader:
        from pyarrow.dataset import ParquetFragmentScanOptions  # only lakes need it

        # Buffered ahead, whole files would be in memory.
        scanner = self._dataset.scanner(
            columns=names,
            batch_size=rows_of_piece(len(names)),
            batch_readahead=_AHEAD,
            fragment_readahead=1,
            fragment_scan_options=ParquetFragmentScanOptions(
                pre_buffer=False, use_buffered_stream=True, buffer_size=BUFFER
            ),
            use_threads=allowed_threads() > 1,
        )
        return scanner.to_reader()

    @cached_property
    def _table(self) -> Any:
        try:
            import deltalake
        except ImportError:
            raise _not_installed("deltalake", self.called) from None
        # Which of both protocols is spoken is the endpoint's choice.
        return deltalake.DeltaTable(self.url, storage_options={"allow_http": "true"})

    @cached_property
    def _dataset(self) -> Any:
        return self._table.to_pyarrow_dataset()


class IcebergTable(_LakeTable):
    """An Iceberg table, by its catalog or its metadata file, in the snapshot that is current when it is first read.

    `iceberg://CATALOG/NAMESPACE.TABLE` names a catalog of `~/.pyiceberg.yaml`, or of the environment.
    """

    called = "an Iceberg table"

    def _opened(self) -> OpenTable:
        return OpenTable(self._names, self._batches)

    @property
    def size(self) -> tuple[int, int]:
        """Rows, with those that are deleted, and columns, by the manifests."""
        with told(self.url):
            return sum(task.file.record_count for task in self._table.scan().plan_files()), len(self._names)

    @property
    def _names(self) -> list[str]:
        return [field.name for field in self._table.schema().fields]

    def _batches(self, names: list[str]) -> pa.RecordBatchReader:
        from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow

        scan = self._table.scan(selected_fields=tuple(names))
        schema = scan.projection()
        reader = ArrowScan(scan.table_metadata, scan.io, schema, scan.row_filter, scan.case_sensitive)
        # One file after the other: of several, PyIceberg reads all ahead.
        batches = (batch for task in scan.plan_files() for batch in reader.to_record_batches([task]))
        arrow = schema_to_pyarrow(schema)
        return pa.RecordBatchReader.from_batches(arrow, batches).cast(arrow)

    @cached_property
    def _table(self) -> Any:
        try:
            import pyiceberg.catalog
            import pyiceberg.table
        except ImportError:
            raise _not_installed("pyiceberg", self.called) from None
        if scheme_of(self.url) != ICEBERG:
            return pyiceberg.table.StaticTable.from_metadata(self.url)
        catalog, _, name = self.url.partition("://")[2].partition("/")
        return pyiceberg.catalog.load_catalog(catalog).load_table(name)


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


def _not_installed(package: str, what: str) -> ConfigError:
    return ConfigError(f"{package} is not installed, which reads {what}. Try: pip install 'netable[lake]'")

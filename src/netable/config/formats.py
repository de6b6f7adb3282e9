"""The formats of files that hold tables, one row each, without importing what reads them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FormatSpec:
    """A format of files.

    Attributes
    ----------
    called : str
        The format in messages.
    reader : str
        The function that reads it, as "module:name" in `netable.table.reading`.
    pieces : str
        The function that reads large files of it in pieces, in the same form; empty if there is none.
    endings : tuple of str
        How names of such files end.
    start : bytes
        A regular expression that matches the first bytes of every such file, and of no other; empty for text.
    members : tuple of str
        For formats that are zip files: each such file has one of these members.
    option : str
        The setting that chooses one of several tables in a file.
    extra : str
        The extra of netable with the packages that read it.
    """

    called: str
    reader: str
    endings: tuple[str, ...]
    start: bytes = b""
    members: tuple[str, ...] = ()
    option: str = ""
    extra: str = ""
    pieces: str = ""


# A name of a column may begin as binary files do, so more than their first letters are compared.
FORMATS = {
    "csv": FormatSpec(
        "delimited text",
        "text.read:read_text",
        (".csv", ".tsv", ".txt", ".tab"),
        pieces="text.blocks:text_pieces",
    ),
    "json": FormatSpec("JSON", "text.read:read_text", (".json", ".jsonl", ".ndjson")),
    "parquet": FormatSpec(
        "a Parquet file",
        "formats.columnar:read_parquet",
        (".parquet", ".pq"),
        rb"PAR1(?![\w .-]*[,;\t|])",
        pieces="formats.columnar:parquet_pieces",
    ),
    "arrow": FormatSpec(
        "an Arrow file",
        "formats.columnar:read_arrow",
        (".arrow", ".arrows", ".feather", ".ipc"),
        rb"ARROW1\x00\x00|\xff{4}.{3}\x00",
    ),
    "orc": FormatSpec("an ORC file", "formats.columnar:read_orc", (".orc",), rb"ORC(?![\w .-]*[,;\t|])"),
    "avro": FormatSpec("an Avro file", "formats.avro:read_avro", (".avro",), rb"Obj\x01", extra="avro"),
    "excel": FormatSpec(
        "a workbook",
        "sheets.workbook:read_workbook",
        (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ("xl/workbook.xml", "xl/workbook.bin", "content.xml"),
        option="sheet",
        extra="excel",
    ),
    "sas": FormatSpec(
        "a SAS file",
        "formats.statistical:read_sas",
        (".sas7bdat",),
        rb"\x00{12}\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00",
        extra="stats",
    ),
    "xport": FormatSpec(
        "a SAS transport file",
        "formats.statistical:read_xport",
        (".xpt",),
        rb"HEADER RECORD\*{7}LIB",
        extra="stats",
    ),
    "spss": FormatSpec(
        "an SPSS file", "formats.statistical:read_spss", (".sav", ".zsav"), rb"\$FL[23]@\(#\)", extra="stats"
    ),
    "stata": FormatSpec(
        "a Stata file",
        "formats.statistical:read_stata",
        (".dta",),
        rb"<stata_dta>|[\x68-\x73][\x01\x02]\x01\x00",
        extra="stats",
    ),
    "sqlite": FormatSpec(
        "an SQLite database",
        "formats.database:read_sqlite",
        (".sqlite", ".sqlite3"),
        rb"SQLite format 3\x00",
        option="table",
    ),
    "duckdb": FormatSpec(
        "a DuckDB database",
        "formats.database:read_duckdb",
        (".duckdb",),
        rb".{8}DUCK.{2}\x00{6}",
        option="table",
    ),
}
# The first bytes of a file that tell its format.
START_BYTES = 64

from __future__ import annotations

import gzip
import json
import os
import re
import warnings
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pyarrow as pa
import pytest

from netable.errors import DataWarning, FileError, SchemaError
from netable.table.reading.read import read
from stores import SECRET, Bucket, google_storage, web_server

TABLE = pa.table({"fare": [5.5, 7.0, 9.25], "city": ["Bonn", "Ulm", None]})
CSV = b"fare,city\n5.5,Bonn\n7,Ulm\n9.25,\n"
ROWS = {"fare": [5.5, 7.0, 9.25], "city": ["Bonn", "Ulm", None]}
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in TABLE.to_pylist())


def serve(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None):
    return web_server(lambda request: (status, headers or {}, body))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", TABLE),
        ("a.csv", CSV),
        ("a.csv.gz", gzip.compress(CSV)),
        ("a.jsonl", LINES),
        ("odd [1]?%41.csv", CSV),
    ],
    ids=["parquet", "csv", "gzip", "json", "odd name"],
)
def test_s3__file_of_any_form__is_the_same_table(s3: Bucket, name: str, content: bytes | pa.Table) -> None:
    url = s3.write(f"forms/{name}", content)

    assert read(url.translate({ord("["): "[[]", ord("?"): "[?]"})).to_pydict() == ROWS


def test_s3__pattern__reads_the_files_that_match_in_order(s3: Bucket) -> None:
    for n in (2, 1, 3):
        s3.write(f"many/part-{n}.parquet", pa.table({"n": [float(n)]}))
    s3.write("many/deeper/part-9.parquet", pa.table({"n": [9.0]}))
    s3.write("many/other.csv", b"n\n7\n")

    assert read("s3://trips/many/part-?.parquet")["n"].to_pylist() == [1, 2, 3]
    assert read("s3://trips/man*/*.parquet")["n"].to_pylist() == [1, 2, 3]


def test_s3__folders_named_after_keys__give_columns(s3: Bucket) -> None:
    for year in (2023, 2024):
        s3.write(f"keyed/year={year}/city=A%20B/part-0.parquet", pa.table({"n": [1.0, 2.0]}))
    s3.write("keyed/_SUCCESS", b"")
    s3.write("keyed/_temporary/part-0.parquet", pa.table({"other": [1.0]}))
    expected = {"n": [1, 2, 1, 2], "year": [2023, 2023, 2024, 2024], "city": ["A B"] * 4}

    for url in ("s3://trips/keyed", "s3://trips/keyed/", "s3://trips/keyed/year=*/*/*.parquet"):
        assert read(url).to_pydict() == expected


def test_s3__parquet__is_read_by_its_columns(s3: Bucket) -> None:
    url = s3.write("wide.parquet", TABLE)

    assert read(url, columns=["city"]).column_names == ["city"]


@pytest.mark.bad_input(136)
def test_s3__136_column_missing_in_one_file__names_the_file(s3: Bucket) -> None:
    s3.write("differ/1.parquet", pa.table({"a": [1.0], "b": [1.0]}))
    s3.write("differ/2.parquet", pa.table({"a": [1.0]}))

    with pytest.raises(
        SchemaError,
        match=r"^s3://trips/differ/2\.parquet: expected the columns of s3://trips/differ/1\.p.*'b'",
    ):
        read("s3://trips/differ/")


def test_s3__error_within_a_copied_file__names_the_url(s3: Bucket) -> None:
    url = s3.write("ragged.csv", b"a,b\n1,2\n1,2,3\n4,5\n")

    with pytest.raises(FileError, match=rf"^{re.escape(url)}: 1 row.* lines 3"):
        read(url)


@pytest.mark.bad_input(135)
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("s3://no-such-bucket/a.parquet", "there is no such bucket"),
        ("s3://no-such-bucket/*.parquet", "there is no such bucket"),
        ("s3://trips/nothing.parquet", "there is no such file or folder"),
        ("s3://trips/nothing/*.parquet", "there is no such file or folder"),
        ("s3://trips/n*thing.parquet", "there is no table"),
    ],
)
def test_s3__135_what_is_not_there__is_one_line(s3: Bucket, url: str, fault: str) -> None:
    with pytest.raises(FileError, match=f"^{re.escape(url)}: {fault}.$"):
        read(url)


def test_s3__cut_off_parquet__is_refused(s3: Bucket) -> None:
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(TABLE, sink)
    url = s3.write("cut.parquet", sink.getvalue().to_pybytes()[:-20])

    with pytest.raises(FileError, match=f"^{url}: a damaged or cut-off Parquet file"):
        read(url)


@pytest.mark.bad_input(133)
def test_s3__133_no_credentials__says_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    with serve(denied, 403, {"Content-Type": "application/xml"}) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with pytest.raises(
            FileError, match=r"^s3://private/a\.csv: access is denied.*AWS_ACCESS_KEY_ID.*AWS_PROFILE\.$"
        ):
            read("s3://private/a.csv")


@pytest.mark.slow  # Arrow tries again for six seconds
def test_s3__no_network__is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(FileError, match=r"^s3://trips/a\.csv: the network does not reach it \("):
        read("s3://trips/a.csv")


def test_s3__keys_in_the_url__work_and_are_not_shown(s3: Bucket) -> None:
    s3.write("forms/mine.csv", CSV)

    assert read(f"s3://tester:{SECRET}@trips/forms/mine.csv").to_pydict() == ROWS
    with pytest.raises(
        FileError, match=r"^s3://tester:…@trips/none\.csv: there is no such file or folder\.$"
    ):
        read(f"s3://tester:{SECRET}@trips/none.csv")


@pytest.mark.parametrize("name", ["a.csv", "%2e%2e/%2e%2e%2fevil.csv", "..", "%00", ""])
def test_web__file__is_read(name: str) -> None:
    with serve(CSV) as url:
        assert read(f"{url}/{name}").to_pydict() == ROWS


def test_web__parquet_without_its_ending__is_read() -> None:
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(TABLE, sink)
    with serve(sink.getvalue().to_pybytes()) as url:
        assert read(f"{url}/download?id=7").to_pydict() == ROWS


def test_web__redirection__is_followed() -> None:
    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        return (200, {}, CSV) if request.path == "/new.csv" else (302, {"Location": "/new.csv"}, b"")

    with web_server(answer) as url:
        assert read(f"{url}/old.csv").to_pydict() == ROWS


@pytest.mark.bad_input(137)
@pytest.mark.parametrize(
    ("status", "headers", "fault"),
    [
        (404, {}, r"the server answers 404 \(Not Found\)"),
        (403, {}, r"the server answers 403 \(Forbidden\)"),
        (
            200,
            {"Content-Type": "text/html; charset=utf-8"},
            "a web page, not a table; it may ask for a login",
        ),
        (200, {"Content-Length": "999"}, f"cut off after {len(CSV)} of 999 bytes"),
        (302, {"Location": "file:///etc/passwd"}, "the server answers 302 .*"),
    ],
)
def test_web__137_answer_that_is_no_table__is_one_line(
    status: int, headers: Mapping[str, str], fault: str
) -> None:
    with serve(CSV, status, headers) as url, pytest.raises(FileError, match=f"^{url}/a.csv: {fault}"):
        read(f"{url}/a.csv")


@pytest.mark.bad_input(134)
def test_web__134_no_network__is_one_line() -> None:
    with pytest.raises(
        FileError, match=r"^https://127\.0\.0\.1:9/a\.csv: cannot be read from the network \(.*refused"
    ):
        read("https://127.0.0.1:9/a.csv")


def test_web__pattern__is_refused() -> None:
    with pytest.raises(FileError, match=r"^https://host/\*\.csv: the web has no folders"):
        read("https://host/*.csv")


def test_web__signed_query__is_in_no_error_and_no_note() -> None:
    signed = f"a.csv?X-Signature={SECRET}"
    with (
        serve("straße\nMünchen\nKöln\n".encode("cp1252")) as url,
        warnings.catch_warnings(record=True) as notes,
    ):
        warnings.simplefilter("always", DataWarning)
        read(f"{url}/{signed}")
    with serve(b"a,b\n1,2,3\n") as url, pytest.raises(FileError) as error:
        read(f"{url}/{signed}")

    assert notes
    assert str(error.value).startswith(f"{url}/a.csv?…: ")
    assert SECRET not in str([*map(str, notes), error.value, error.value.__cause__])


def test_web__copy__is_private_and_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []
    monkeypatch.setattr(
        "netable.table.reading.sources.read_file",
        lambda path, file, columns: seen.append(os.stat(path.parent).st_mode & 0o777) or TABLE,
    )
    with serve(CSV) as url:
        read(f"{url}/a.csv")

    assert seen == [0o700]
    assert not [*tmp_path.iterdir()]


def test_web__no_room_for_a_copy__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.table.reading.places.copies._ROOM", 0)
    with (
        serve(CSV) as url,
        pytest.raises(FileError, match=rf"^{url}/a.csv: a temporary copy needs more .* Set TMPDIR"),
    ):
        read(f"{url}/a.csv")


def test_google_storage__file_folder_and_pattern__are_read() -> None:
    with google_storage({"year=1/a.csv": CSV, "year=2/b [1].csv": CSV, "other/c.csv": b"x\n1\n"}):
        assert read("gs://anonymous@trips/year=1/a.csv").to_pydict() == ROWS | {"year": [1] * 3}
        for url in ("gs://anonymous@trips", "gs://anonymous@trips/year=*/*.csv"):
            assert read(url)["year"].to_pylist() == [1, 1, 1, 2, 2, 2]
        with pytest.raises(
            FileError, match=r"^gs://anonymous@trips/none\.csv: there is no such file or folder\.$"
        ):
            read("gs://anonymous@trips/none.csv")


def test_fsspec__any_of_its_systems__is_read() -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    memory = fsspec.filesystem("memory")
    memory.pipe("/shop/year=2024/a.csv", CSV)
    try:
        assert read("memory://shop/year=*/a.csv").to_pydict() == ROWS | {"year": [2024] * 3}
        assert read("memory://shop").num_rows == 3
        with pytest.raises(FileError, match=r"^memory://none: there is no such file or folder"):
            read("memory://none")
    finally:
        memory.rm("/shop", recursive=True)


def test_url__of_an_unknown_scheme__lists_the_known_ones() -> None:
    with pytest.raises(
        FileError, match=r"^nonsense://a: cannot be read .*s3, gs, gcs, abfs, abfss, https, .*fsspec$"
    ):
        read("nonsense://a")


def test_url__of_a_database__says_what_it_lacks() -> None:
    with pytest.raises(
        FileError, match=r"^postgresql://ann:…@host/shop: a database, not a table\. Give it with a query\.$"
    ):
        read(f"postgresql://ann:{SECRET}@host/shop")


def test_url__file__is_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)

    assert read(f"file://{tmp_path}/a.csv").to_pydict() == ROWS
    with pytest.raises(FileError, match=f"^{tmp_path}/b.csv: there is no such file"):
        read(f"file://{tmp_path}/b.csv")

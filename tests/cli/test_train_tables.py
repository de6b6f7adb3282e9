from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from cli_runs import ON_DEAR, QUICK, metrics, trained
from netable import load
from workbooks import write_xlsx


@pytest.fixture(scope="module")
def expected(houses_csv, tmp_path_factory) -> dict[str, object]:
    """The figures of the table as the CSV that it is."""
    return metrics(trained(tmp_path_factory.mktemp("expected") / "run", houses_csv, *ON_DEAR))


def _as_tsv(table: pa.Table) -> list[str]:
    pyarrow.csv.write_csv(table, "t.tsv", pyarrow.csv.WriteOptions(delimiter="\t"))
    return ["t.tsv"]


def _as_semicolons(table: pa.Table) -> list[str]:
    pyarrow.csv.write_csv(table, "t.csv", pyarrow.csv.WriteOptions(delimiter=";", quoting_style="all_valid"))
    return ["t.csv"]


def _as_gzip(table: pa.Table) -> list[str]:
    pyarrow.csv.write_csv(table, "t.csv")
    Path("t.csv.gz").write_bytes(gzip.compress(Path("t.csv").read_bytes()))
    return ["t.csv.gz"]


def _as_encoded(encoding: str, *options: str):
    def write(table: pa.Table) -> list[str]:
        pyarrow.csv.write_csv(table, "plain.csv")
        Path("t.csv").write_bytes(Path("plain.csv").read_text("utf-8").encode(encoding))
        return ["t.csv", *options]

    return write


def _as_json_lines(table: pa.Table) -> list[str]:
    rows = [json.dumps(row, default=str, ensure_ascii=False) for row in table.to_pylist()]
    Path("t.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return ["t.jsonl"]


def _as_parquet(table: pa.Table) -> list[str]:
    pyarrow.parquet.write_table(table, "t.parquet")
    return ["t.parquet"]


def _as_workbook(table: pa.Table) -> list[str]:
    notes = [["What is here:"], ["houses"]]
    write_xlsx(Path("t.xlsx"), {"Notes": notes, "Houses": [table.column_names, *_rows(table)]})
    return ["t.xlsx", "--sheet", "Houses"]


def _as_database(table: pa.Table) -> list[str]:
    with closing(sqlite3.connect("t.sqlite")) as connection, connection:
        types = ("BOOLEAN" if pa.types.is_boolean(field.type) else "" for field in table.schema)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(table.column_names, types, strict=True))
        connection.execute("CREATE TABLE other (x)")
        connection.execute(f"CREATE TABLE houses ({columns})")
        cells = [[str(value) if hasattr(value, "year") else value for value in row] for row in _rows(table)]
        connection.executemany(f"INSERT INTO houses VALUES ({', '.join('?' * table.num_columns)})", cells)
    return ["t.sqlite", "--table", "houses"]


def _rows(table: pa.Table) -> list[list[Any]]:
    return [list(row.values()) for row in table.to_pylist()]


def _as_folder(table: pa.Table) -> list[str]:
    Path("t").mkdir()
    pyarrow.csv.write_csv(table.slice(0, 50), "t/a.csv")
    pyarrow.parquet.write_table(table.slice(50), "t/b.parquet")
    return ["t"]


def _as_glob(table: pa.Table) -> list[str]:
    _as_folder(table)
    return ["t/*.*"]


def _as_files(table: pa.Table) -> list[str]:
    _as_folder(table)
    return ["t/a.csv", "t/b.parquet"]


def _as_query(table: pa.Table) -> list[str]:
    pyarrow.parquet.write_table(table, "t.parquet")
    return ["--sql", "select * from 't.parquet'"]


@pytest.mark.parametrize(
    "write",
    [
        _as_tsv,
        _as_semicolons,
        _as_gzip,
        pytest.param(_as_encoded("utf-16"), marks=pytest.mark.bad_input(9)),
        pytest.param(_as_encoded("cp949"), marks=pytest.mark.bad_input(9)),
        pytest.param(_as_encoded("cp949", "--encoding", "cp949"), marks=pytest.mark.bad_input(9)),
        pytest.param(_as_encoded("utf-8-sig"), marks=pytest.mark.bad_input(3)),
        _as_json_lines,
        _as_parquet,
        _as_workbook,
        _as_database,
        _as_folder,
        _as_glob,
        _as_files,
        _as_query,
    ],
)
def test_table__of_any_kind__gives_the_same_figures_and_predictions(
    cli, train, houses, houses_csv, expected, write
):
    table = write(houses)
    found = metrics(train(*table, *ON_DEAR))

    assert {k: v for k, v in found.items() if k != "fit_seconds"} == {
        k: v for k, v in expected.items() if k != "fit_seconds"
    }
    same, other = (cli("predict", "run/model.netable", *source) for source in (table, [houses_csv]))
    assert same.code == 0
    assert same.out == other.out
    assert len(same.out.splitlines()) == 1 + len(houses)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def test_table__a_real_one__as_csv_and_parquet__gives_the_same_model(cli, train, datasets):
    table = pyarrow.parquet.read_table(datasets / "titanic.parquet").slice(0, 400)
    # A dictionary column is a category by declaration, which a CSV cannot say.
    table = pa.table({field.name: table[field.name].cast(_plain(field.type)) for field in table.schema})
    pyarrow.parquet.write_table(table, "t.parquet")
    pyarrow.csv.write_csv(table, "t.csv", pyarrow.csv.WriteOptions(delimiter=";"))

    runs = [train(f"t.{kind}", "--target", "Survived", output=kind) for kind in ("parquet", "csv")]

    assert metrics(runs[0])["valid"] == metrics(runs[1])["valid"]
    outs = {cli("predict", run / "model.netable", t).out for run in runs for t in ("t.parquet", "t.csv")}
    assert len(outs) == 1


@pytest.mark.bad_input(10)
def test_table__korean_names__work_from_end_to_end(cli, train, houses):
    names = ["면적", "연식", "도시", "정원", "매매일", "가격", "비쌈", "번호"]
    pyarrow.csv.write_csv(houses.rename_columns(names), "집.csv")

    folder = train(
        "집.csv", "--target", "비쌈", "--ignore-columns", "가격", "--group-column", "정원", output="결과"
    )
    predicted = cli("predict", folder / "model.netable", "집.csv", "--keep", "번호,도시")

    assert metrics(folder)["target"] == "비쌈"
    assert predicted.out.startswith('"번호","도시","prediction","proba_no","proba_yes"\n"h000"')
    assert "도시" in cli("inspect", folder / "model.netable").out
    assert cli("evaluate", folder / "model.netable", "집.csv").code == 0


@pytest.mark.bad_input(76)
@pytest.mark.bad_input(75)
def test_table__hostile_names_and_values__harm_neither_terminal_nor_spreadsheet(cli, train):
    rows = "".join(f'"\x1b]0;t\x07{n % 2}",={n % 3},{n % 5}.5,{"@a" if n % 2 else "+b"}\n' for n in range(60))
    Path("t.csv").write_text("\x1b[31mred,=cmd,size,y\n" + rows)

    ended = cli("train", "t.csv", "--target", "y", *QUICK, "-o", "run")
    shown = [ended.out, ended.err, *cli("inspect", "run/model.netable")[1:], *cli("inspect", "nö\x1b[1m")[1:]]
    Path("few.csv").write_text("size,=cmd\n1,=1\n")
    shown += cli("predict", "run/model.netable", "few.csv")[1:]
    predicted = cli("predict", "run/model.netable", "t.csv", "--keep", "=cmd")

    assert ended.code == 0
    assert not any("\x1b" in text for text in shown)
    assert predicted.out.startswith('"\'=cmd","prediction","proba_')
    assert {line.split(",")[0] for line in predicted.out.splitlines()[1:]} == {'"\'=0"', '"\'=1"', '"\'=2"'}
    assert {line.split(",")[1] for line in predicted.out.splitlines()[1:]} <= {'"\'@a"', '"\'+b"'}


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        pytest.param("t.csv", b"", "t.csv: no data; the file is empty.", marks=pytest.mark.bad_input(1)),
        pytest.param("t.csv", b"a,y\n", "t.csv: 0 rows;", marks=pytest.mark.bad_input(2)),
        pytest.param("t.csv", b"a,b,y\n1,2\n3,4,5,6\n", "t.csv", marks=pytest.mark.bad_input(6)),
        pytest.param(
            "t.parquet", b"PAR1cut", "t.parquet: a damaged or cut-off", marks=pytest.mark.bad_input(14)
        ),
        pytest.param(
            "t.csv",
            b"\x89PNG\r\n\x1a\n",
            "t.csv: not a table, but a picture.",
            marks=pytest.mark.bad_input(15),
        ),
        pytest.param(
            "t.xlsx", b"PK\x03\x04", "t.xlsx: the zip file is damaged", marks=pytest.mark.bad_input(13)
        ),
        pytest.param(
            "t.parquet", b"a,y\n1,2\n", "t.parquet: expected a Parquet file", marks=pytest.mark.bad_input(15)
        ),
        pytest.param(
            "t.csv", b"\x80\x04x", "t.csv: not a table, but a pickle.", marks=pytest.mark.bad_input(15)
        ),
    ],
)
def test_table__that_is_none__is_one_line(cli, name, content, complaint):
    Path(name).write_bytes(content)

    ended = cli("train", name, "--target", "y", "-o", "run")

    assert ended.code == 2
    assert ended.err.startswith(f"netable: {complaint}")
    assert ended.err.count("\n") == 1
    assert not Path("run").exists()


@pytest.mark.bad_input(18)
@pytest.mark.parametrize("ignored", [[], ["--ignore-columns", "a"]])
def test_table__nested_column_that_nobody_needs__is_left_out(cli, ignored):
    table = pa.table(
        {"a": [{"x": n} for n in range(60)], "b": [n % 7 for n in range(60)], "y": [n / 2 for n in range(60)]}
    )
    pyarrow.parquet.write_table(table, "t.parquet")
    quick = ["--max-epochs", "1", "--folds", "2", "--hidden-layer-sizes", "4", "--no-report"]

    trained = cli("train", "t.parquet", "--target", "y", "-o", "run", *ignored, *quick)

    assert (trained.code, "from 1 of 2 columns" in trained.out) == (0, True)
    assert cli("predict", "run/model.netable", "t.parquet", "-o", "p.csv").code == 0
    assert cli("evaluate", "run/model.netable", "t.parquet").code == 0
    needed = cli("train", "t.parquet", "--target", "a")
    assert (needed.code, needed.err.count("\n")) == (2, 1)
    assert needed.err.startswith("netable: t.parquet: column 'a' holds values of type struct")


@pytest.mark.bad_input(20)
@pytest.mark.parametrize("name", ["no.csv", "no/*.csv", "."])
def test_table__that_is_not_there__is_one_line(cli, name):
    ended = cli("train", name, "--target", "y", "-o", "run")

    assert ended.code == 2
    assert ended.err.startswith(f"netable: {name}: ")
    assert ended.err.count("\n") == 1


@pytest.mark.bad_input(6)
def test_bad_rows__skip__counts_what_is_left_out(cli):
    rows = "".join(f"{n % 9},{n % 2}.5\n" for n in range(60))
    Path("t.csv").write_text(f"a,y\n{rows}1,2,3\n")

    ended = cli("train", "t.csv", "--target", "y", *QUICK, "--bad-rows", "skip", "-o", "run")

    assert ended.code == 0
    assert metrics(Path("run"))["rows"] == 60
    assert "1 row(s) do not fit" in ended.err


def test_reading__options__reach_the_reader(train):
    rows = "".join(f"{n},5|n{n % 7}|{'a' if n % 3 else 'b'}\n" for n in range(120))
    Path("t.txt").write_text(f"size|code|y\n{rows}".replace("n6", "fehlt"))

    found = metrics(
        train("t.txt", "--target", "y", "--delimiter", "|", "--decimal", ",", "--na-values", "fehlt")
    )

    assert found["used"] == {"size": "number", "code": "category"}
    assert load("run/model.netable").encoder.levels["code"] == ("n0", "n1", "n2", "n3", "n4", "n5")


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("select 1; select 2", "expected one SELECT statement; got SELECT, SELECT."),
        ("drop table x", "expected one SELECT statement; got DROP."),
        ("select * from 'no.parquet'", "the query cannot be run: "),
    ],
)
def test_sql__of_no_use__is_one_line(cli, query, complaint):
    ended = cli("train", "--sql", query, "--target", "y")

    assert ended.code == 2
    assert ended.err.startswith(f"netable: {complaint}")


def test_train__form_of_dates__is_kept_for_later_tables(cli, tmp_path: Path) -> None:
    rows = [f"{i % 12 + 1:02}.{i % 11 + 1:02}.2011,{i},{2 * i}" for i in range(60)]
    Path("t.csv").write_text("\n".join(["sold,x,y", *rows]))
    Path("c.yaml").write_text("kinds:\n  sold: date:%m.%d.%Y\n")

    assert not cli("train", "t.csv", "--target", "y", "--kind", "sold=date:%m.%d.%Y", "-o", "a", *QUICK).code
    assert not cli("train", "t.csv", "--target", "y", "--config", "c.yaml", "-o", "b", *QUICK).code
    assert not cli("train", "t.csv", "--target", "y", "--config", "a/config.yaml", "-o", "c", *QUICK).code
    assert "as %m.%d.%Y" in cli("inspect", "a/model.netable").out
    outputs = {cli("predict", f"{run}/model.netable", "t.csv").out for run in "abc"}
    assert len(outputs) == 1
    Path("new.csv").write_text("sold,x\n2011-02-01,3\n")
    wrong = cli("predict", "a/model.netable", "new.csv")
    assert wrong.code
    assert (
        "row 1, column 'sold': expected a date such as '02.28.2013' (%m.%d.%Y), got '2011-02-01'" in wrong.err
    )


def test_train__ignored_column__needs_not_be_read(cli, tmp_path: Path) -> None:
    rows = [f'"1,{234 + i}";{i % 7 + 0.5};{2 * i}' for i in range(60)]
    Path("t.csv").write_text("\n".join(["cost;x;y", *rows]))
    given = ("train", "t.csv", "--target", "y", *QUICK)

    refused = cli(*given, "-o", "refused")
    assert refused.code
    assert "'1,234' is 1.234 or 1234.0" in refused.err
    assert not cli(*given, "--ignore-columns", "cost", "-o", "run").code
    assert not cli("predict", "run/model.netable", "t.csv").code
    assert not cli(*given[:4], "--validation", "t.csv", "--ignore-columns", "cost", "--max-epochs", "1").code

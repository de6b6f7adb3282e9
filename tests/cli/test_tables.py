from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from cli_runs import Terminal
from netable.cli.tables import check_output, show_csv, write_csv, write_table
from netable.errors import FileError
from netable.table.reading import sources

MODEL = Path("model.netable")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(table: pa.Table) -> str:
    file = io.BytesIO()
    write_csv(table, file)
    return file.getvalue().decode()


@pytest.mark.bad_input(75)
@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1-A1", "-", "@SUM(A1)", "\tx", "\rx"])
def test_write_csv__text_that_a_spreadsheet_would_run__gets_a_quote(cell):
    assert written(pa.table({"a": [cell]})) == f'"a"\n"\'{cell}"\n'


@pytest.mark.bad_input(75)
@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
def test_write_csv__formula_in_any_kind_of_text__gets_a_quote(kind):
    assert written(pa.table({"a": pa.array(["=1", "b"], kind)})) == '"a"\n"\'=1"\n"b"\n'


@pytest.mark.bad_input(75)
def test_write_csv__formula_as_a_column_name_or_a_category__gets_a_quote():
    table = pa.table({"=a": pa.array(["=1", "b", None]).dictionary_encode()})

    assert written(table) == '"\'=a"\n"\'=1"\n"b"\n\n'


@pytest.mark.bad_input(75)
@pytest.mark.parametrize("cell", ["-1", "+1.5", "-.5", "-1,234.5", "-1e-05"])
def test_write_csv__signed_number_that_is_text__stays_as_it_is(cell):
    assert written(pa.table({"a": [cell]})) == f'"a"\n"{cell}"\n'


@pytest.mark.bad_input(75)
def test_write_csv__numbers_and_harmless_text__stay_as_they_are():
    table = pa.table({"n": [-1.5, None], "t": ["a=b", 'say "x"'], "w": [datetime(2020, 1, 2), None]})

    assert written(table) == '"n","t","w"\n-1.5,"a=b",2020-01-02 00:00:00.000000\n,"say ""x""",\n'


def test_write_table__by_suffix__is_csv_or_parquet():
    table = pa.table({"면적": [1.0, 2.0]})

    write_table(table, Path("a.CSV"))
    write_table(table, Path("a.parquet"))

    assert Path("a.CSV").read_text() == '"면적"\n1\n2\n'
    assert pyarrow.parquet.read_table("a.parquet") == table


def test_show_csv__to_a_file__is_the_data_as_it_is(capsysbinary):
    show_csv(pa.table({"a": ["\x1b[31m"]}))

    assert capsysbinary.readouterr().out == b'"a"\n"\x1b[31m"\n'


@pytest.mark.bad_input(76)
def test_show_csv__to_a_terminal__has_no_escapes(monkeypatch):
    stdout = Terminal()
    monkeypatch.setattr("sys.stdout", stdout)

    show_csv(pa.table({"a": ["\x1b[31m"]}))

    assert stdout.getvalue() == '"a"\n"�[31m"\n'


def test_check_output__new_file__passes():
    Path("in.csv").write_text("a\n1\n")

    check_output(Path("out.csv"), ["in.csv"], MODEL, force=False)


@pytest.mark.bad_input(77)
def test_check_output__existing_file__needs_force():
    Path("in.csv").write_text("a\n1\n")
    Path("out.csv").touch()

    check_output(Path("out.csv"), ["in.csv"], MODEL, force=True)
    with pytest.raises(FileError, match=r"^out\.csv exists already\. .* --force\.$"):
        check_output(Path("out.csv"), ["in.csv"], MODEL, force=False)


@pytest.mark.bad_input(78)
@pytest.mark.parametrize("table", ["in.csv", "*.csv", ".", "../{folder}/in.csv"])
def test_check_output__one_of_the_inputs__is_refused_even_with_force(tmp_path, table):
    Path("in.csv").write_text("a\n1\n")

    with pytest.raises(FileError, match=r"^in\.csv is also an input; name another one with -o\.$"):
        check_output(Path("in.csv"), [table.format(folder=tmp_path.name)], MODEL, force=True)


@pytest.mark.bad_input(78)
def test_check_output__the_model_by_another_name__is_refused():
    MODEL.touch()
    Path("out.csv").symlink_to(MODEL)

    with pytest.raises(FileError, match=r"^out\.csv is also an input"):
        check_output(Path("out.csv"), [], MODEL, force=True)


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ("out.xlsx", r"^out\.xlsx must end in \.csv or \.parquet\.$"),
        ("out", r"^out must end in"),
        ("no/out.csv", r"^The folder no does not exist\.$"),
    ],
)
def test_check_output__no_place_or_kind_of_file__is_refused(output, complaint):
    with pytest.raises(FileError, match=complaint):
        check_output(Path(output), [], MODEL, force=False)


@pytest.mark.parametrize(
    "words",
    [
        "train TABLE --target absent -o run",
        "compare TABLE --target absent -o compared",
        "predict MODEL TABLE -o out.csv",
        "explain MODEL TABLE --row 1 -o why.csv",
    ],
)
def test_folder__of_any_verb_that_writes__is_listed_once(words, houses_csv, regression_run, cli, monkeypatch):
    listed: list[Path] = []
    files_in = sources._files_in
    monkeypatch.setattr(sources, "_files_in", lambda folder: listed.append(folder) or files_in(folder))

    places = {"TABLE": houses_csv.parent, "MODEL": regression_run / "model.netable"}
    cli(*(places.get(word, word) for word in words.split()))

    assert listed == [houses_csv.parent]

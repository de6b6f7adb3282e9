from __future__ import annotations

import gzip
import json
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest
import torch
import typer.main
import yaml
from test_output import Terminal

from conftest import QUICK
from netable import load
from netable.cli.app import app
from netable.config import DEFAULTS

ON_DEAR = ("--target", "dear", "--ignore-columns", "price")


def settings(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((folder / "config.yaml").read_text())
    return loaded


def metrics(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / "metrics.json").read_text())
    return loaded


# --- Options and settings


def test_options__beside_those_of_the_configuration__are_few():
    """Every setting has an option; `kinds` alone has another name."""
    options = {p.name for p in typer.main.get_command(app).commands["train"].params}

    assert {f.name for f in fields(DEFAULTS)} - {"kinds"} < options
    assert options - {f.name for f in fields(DEFAULTS)} == {
        "tables",
        "output",
        "sql",
        "config",
        "kind",
        "validation",
        "delimiter",
        "decimal",
        "encoding",
        "bad_rows",
        "na_values",
        "force",
        "as_json",
        "help",
    } - ({"help"} - options)


@pytest.mark.parametrize(
    ("arguments", "setting", "value"),
    [
        (["--task", "multiclass"], "task", "binary"),  # what two classes are
        (["--kind", "age=category,garden=category", "--kind", "size=number"], "kinds", None),
        (
            ["--ignore-columns", "size, age", "--ignore-columns", "sold"],
            "ignore_columns",
            ["size", "age", "sold"],
        ),
        (["--weight-column", "age"], "weight_column", "age"),
        (["--group-column", "garden"], "group_column", "garden"),
        (["--time-column", "sold"], "time_column", "sold"),
        (["--folds", "3"], "folds", 3),
        (["--folds", "1", "--validation-fraction", "0.5"], "validation_fraction", 0.5),
        (["--model", "linear"], "model", "linear"),
        (["--hidden-layer-sizes", "4, 3"], "hidden_layer_sizes", [4, 3]),
        (["--activation", "mish"], "activation", "mish"),
        (["--dropout", "0"], "dropout", 0.0),
        (["--optimizer", "momentum"], "optimizer", "momentum"),
        (["--lr", "1e-4"], "lr", 1e-4),
        (["--momentum", "0.5"], "momentum", 0.5),
        (["--weight-decay", "0.5"], "weight_decay", 0.5),
        (["--schedule", "coslog4"], "schedule", "coslog4"),
        (["--clip-norm", "1"], "clip_norm", 1.0),
        (["--batch-size", "1e1"], "batch_size", 10),
        (["--max-epochs", "1"], "max_epochs", 1),
        (["--patience", "3"], "patience", 3),
        (["--no-early-stopping"], "early_stopping", False),
        (["--class-weight", "balanced"], "class_weight", "balanced"),
        (["--class-weight", "yes=2,no=0.5"], "class_weight", {"yes": 2.0, "no": 0.5}),
        (["--device", "cpu"], "device", "cpu"),
        (["--seed", "12345678901234567891"], "seed", 12345678901234567891),
    ],
)
def test_option__typed__reaches_the_configuration(train, houses_csv, arguments, setting, value):
    folder = train(houses_csv, "--target", "dear", *arguments)

    if setting == "kinds":
        assert {"age": "category", "garden": "category", "size": "number"}.items() <= settings(folder)[
            "kinds"
        ].items()
    else:
        assert settings(folder)[setting] == value


@pytest.mark.parametrize("option", ["--lr", "--batch-size", "--folds", "--max-epochs"])
def test_option__auto__is_taken_as_it_is(cli, houses_csv, option):
    quick = {"--max-epochs": "1", "--hidden-layer-sizes": "4", "--folds": "2"}
    typed = [part for pair in (quick | {option: "auto"}).items() for part in pair]

    if option == "--max-epochs":  # all of them, though none gets far
        typed += ["--patience", "1", "--lr", "0"]
    assert cli("train", houses_csv, *ON_DEAR, *typed, "-o", "run").code == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--hidden-layer-sizes", "8.5"], "--hidden-layer-sizes takes whole numbers; got '8.5'."),
        (["--hidden-layer-sizes", "inf"], "--hidden-layer-sizes takes whole numbers; got 'inf'."),
        (
            ["--hidden-layer-sizes", "0"],
            "Each of hidden_layer_sizes must be an integer of at least 1; got 0.",
        ),
        (["--folds", "two"], "--folds takes a number; got 'two'."),
        (["--patience", "x"], "--patience takes a number; got 'x'."),
        (["--dropout", "1"], "dropout must be below 1; got 1.0."),
        (["--lr", "nan"], "lr must be a number of at least 0; got nan."),
        (["--activation", "rely"], "activation cannot be 'rely'. Did you mean 'relu'?"),
        (["--class-weight", "yes"], "--class-weight takes NAME=VALUE, by commas; got 'yes'."),
        (["--class-weight", "maybe=2"], "class_weight names 'maybe', which is no class."),
        (["--kind", "age"], "--kind takes NAME=VALUE, by commas; got 'age'."),
        (["--kind", "age=nummer"], "The kind of 'age' cannot be 'nummer'. Did you mean 'number'?"),
        (
            ["--kind", "agee=number"],
            "The column with a kind set, 'agee' is not in the table. Did you mean 'age'?",
        ),
        (
            ["--ignore-columns", "agee"],
            "The column to ignore, 'agee' is not in the table. Did you mean 'age'?",
        ),
        (["--bad-rows", "drop"], "bad_rows cannot be 'drop'."),
        (["--decimal", "x"], "decimal cannot be 'x'."),
        (["--delimiter", ";;"], "delimiter must be one character, such as ';'; got ';;'."),
        (["--folds", "500"], "120 rows cannot be split into 500 parts"),
        pytest.param(
            ["--target", "dearr"],
            "The target column 'dearr' is not in the table. Did you mean 'dear'?",
            marks=pytest.mark.bad_input(49),
        ),
        pytest.param(["--task", "regression"], "Column 'dear' holds ", marks=pytest.mark.bad_input(55)),
        pytest.param(
            ["--device", "cuda:99"],
            "device 'cuda:99' is not available on this machine",
            marks=pytest.mark.bad_input(91),
        ),
    ],
)
def test_option__of_no_use__is_one_line_and_leaves_no_folder(cli, houses_csv, arguments, complaint):
    target = [] if "--target" in arguments else ["--target", "dear"]
    ended = cli("train", houses_csv, *target, "-o", "run", *arguments)

    *notes, last = ended.err.splitlines()
    assert ended.code == 2
    assert ended.out == ""
    assert last.startswith(f"netable: {complaint}")
    assert all(note.startswith("note: ") for note in notes)
    assert not Path("run").exists()


@pytest.mark.bad_input(91)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_device__cuda_without_a_gpu__is_an_error(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "--device", "cuda")

    assert ended.code == 2
    assert "device 'cuda' is not available on this machine; device='auto' takes what there is." in ended.err


# --- Configuration files


def test_config__file__stands_between_defaults_and_options(train, houses_csv):
    Path("c.yaml").write_text("target: dear\nlr: 0.5\ndropout: 0.25\nhidden_layer_sizes: [5]\n")

    found = settings(train(houses_csv, "--config", "c.yaml", "--dropout", "0.5"))

    assert found["target"] == "dear"
    assert found["lr"] == 0.5
    assert found["dropout"] == 0.5
    assert found["hidden_layer_sizes"] == [8]
    assert found["patience"] == DEFAULTS.patience


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dropuot: 0.1\n", "c.yaml has no setting 'dropuot'. Did you mean 'dropout'?"),
        ("- a\n", "c.yaml must map settings to values; it holds a list."),
        ("a: [\n", "c.yaml is not YAML: "),
        ("lr: fast\n", "lr must be a number of at least 0; got 'fast'."),
        ("kinds: [a]\n", "kinds must map column names to kinds; got ['a']."),
        ("early_stopping: maybe\n", "early_stopping must be true or false; got 'maybe'."),
    ],
)
def test_config__file_of_no_use__is_one_line(cli, houses_csv, text, complaint):
    Path("c.yaml").write_text(text)

    ended = cli("train", houses_csv, "--target", "dear", "--config", "c.yaml")

    assert ended.code == 2
    assert ended.err.startswith(f"netable: {complaint}")
    assert ended.err.count("\n") == 1


def test_config__file_that_is_missing__is_one_line(cli, houses_csv):
    ended = cli("train", houses_csv, "--target", "dear", "--config", "no.yaml")

    assert ended.code == 2
    assert ended.err.startswith("netable: The configuration no.yaml cannot be read: ")


def test_config__of_one_run__gives_the_same_model_again(train, houses_csv):
    first = train(
        houses_csv, *ON_DEAR, "--class-weight", "yes=2", "--kind", "age=category", "--seed", "7", output="a"
    )
    second = train(houses_csv, "--config", first / "config.yaml", output="b")

    assert (second / "config.yaml").read_text() == (first / "config.yaml").read_text()
    one, other = (
        load(first / "model.netable").net.state_dict(),
        load(second / "model.netable").net.state_dict(),
    )
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert metrics(first)["valid"] == metrics(second)["valid"]


def test_seed__another__gives_another_model(train, houses_csv):
    figures = [
        metrics(train(houses_csv, *ON_DEAR, "--seed", seed, output=f"run{n}"))["valid"]
        for n, seed in enumerate("001")
    ]

    assert figures[0] == figures[1] != figures[2]


# --- What is shown, and where


def test_results__on_standard_output__notes_on_standard_error(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "-o", "run")

    assert ended.out.splitlines()[:4] == [
        "binary: dear from 5 columns (2 number, 1 category, 1 flag, 1 date)",
        "left out: price, ignored, as asked",
        "left out: id, looks like an identifier",
        ended.out.splitlines()[3],
    ]
    assert ended.out.splitlines()[3].startswith("120 rows, 2 networks (mlp), 2 epochs, finished after ")
    assert "  netable predict run/model.netable NEW.csv -o OUT.csv" in ended.out
    assert ended.err == "note: Left out, looks like an identifier: 'id'. To keep a column, set its kind.\n"


def test_json__of_a_run__is_its_metrics_and_where_it_lies(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "-o", "run", "--json")

    assert json.loads(ended.out) == metrics(Path("run")) | {"folder": "run", "model": "run/model.netable"}


def test_json__figures_that_are_no_numbers__are_null(cli):
    Path("t.csv").write_text("a,y\n" + "".join(f"{n % 7}.5,3.5\n" for n in range(40)))

    ended = cli("train", "t.csv", "--target", "y", *QUICK, "-o", "run", "--json")

    assert ended.code == 0
    assert "NaN" not in ended.out + Path("run/metrics.json").read_text()
    assert json.loads(ended.out)["task"] == "regression"
    assert "Constant target" in ended.err


def test_progress__in_a_terminal__is_shown_and_wiped(cli, houses_csv, monkeypatch):
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")

    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "-o", "run")

    assert "training" in stderr.getvalue()
    assert stderr.getvalue().endswith("\x1b[2K")  # the line is erased in the end
    assert "training" not in ended.out


def test_whole_numbers__taken_as_classes__are_said_so(cli):
    Path("t.csv").write_text("a,grade\n" + "".join(f"{n * 0.5},{n % 3}\n" for n in range(60)))

    ended = cli("train", "t.csv", "--target", "grade", *QUICK, "-o", "run")

    assert "note: 'grade' holds 3 whole numbers: taken as classes; task='regression' otherwise." in ended.out


# --- Where the run goes


def test_output__left_out__is_named_after_the_table(cli, houses_csv):
    for folder in ("runs/houses", "runs/houses-2"):
        assert cli("train", houses_csv, *ON_DEAR, *QUICK).code == 0
        assert Path(folder, "model.netable").exists()


@pytest.mark.bad_input(77)
def test_output__existing_folder__is_refused_at_once_without_force(cli, train, houses_csv):
    folder = train(houses_csv, *ON_DEAR)
    before = (folder / "model.netable").read_bytes()

    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "--seed", "1", "-o", folder)
    assert ended == (
        2,
        "",
        "netable: run exists already. Name another folder with -o, or overwrite it with --force.\n",
    )
    assert (folder / "model.netable").read_bytes() == before

    assert cli("train", houses_csv, *ON_DEAR, *QUICK, "--seed", "1", "-o", folder, "--force").code == 0
    assert (folder / "model.netable").read_bytes() != before


@pytest.mark.bad_input(78)
def test_output__folder_of_the_input__is_refused(cli, houses_csv):
    Path("data").mkdir()
    Path("data/predictions.parquet").write_bytes(b"")

    ended = cli("train", "data", *ON_DEAR, "-o", "data", "--force")

    assert ended.code == 2
    assert ended.err == "netable: data holds a table that is read here; name another folder with -o.\n"


# --- Tables of every kind


@pytest.fixture(scope="module")
def expected(houses_csv, tmp_path_factory) -> dict[str, object]:
    """The figures of the table as the CSV that it is."""
    from conftest import _trained

    return metrics(_trained(tmp_path_factory.mktemp("expected") / "run", houses_csv, *ON_DEAR))


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
            "t.xlsx", b"PK\x03\x04", "t.xlsx: not a table, but a zip", marks=pytest.mark.bad_input(15)
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


# --- Checking


def test_validation__table__takes_the_place_of_folds(train, houses, houses_csv):
    pyarrow.parquet.write_table(houses.slice(100), "valid.parquet")

    folder = train(houses_csv, *ON_DEAR, "--validation", "valid.parquet")
    predictions = pyarrow.parquet.read_table(folder / "predictions.parquet")

    assert metrics(folder)["folds"] == 1
    assert metrics(folder)["rows"] == 120
    assert len(predictions) == 20
    assert predictions["fold"].to_pylist() == [0] * 20


def test_validation__texts_that_are_all_dates_there__mean_what_they_mean_in_training(cli):
    rows = [f"{'x' if n % 4 == 0 else '2020-01-01'},{n % 11},{n * 7 % 13}.5" for n in range(120)]
    Path("t.csv").write_text("code,a,y\n" + "\n".join(rows))
    Path("valid.csv").write_text("code,a,y\n" + "\n".join(row for row in rows if row[0] != "x"))

    # The last weights, not the best, make the model, so that both figures are of the same network.
    how = ("--validation", "valid.csv", "--no-early-stopping", "--json")
    ended = cli("train", "t.csv", "--target", "y", *QUICK, *how, "-o", "run")
    here = cli("evaluate", "run/model.netable", "valid.csv", "--json")

    # Were 2020-01-01 read as a date, it would be a level never seen.
    assert json.loads(here.out)["metrics"] == pytest.approx(json.loads(ended.out)["valid"])


def test_holdout__of_a_fraction__judges_these_rows_alone(train, houses_csv):
    folder = train(houses_csv, *ON_DEAR, "--folds", "1", "--validation-fraction", "0.25")
    predictions = pyarrow.parquet.read_table(folder / "predictions.parquet")

    assert len(predictions) == 120
    assert predictions["prediction"].null_count == predictions["fold"].null_count == 90


def test_no_holdout__all_rows_learned__there_are_no_figures(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_DEAR, *QUICK, "--folds", "1", "--no-early-stopping", "-o", "run")

    assert ended.code == 0
    assert metrics(Path("run"))["valid"] == metrics(Path("run"))["baseline"] == {}
    assert "1 network (mlp), 2 epochs" in ended.out
    assert pyarrow.parquet.read_table("run/predictions.parquet")["prediction"].null_count == 120


def test_group_column__rows_of_a_group__share_a_fold_and_it_is_no_feature(train, houses_csv, houses):
    table = houses.append_column("owner", pa.array([n % 10 for n in range(120)]))
    pyarrow.csv.write_csv(table, "t.csv")

    folder = train("t.csv", *ON_DEAR, "--group-column", "owner")
    fold = pyarrow.parquet.read_table(folder / "predictions.parquet")["fold"].to_pylist()

    assert "owner" not in metrics(folder)["used"]
    assert all(len({fold[n] for n in range(120) if n % 10 == owner}) == 1 for owner in range(10))


def test_time_column__folds_follow_it__and_the_first_block_is_not_judged(train, houses_csv, houses):
    folder = train(houses_csv, *ON_DEAR, "--time-column", "sold", "--folds", "3")
    fold = pyarrow.parquet.read_table(folder / "predictions.parquet")["fold"]
    times = [pc.min_max(houses["sold"].filter(pc.equal(fold, n))).as_py() for n in range(3)]
    unjudged = pc.min_max(houses["sold"].filter(pc.is_null(fold))).as_py()

    assert unjudged["max"] <= times[0]["min"]
    assert times[0]["max"] <= times[1]["min"]
    assert times[1]["max"] <= times[2]["min"]


def test_weight_column__rows_of_no_weight__do_not_count(train, houses):
    weight = pa.array([0.0 if n % 3 == 0 else 2.0 for n in range(120)])
    broken = [-price if n % 3 == 0 else price for n, price in enumerate(houses["price"].to_pylist())]
    for name, price in (("a", houses["price"]), ("b", pa.array(broken))):
        table = (
            houses.drop_columns(["dear", "price"]).append_column("price", price).append_column("w", weight)
        )
        pyarrow.parquet.write_table(table, f"{name}.parquet")

    runs = [
        train(f"{name}.parquet", "--target", "price", "--weight-column", "w", output=name) for name in "ab"
    ]

    assert "w" not in metrics(runs[0])["used"]
    assert metrics(runs[0])["valid"] == pytest.approx(metrics(runs[1])["valid"])


def test_class_weight__heavy_class__is_predicted_more_often(train, houses_csv):
    def share(weight: str) -> float:
        more = ["--max-epochs", "20", "--lr", "0.05", "--class-weight", f"yes={weight}"]
        folder = train(houses_csv, *ON_DEAR, "--model", "linear", *more, output=f"w{weight}")
        return pc.mean(pyarrow.parquet.read_table(folder / "predictions.parquet")["proba_yes"]).as_py()

    assert share("20") > share("1") + 0.1


def test_targets__several__are_predicted_together(cli, train, houses_csv):
    folder = train(houses_csv, "--target", "price", "--target", "age", "--ignore-columns", "dear")
    predictions = pyarrow.parquet.read_table(folder / "predictions.parquet")

    assert metrics(folder)["target"] == ["price", "age"]
    assert settings(folder)["target"] == ["price", "age"]
    assert predictions.column_names == ["fold", "prediction_price", "prediction_age"]
    assert cli("predict", folder / "model.netable", houses_csv).out.startswith('"prediction_price"')
    assert cli("inspect", folder / "model.netable").out.startswith("regression: price, age")

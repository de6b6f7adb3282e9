from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import torch

from netable import load
from netable.cli.tables import write_csv
from netable.errors import DataWarning
from netable.table.reading.formats import columnar
from netable.table.reading.text import blocks
from workbooks import write_xlsx


@pytest.fixture
def model(classifier_run: Path) -> Path:
    return classifier_run / "model.netable"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_predict__to_standard_output__is_csv_in_row_order(cli, model, houses, houses_csv):
    ended = cli("predict", model, houses_csv)
    rows = rows_of(ended.out)

    assert (ended.code, ended.err) == (0, "")
    assert list(rows[0]) == ["prediction", "proba_no", "proba_yes"]
    assert [row["prediction"] for row in rows] == load(model).predict(houses).tolist()
    np.testing.assert_array_equal(
        [[float(row["proba_no"]), float(row["proba_yes"])] for row in rows], load(model).predict_proba(houses)
    )


def test_predict__regression__has_numbers_alone(cli, regression_run, houses_csv):
    rows = rows_of(cli("predict", regression_run / "model.netable", houses_csv).out)

    assert {tuple(row) for row in rows} == {("prediction",)}
    assert len({float(row["prediction"]) for row in rows}) > 100


def test_predict__rows_the_other_way_round__are_answered_in_their_own_order(cli, model, houses, houses_csv):
    pyarrow.csv.write_csv(houses.take(np.arange(len(houses))[::-1]), "back.csv")

    header, *lines = cli("predict", model, houses_csv, "--keep", "id").out.splitlines()

    assert cli("predict", model, "back.csv", "--keep", "id").out.splitlines() == [header, *lines[::-1]]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_predict__to_a_file__says_so_on_standard_error(cli, model, houses_csv, name):
    ended = cli("predict", model, houses_csv, "-o", name, "--keep", "id, 도시")
    found = pyarrow.csv.read_csv(name) if name.endswith("csv") else pyarrow.parquet.read_table(name)

    assert ended == (0, "", f"120 predictions in {name}\n")
    assert found.column_names == ["id", "도시", "prediction", "proba_no", "proba_yes"]
    assert found["id"][:2].to_pylist() == ["h000", "h001"]


def test_predict__json__has_rows_and_the_guard(cli, model, houses, houses_csv):
    told = json.loads(cli("predict", model, houses_csv, "--json", "--keep", "size,sold").out)
    found = told["predictions"]

    assert list(found[0]) == ["size", "sold", "prediction", "proba_no", "proba_yes"]
    assert [row["size"] for row in found] == houses["size"].to_pylist()
    assert (told["guard"]["rows"], told["guard"]["findings"]) == (120, [])


def test_predict__json_with_a_file__says_where_it_is(cli, model, houses_csv):
    ended = cli("predict", model, houses_csv, "-o", "out.csv", "--json")

    told = json.loads(ended.out)
    assert (told["rows"], told["output"], told["guard"]["rows"]) == (120, "out.csv", 120)
    assert ended.err == ""


@pytest.mark.parametrize("name", ["houses.csv", "houses.parquet"])
def test_predict__large_table__is_answered_in_pieces(cli, model, houses, monkeypatch, name):
    pyarrow.csv.write_csv(houses, "houses.csv")
    pyarrow.parquet.write_table(pa.concat_tables([houses] * 9), "houses.parquet")
    whole, told = cli("predict", model, name, "--keep", "id,sold"), cli("predict", model, name, "--json")
    monkeypatch.setattr(blocks, "BLOCK", 1_000)
    monkeypatch.setattr(columnar, "CELLS", 1_024)

    in_pieces = cli("predict", model, name, "--keep", "id,sold")
    cli("predict", model, name, "-o", "out.parquet", "--keep", "id,sold")
    found = io.BytesIO()
    write_csv(pyarrow.parquet.read_table("out.parquet"), found)

    def outcome(text: str) -> list[float]:
        return [float(row["proba_yes"]) for row in rows_of(text)]

    def labels(text: str) -> list[str]:
        return [line.rpartition(",")[0].rpartition(",")[0] for line in text.splitlines()]

    assert in_pieces.out == found.getvalue().decode()
    assert labels(in_pieces.out) == labels(
        whole.out
    )  # networks differ in last bits with the rows beside them
    np.testing.assert_allclose(outcome(in_pieces.out), outcome(whole.out), rtol=1e-5)
    assert in_pieces.err == whole.err
    assert json.loads(cli("predict", model, name, "--json").out)["guard"] == json.loads(told.out)["guard"]


@pytest.mark.bad_input(70)
@pytest.mark.bad_input(67)
@pytest.mark.bad_input(66)
def test_predict__other_columns_in_another_order__are_matched_by_name(cli, model, houses, houses_csv):
    names = ["sold", "도시", "garden", "age", "size"]
    pyarrow.csv.write_csv(houses.select(names).append_column("extra", houses["id"]), "new.csv")

    ended = cli("predict", model, "new.csv")

    assert ended.err == "note: Columns that the model does not know are ignored: 'extra'.\n"
    assert ended.out == cli("predict", model, houses_csv).out


@pytest.mark.bad_input(65)
def test_predict__missing_columns__are_listed(cli, model, houses):
    pyarrow.csv.write_csv(houses.select(["size", "sold"]).rename_columns(["sizes", "sold"]), "new.csv")

    ended = cli("predict", model, "new.csv")

    assert ended.code == 2
    assert ended.err == (
        "netable: The table lacks 4 columns that are needed: "
        "'size' (nearest: 'sizes'), 'age', '도시', 'garden'.\n"
    )


@pytest.mark.bad_input(68)
def test_predict__category_never_seen__is_answered(cli, model):
    Path("new.csv").write_text("size,age,도시,garden,sold\n1,30,Jeju,true,2001-01-01\n")

    assert len(rows_of(cli("predict", model, "new.csv").out)) == 1


@pytest.mark.bad_input(69)
def test_predict__text_where_numbers_were__names_the_value_and_row(cli, model):
    Path("new.csv").write_text("size,age,도시,garden,sold\n1,30,Seoul,true,2001-01-01\nbig,,,,\n")

    ended = cli("predict", model, "new.csv")

    assert ended.code == 2
    assert "'size'" in ended.err
    assert "'big'" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.bad_input(71)
@pytest.mark.parametrize("how", [[], ["--json"], ["-o", "out.csv"]])
def test_predict__no_rows__is_no_predictions(cli, model, houses, how):
    pyarrow.parquet.write_table(houses.slice(0, 0), "new.parquet")

    ended = cli("predict", model, "new.parquet", *how)

    assert ended.code == 0
    if how == ["--json"]:
        assert json.loads(ended.out)["predictions"] == []
    else:
        text = Path("out.csv").read_text() if how else ended.out
        assert text == '"prediction","proba_no","proba_yes"\n'


def test_predict__query__takes_the_place_of_the_table(cli, model, houses, houses_csv):
    pyarrow.parquet.write_table(houses, "t.parquet")

    ended = cli("predict", model, "--sql", "select * from 't.parquet' limit 3")

    names, *rows = (line.split(",") for line in ended.out.splitlines())
    all_names, *all_rows = (line.split(",") for line in cli("predict", model, houses_csv).out.splitlines())
    assert names == all_names
    for row, same in zip(rows, all_rows[:3], strict=True):
        assert row[0] == same[0]
        # How many rows are multiplied at once decides the last bits.
        assert list(map(float, row[1:])) == pytest.approx(list(map(float, same[1:])), rel=1e-6)


@pytest.mark.parametrize("table", [[], ["a.csv", "--sql", "select 1"]])
def test_predict__no_table_or_two__is_one_line(cli, model, table):
    Path("a.csv").write_text("a\n1\n")

    assert cli("predict", model, *table) == (
        2,
        "",
        "netable: Name one table: a path, or a query with --sql.\n",
    )


@pytest.mark.parametrize(
    ("keep", "complaint"),
    [
        ("idd", "netable: The column to keep, 'idd' is not in the table. Did you mean 'id'?\n"),
        (
            "prediction",
            "netable: The column 'prediction' cannot be kept: a column of predictions has this name. "
            "Rename it in the table, or name the other columns with --keep.\n",
        ),
    ],
)
def test_predict__column_that_cannot_be_kept__is_one_line(cli, model, houses, keep, complaint):
    pyarrow.csv.write_csv(houses.append_column("prediction", houses["id"]), "t.csv")

    ended = cli("predict", model, "t.csv", "--keep", keep)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.endswith(complaint)


@pytest.mark.bad_input(77)
def test_predict__existing_output__needs_force(cli, model, houses_csv):
    Path("out.csv").write_text("precious")

    ended = cli("predict", model, houses_csv, "-o", "out.csv")
    assert ended == (
        2,
        "",
        "netable: out.csv exists already. Name another file with -o, or overwrite it with --force.\n",
    )
    assert Path("out.csv").read_text() == "precious"

    assert cli("predict", model, houses_csv, "-o", "out.csv", "--force").code == 0
    assert Path("out.csv").read_text().startswith('"prediction"')


@pytest.mark.bad_input(78)
def test_predict__onto_its_input__is_refused_even_with_force(cli, model, houses):
    pyarrow.csv.write_csv(houses, "t.csv")
    before = Path("t.csv").read_bytes()

    ended = cli("predict", model, "t.csv", "-o", "./t.csv", "--force")

    assert ended == (2, "", "netable: t.csv is also an input; name another one with -o.\n")
    assert Path("t.csv").read_bytes() == before


@pytest.mark.bad_input(75)
def test_predict__class_that_a_spreadsheet_would_run__gets_a_quote(cli, train):
    Path("t.csv").write_text("a,y\n" + "".join(f"{n % 7}.5,{'=A1' if n % 2 else '@b'}\n" for n in range(60)))
    folder = train("t.csv", "--target", "y")

    cli("predict", folder / "model.netable", "t.csv", "-o", "out.csv")
    cli("predict", folder / "model.netable", "t.csv", "-o", "out.parquet")

    assert {row["prediction"] for row in rows_of(Path("out.csv").read_text())} <= {"'=A1", "'@b"}
    assert set(pyarrow.parquet.read_table("out.parquet")["prediction"].to_pylist()) <= {"=A1", "@b"}


class _Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("harm"),)


@pytest.mark.bad_input(88)
@pytest.mark.parametrize("verb", ["predict", "evaluate", "inspect"])
@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("m.pkl", "m.pkl is a pickle. It could run any code; netable never loads one."),
        ("m.pt", "m.pt is a zip archive, perhaps a .pt file of PyTorch, not a netable model."),
        ("m.png", "m.png is a picture, not a netable model."),
        ("m.txt", "m.txt is not a netable model."),
        ("m.parquet", "m.parquet is a Parquet table, not a netable model."),
    ],
)
def test_model__that_is_none__is_refused_and_never_run(cli, houses_csv, verb, name, complaint):
    Path("m.pkl").write_bytes(pickle.dumps(_Harmful()))
    torch.save({"a": _Harmful()}, "m.pt")
    Path("m.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Path("m.txt").write_text("a model, perhaps")
    pyarrow.parquet.write_table(pa.table({"a": [1]}), "m.parquet")

    ended = cli(verb, name, *([] if verb == "inspect" else [houses_csv]))

    assert ended == (2, "", f"netable: {complaint}\n")
    assert not Path("harm").exists()


@pytest.mark.parametrize("verb", ["predict", "evaluate", "inspect"])
def test_model__that_is_a_folder_or_missing__is_one_line(cli, classifier_run, houses_csv, verb):
    table = [] if verb == "inspect" else [houses_csv]

    assert cli(verb, classifier_run, *table) == (
        2,
        "",
        f"netable: {classifier_run} is a folder; name the model in it, such as {classifier_run}/model.netable.\n",
    )
    assert cli(verb, "no.netable", *table).err.startswith("netable: The model no.netable cannot be read: ")


@pytest.mark.bad_input(91)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_device__cuda_without_a_gpu__is_an_error(cli, model, houses_csv, verb):
    ended = cli(verb, model, houses_csv, "--device", "cuda")

    assert ended.code == 2
    assert ended.err.startswith("netable: --device 'cuda' is not available on this machine")
    assert cli(verb, model, houses_csv, "--device", "cpu").code == 0


@pytest.mark.bad_input(23)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_predict__codes_to_keep__lose_no_digit_and_no_zero(cli, model, houses, ending):
    codes = pa.array([673265518589308905 + i for i in range(len(houses))])
    zips = pa.array([f"{i:05d}" for i in range(len(houses))])
    table = houses.append_column("code", codes).append_column("zip", zips)
    write = pyarrow.csv.write_csv if ending == "csv" else pyarrow.parquet.write_table
    write(table, f"in.{ending}")

    assert cli("predict", model, f"in.{ending}", "--keep", "code,zip", "-o", "out.parquet").code == 0
    kept = pyarrow.parquet.read_table("out.parquet")
    assert kept.column("code").to_pylist() == codes.to_pylist()
    assert kept.column("zip").to_pylist() == zips.to_pylist()


def test_predict__na_values_of_training__are_used_again(cli, tmp_path):
    lines = [f"{('NA', 'FR', '')[i % 3]},{i % 7},{i % 3}" for i in range(120)]
    Path("in.csv").write_text("\n".join(["country,x,y", *lines]))
    run = (
        "--na-values",
        "",
        "-o",
        "run",
        "--task",
        "regression",
        "--max-epochs",
        "3",
        "--folds",
        "2",
        "--no-report",
    )
    assert cli("train", "in.csv", "--target", "y", *run).code == 0
    fitted = load("run/model.netable")

    assert fitted.encoder.levels["country"] == ("FR", "NA")
    told = rows_of(cli("predict", "run/model.netable", "in.csv").out)
    assert [float(row["prediction"]) for row in told] == fitted.predict("in.csv").tolist()
    assert told[0] != told[14]  # NA and nothing are two things


def test_predict__header_and_lines_above_of_training__are_used_again(cli, tmp_path):
    lines = [f"{i % 7},{i % 3}" for i in range(120)]
    Path("in.csv").write_text("\n".join(["Report", "#x", *lines]))
    how = ("--skip-rows", "1", "--comment", "#", "--no-header")
    run = ("-o", "run", "--task", "regression", "--max-epochs", "3", "--folds", "2", "--no-report")
    assert cli("train", "in.csv", "--target", "column_2", *how, *run).code == 0

    told = rows_of(cli("predict", "run/model.netable", "in.csv").out)
    with pytest.warns(DataWarning):
        predicted = load("run/model.netable").predict("in.csv").tolist()
    assert [float(row["prediction"]) for row in told] == predicted
    assert len(predicted) == 120


def test_predict__column_to_keep_named_twice__is_kept_once(cli, model, houses_csv):
    assert list(rows_of(cli("predict", model, houses_csv, "--keep", "id,id").out)[0])[:2] == [
        "id",
        "prediction",
    ]


def test_predict__cells_to_keep_that_spell_missing__keep_their_text(cli, train, houses):
    words = pa.array([("NA", " missing ", "1.0", "FR", "")[i % 5] for i in range(len(houses))])
    levels = pa.array([("NA", "missing", "x")[i % 3] for i in range(len(houses))])
    pyarrow.csv.write_csv(houses.append_column("word", words).append_column("level", levels), "t.csv")
    as_texts = pyarrow.csv.ConvertOptions(column_types={"word": pa.string(), "level": pa.string()})
    folder = train("t.csv", "--target", "dear", "--kind", "word=text")

    pyarrow.parquet.write_table(pyarrow.csv.read_csv("t.csv", convert_options=as_texts), "t.parquet")
    for source in (["t.csv"], ["--sql", "select * from 't.parquet'"]):
        told = rows_of(cli("predict", folder / "model.netable", *source, "--keep", "word,level").out)

        assert [row["level"] for row in told] == levels.to_pylist()
        assert [row["word"] for row in told[:5]] == ["NA", " missing ", "1.0", "FR", ""]


def test_predict__threshold__moves_the_class_but_not_the_probability(cli, model, houses_csv):
    threshold = float(np.quantile(load(model).predict_proba(houses_csv)[:, 1], 0.2))
    rows = rows_of(cli("predict", model, houses_csv, "--threshold", threshold).out)
    predicted = [row["prediction"] for row in rows]

    assert predicted == ["yes" if float(row["proba_yes"]) >= threshold else "no" for row in rows]
    assert predicted.count("yes") == 96
    assert load(model).predict(houses_csv, threshold=threshold).tolist() == predicted


@pytest.mark.parametrize(
    ("run", "threshold", "message"),
    [
        ("classifier_run", "1.5", "A threshold is a probability from 0 to 1; got 1.5."),
        (
            "regression_run",
            "0.5",
            "A threshold is for two classes; this model is a regression. Leave it out.",
        ),
    ],
)
def test_predict__threshold_that_means_nothing__is_refused(cli, request, houses_csv, run, threshold, message):
    folder = request.getfixturevalue(run)

    ended = cli("predict", folder / "model.netable", houses_csv, "--threshold", threshold)

    assert ended == (2, "", f"netable: {message}\n")


def test_predict__keep_all__carries_every_column_unchanged(cli, model, houses, houses_csv):
    Path("new.csv").write_text(houses_csv.read_text().replace('"id"', '"code"').replace('"h', '"00'))

    table, given = cli("predict", model, "new.csv", "--keep", "all").out, Path("new.csv").read_text()
    kept = [{name: row[name] for name in [*houses.column_names[:-1], "code"]} for row in rows_of(table)]

    assert list(rows_of(table)[0])[-3:] == ["prediction", "proba_no", "proba_yes"]
    assert [row["code"] for row in kept] == [row["code"] for row in rows_of(given)]
    assert [row["도시"] for row in kept] == [row["도시"] for row in rows_of(given)]


def test_predict__standard_input_to_standard_output__is_as_from_a_file(cli, model, houses_csv, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(houses_csv.read_bytes())))

    assert cli("predict", model, "-", "-o", "-") == cli("predict", model, houses_csv)


def standard_input(monkeypatch, content: bytes, *, is_terminal: bool = False) -> None:
    stream = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setattr("sys.stdin", stream)


def test_predict__standard_input_of_any_format__is_recognized(cli, model, houses, houses_csv, monkeypatch):
    expected = cli("predict", model, houses_csv)
    book, records = io.BytesIO(), json.dumps(houses.to_pylist(), default=str)
    write_xlsx(book, {"Data": [houses.column_names, *(list(row.values()) for row in houses.to_pylist())]})

    for content in (book.getvalue(), records.encode(), gzip.compress(houses_csv.read_bytes())):
        standard_input(monkeypatch, content)
        assert cli("predict", model, "-") == expected
    standard_input(monkeypatch, houses_csv.read_bytes())
    assert cli("predict", model, "-", "--format", "csv") == expected


@pytest.mark.bad_input(132)
@pytest.mark.parametrize(
    ("content", "is_terminal", "options", "message"),
    [
        (b"", False, (), "The standard input is empty; there is no table in it."),
        (
            b"",
            True,
            (),
            "Standard input is the keyboard, not a table. Give a table after <, or a path in place of -.",
        ),
        (
            b"a,b\n1,2\n",
            False,
            ("--format", "excel"),
            "standard input: expected a workbook, as --format excel says, but it does not start like one.",
        ),
    ],
)
def test_predict__132_standard_input_without_a_table__is_refused_in_one_line(
    cli, model, monkeypatch, content, is_terminal, options, message
):
    standard_input(monkeypatch, content, is_terminal=is_terminal)

    ended = cli("predict", model, "-", *options)

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.endswith(f"{message}\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_predict__named_pipe__is_read_once(cli, model, houses_csv):
    os.mkfifo("pipe")
    writer = Thread(target=lambda: Path("pipe").write_bytes(houses_csv.read_bytes()), daemon=True)
    writer.start()

    assert cli("predict", model, "pipe", "-o", "out.csv").code == 0
    assert len(pyarrow.csv.read_csv("out.csv")) == 120
    writer.join(10)


# Rows unlike those of training


def unlike(houses: pa.Table) -> pa.Table:
    """The rows with cities that nobody knows, and one age beyond any."""
    cities = pa.array(["Atlantis"] * 100 + houses["도시"].to_pylist()[100:])
    ages = [400.0, *houses["age"].to_pylist()[1:]]
    table = houses.set_column(houses.column_names.index("도시"), "도시", cities)
    return table.set_column(houses.column_names.index("age"), "age", pa.array(ages))


def test_predict__rows_unlike_those_of_training__ends_with_a_line(cli, model, houses):
    pyarrow.csv.write_csv(unlike(houses), "new.csv")

    ended = cli("predict", model, "new.csv", "-o", "out.csv")

    assert ended.err.splitlines() == [
        "120 predictions in out.csv",
        "note: Unlike the training rows: 83% of '도시' were never seen.",
    ]


def test_predict__flag_unusual__adds_a_column_of_reasons(cli, model, houses):
    pyarrow.csv.write_csv(unlike(houses), "new.csv")

    rows = rows_of(cli("predict", model, "new.csv", "--flag-unusual", "why", "--keep", "age").out)

    assert list(rows[0]) == ["age", "prediction", "proba_no", "proba_yes", "why"]
    assert rows[0]["why"] == "'age' is beyond anything seen; '도시' was never seen"
    assert all(row["why"] for row in rows[:100])
    assert not any(row["why"] for row in rows[100:])


def test_predict__json__counts_cells_unlike_those_of_training(cli, model, houses):
    pyarrow.csv.write_csv(unlike(houses), "new.csv")

    guard = json.loads(cli("predict", model, "new.csv", "--json").out)["guard"]

    assert guard["unusual"] == 100
    assert guard["columns"]["age"] == {"beyond": 1}
    assert guard["columns"]["도시"]["never_seen"] == 100


def test_predict__model_without_a_reference__says_so_and_predicts(cli, tmp_path):
    golden = Path(__file__).parents[1] / "golden" / "v2"

    ended = cli("predict", golden / "regression_hold_out.netable", golden / "rows.csv")

    assert len(rows_of(ended.out)) == 12
    assert ended.err.splitlines()[-1].startswith("note: This model keeps no reference of its training rows")

    ended = cli(
        "predict", golden / "regression_hold_out.netable", golden / "rows.csv", "--flag-unusual", "why"
    )
    assert (ended.code, ended.out) == (2, "")
    assert "keeps no reference" in ended.err

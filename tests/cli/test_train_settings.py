from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import torch
import typer.main

from cli_runs import ON_DEAR, QUICK, metrics, settings
from netable import load
from netable.cli.app import app
from netable.config.settings import DEFAULTS, SETTINGS


def test_options__beside_every_setting__are_few():
    """`stacks` is for configuration files."""
    options = {p.name for p in typer.main.get_command(app).commands["train"].params} - {"help"}
    known = {f.name for f in fields(DEFAULTS)}

    assert known - options == {"stacks"}
    assert options - known == {
        "tables",
        "sql",
        "database",
        "memory",
        "keep_cache",
        "validation",
        "output",
        "force",
        "resume",
        "as_json",
        "config",
        "tensorboard",
        "with_report",
        "workers",
    }


def test_options__of_every_verb__are_the_settings_that_it_offers():
    for verb, command in typer.main.get_command(app).commands.items():
        options = {p.name: p.opts for p in command.params if p.param_type_name == "option"}
        for name, setting in SETTINGS.items():
            offered = setting.option in options.get(name, ())
            assert offered == (verb in setting.verbs) or (verb, name) == ("explain", "seed")


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
    typed = ["--no-report", *(part for pair in (quick | {option: "auto"}).items() for part in pair)]

    if option == "--max-epochs":  # all of them, though none gets far
        typed += ["--patience", "1", "--lr", "1e-9"]
    assert cli("train", houses_csv, *ON_DEAR, *typed, "-o", "run").code == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--hidden-layer-sizes", "8.5"], "--hidden-layer-sizes takes whole numbers; got '8.5'."),
        (["--hidden-layer-sizes", "inf"], "--hidden-layer-sizes takes whole numbers; got 'inf'."),
        (
            ["--hidden-layer-sizes", "0"],
            "Each of --hidden-layer-sizes must be an integer of at least 1; got 0.",
        ),
        (["--folds", "two"], "--folds takes a number; got 'two'."),
        (["--patience", "x"], "--patience takes a number; got 'x'."),
        (["--dropout", "1"], "--dropout must be below 1; got 1.0."),
        (["--lr", "nan"], "--lr must be a number of at least 0; got nan."),
        (["--activation", "rely"], "--activation cannot be 'rely'. Did you mean 'relu'?"),
        (
            ["--class-weight", "blanced"],
            "--class-weight takes balanced, or LABEL=WEIGHT separated by commas; got 'blanced'. Did you ",
        ),
        (["--lr", "0"], "--lr must be above 0; got 0.0."),
        (
            ["--weight-column", "agee"],
            "The weight column (--weight-column) 'agee' is not in the table. Did you",
        ),
        (
            ["--ignore-columns", "dear"],
            "The target 'dear' cannot be ignored too; take it out of --ignore-columns.",
        ),
        (
            ["--hidden-layer-sizes", "1000000,1000000"],
            "8 networks with the --hidden-layer-sizes 1000000, 1000000 need at least 64,0",
        ),
        (["--class-weight", "maybe=2"], "--class-weight names 'maybe', which is no class."),
        (
            ["--kind", "age"],
            "--kind takes COLUMN=KIND, separated by commas, of the kinds number, category, ",
        ),
        (["--kind", "age=nummer"], "The kind of 'age' cannot be 'nummer'. Did you mean 'number'?"),
        (
            ["--kind", "agee=number"],
            "The column with a kind set, 'agee' is not in the table. Did you mean 'age'?",
        ),
        (
            ["--ignore-columns", "agee"],
            "The column to ignore, 'agee' is not in the table. Did you mean 'age'?",
        ),
        (["--bad-rows", "drop"], "--bad-rows cannot be 'drop'."),
        (["--decimal", "x"], "--decimal cannot be 'x'."),
        (["--delimiter", ";;"], "--delimiter must be one character, such as ';'; got ';;'."),
        (["--folds", "500"], "120 rows cannot be split into 500 parts"),
        pytest.param(
            ["--target", "dearr"],
            "The target column 'dearr' is not in the table. Did you mean 'dear'?",
            marks=pytest.mark.bad_input(49),
        ),
        pytest.param(["--task", "regression"], "Column 'dear' holds ", marks=pytest.mark.bad_input(55)),
        pytest.param(
            ["--device", "cuda:99"],
            "--device 'cuda:99' is not available on this machine",
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
    assert "--device 'cuda' is not available on this machine; --device auto takes what there is." in ended.err


def test_config__file__stands_between_defaults_and_options(train, houses_csv):
    Path("c.yaml").write_text("target: dear\nlr: 0.5\ndropout: 0.25\nhidden_layer_sizes: [5]\n")

    found = settings(train(houses_csv, "--config", "c.yaml", "--dropout", "0.5"))

    assert found["target"] == "dear"
    assert found["lr"] == 0.5
    assert found["dropout"] == 0.5
    assert found["hidden_layer_sizes"] == [8]
    assert found["momentum"] == DEFAULTS.momentum


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dropuot: 0.1\n", "c.yaml has no setting 'dropuot'. Did you mean 'dropout'?"),
        ("- a\n", "c.yaml must map settings to values; it holds a list."),
        ("a: [\n", "c.yaml is not YAML: "),
        ("lr: fast\n", "c.yaml: lr must be a number of at least 0; got 'fast'."),
        ("kinds: [a]\n", "c.yaml: kinds must map column names to kinds; got ['a']."),
        ("early_stopping: maybe\n", "c.yaml: early_stopping must be true or false; got 'maybe'."),
    ],
)
def test_config__file_of_no_use__is_one_line(cli, houses_csv, text, complaint):
    Path("c.yaml").write_text(text)

    ended = cli("train", houses_csv, "--target", "dear", "--config", "c.yaml")

    assert ended.code == 2
    assert ended.err.startswith(f"netable: {complaint}")
    assert ended.err.count("\n") == 1


def test_options__in_place_of_each_other__are_refused_together(cli, houses_csv):
    for option in ("--folds", "--validation-fraction"):
        ended = cli("train", houses_csv, *ON_DEAR, "--validation", houses_csv, option, "0.5")

        assert ended.code == 2
        assert ended.err == f"netable: --validation replaces folds; leave out it or {option}.\n"


def test_names__with_commas__stand_between_quotes(cli):
    rows = "".join(f"{n},{n % 7},{n % 3},{n * 0.5}\n" for n in range(60))
    Path("t.csv").write_text(f'"a, b",c,"d,e",y\n{rows}')
    options = ["--ignore-columns", '"a, b"', "--kind", 'c=number,"d,e"=category']

    assert cli("train", "t.csv", "--target", "y", *QUICK, *options, "-o", "run").code == 0
    assert settings(Path("run"))["ignore_columns"] == ["a, b"]
    assert settings(Path("run"))["kinds"]["d,e"] == "category"

    ended = cli("predict", "run/model.netable", "t.csv", "--keep", '"d,e"', "--keep", "y")
    assert ended.out.splitlines()[0] == '"d,e","y","prediction"'


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


def test_config__of_a_file_that_is_written_oddly__reads_it_again(train, houses):
    lines = [";".join(houses.column_names)] + [";".join(map(str, r.values())) for r in houses.to_pylist()]
    text = "\n".join([*lines, "too;short"]).replace(".", ",").replace("None", "")
    Path("odd.csv").write_text(text, encoding="utf-16-le")
    how = ("--delimiter", ";", "--decimal", ",", "--encoding", "utf-16-le", "--bad-rows", "skip")
    first = train("odd.csv", *ON_DEAR, *how, output="a")
    second = train("odd.csv", "--config", first / "config.yaml", output="b")

    assert metrics(first)["valid"] == metrics(second)["valid"]
    assert settings(second)["bad_rows"] == "skip"


def test_seed__another__gives_another_model(train, houses_csv):
    figures = [
        metrics(train(houses_csv, *ON_DEAR, "--seed", seed, output=f"run{n}"))["valid"]
        for n, seed in enumerate("001")
    ]

    assert figures[0] == figures[1] != figures[2]


@pytest.mark.parametrize("verb", ["train", "compare"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--target", "q"], "netable: The target column 'q' is not in the table."),
        (["--target", "y", "--kind", "q=number"], "netable: The column with a kind set, 'q' is not"),
        (["--target", "y", "--weight-column", "q"], "netable: The weight column (--weight-column) 'q'"),
        (["--target", "y", "--device", "tpu"], "netable: --device cannot be 'tpu'"),
    ],
)
def test_option__that_does_not_suit_the_table__is_said_before_any_note(cli, verb, arguments, complaint):
    Path("t.csv").write_text("a,y\n" + "1,2\nn/a,3\n" * 20, encoding="utf-8")

    ended = cli(verb, "t.csv", *arguments)

    assert ended.code == 2
    assert ended.err.startswith(complaint)

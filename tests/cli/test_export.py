from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import onnxruntime
import pytest

from c_code import needs_gcc
from cli_runs import Ended
from ejected import run_here

GOLDEN = Path(__file__).parents[1] / "golden" / "v2"
MODEL, ROWS = GOLDEN / "regression.netable", GOLDEN / "rows.csv"


def test_export__model_file__is_compared_and_written(cli: Callable[..., Ended]) -> None:
    ended = cli("export", MODEL, "-o", "m.onnx", "--interval", "0.8", "--check", ROWS)

    assert ended.code == 0, ended.err
    first, second = ended.out.splitlines()
    assert re.fullmatch(r"m\.onnx: 0\.0\d+ MB, 8 inputs", first)
    assert second.startswith("compared with the model on 354 rows in onnxruntime")
    assert second.endswith(" of 1e-05 allowed")
    names = [output.name for output in onnxruntime.InferenceSession("m.onnx").get_outputs()]
    assert names == ["prediction", "lower", "upper"]


def test_export__json__has_inputs_and_proof(cli: Callable[..., Ended]) -> None:
    ended = cli("export", MODEL, "-o", "m.onnx", "--numbers", "float32", "--dates", "iso", "--json")
    told = json.loads(ended.out)

    assert told["path"] == "m.onnx"
    assert told["size"] == Path("m.onnx").stat().st_size
    assert {each["type"] for each in told["inputs"]} == {"float32", "str"}
    assert 0 < told["proof"]["largest_difference"] < told["proof"]["tolerance"]


def test_export__table_without_netable__is_what_predict_says(
    cli: Callable[..., Ended], classifier_run: Path, houses_csv: Path
) -> None:
    assert cli("export", classifier_run / "model.netable", "-o", "m.onnx", "--dates", "iso").code == 0
    predicted = cli("predict", classifier_run / "model.netable", houses_csv, "--json")
    header, *lines = houses_csv.read_text("utf-8").splitlines()
    cells = np.array([line.replace('"', "").split(",") for line in lines], dtype=object)
    columns = dict(zip(header.replace('"', "").split(","), cells.T[:, :, None], strict=True))
    session, feeds = onnxruntime.InferenceSession("m.onnx"), {}
    for each in session.get_inputs():
        column = columns[each.name]
        if each.type == "tensor(double)":
            words = {"": "nan", "true": "1", "false": "0"}
            column = np.array([[float(words.get(cell, cell))] for cell in column[:, 0]])
        feeds[each.name] = column
    labels, probabilities = session.run(["prediction", "probabilities"], feeds)

    rows = json.loads(predicted.out)["predictions"]
    assert labels.tolist() == [row["prediction"] for row in rows]
    expected = [[row["proba_no"], row["proba_yes"]] for row in rows]
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


@needs_gcc
def test_export__to_c__is_compared_and_written(cli: Callable[..., Ended]) -> None:
    ended = cli("export", MODEL, "--to", "c", "-o", "m.c")

    assert ended.code == 0, ended.err
    first, second = ended.out.splitlines()
    assert re.fullmatch(r"m\.c: 0\.\d+ MB, 8 inputs", first)
    assert second.startswith("compared with the model on 342 rows in gcc ")


def test_export__to_c_without_gcc__says_so_in_one_line(
    cli: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    ended = cli("export", MODEL, "--to", "c", "-o", "m.c", "--json")

    assert ended.code == 0, ended.err
    assert ended.err.splitlines() == ["note: The export was not compared with its model, as there is no gcc."]
    assert json.loads(ended.out)["proof"] is None


def test_export__to_torch__is_a_folder_that_predicts(cli: Callable[..., Ended]) -> None:
    with patch("netable.deploy.torch.trial.subprocess.run", run_here):
        ended = cli("export", MODEL, "--to", "torch", "-o", "m", "--interval", "0.8")

    assert ended.code == 0, ended.err
    first, second = ended.out.splitlines()
    assert re.fullmatch(r"m: 0\.0\d+ MB, 8 inputs", first)
    assert second.startswith("compared with the model on 342 rows in PyTorch ")
    done = subprocess.run(
        [sys.executable, "predict.py", ROWS, "-o", "out.csv"], cwd="m", capture_output=True, text=True
    )
    assert not done.returncode, done.stderr
    assert cli("predict", MODEL, ROWS, "-o", "expected.csv", "--interval", "0.8").code == 0
    header, *rows = csv.reader(Path("m", "out.csv").read_text("utf-8").splitlines())
    names, *expected = csv.reader(Path("expected.csv").read_text("utf-8").splitlines())
    assert header == [name for name in names if name in header] == ["prediction", "lower", "upper"]
    places = [names.index(name) for name in header]
    wanted = [[float(row[i]) for i in places] for row in expected]
    np.testing.assert_allclose(np.array(rows, float), wanted, rtol=1e-5)


def test_export__fewer_members__tells_what_they_cost(
    cli: Callable[..., Ended], classifier_run: Path, houses_csv: Path
) -> None:
    command = ("export", classifier_run / "model.netable", "-o", "m.onnx", "--members", "1", "--force")
    told = cli(*command, "--check", houses_csv).out.splitlines()
    as_json = json.loads(cli(*command, "--check", houses_csv, "--json").out)

    assert told[1].startswith("compared with the model on ")
    assert re.fullmatch(
        r"log_loss on \d+ rows: \S+ of all networks, \S+ of those kept \([+-]\d+\.\d%\)", told[2]
    )
    assert as_json["cost"]["pruned"] == pytest.approx(
        as_json["cost"]["whole"] * (1 + as_json["cost"]["change"])
    )
    assert "cost" not in json.loads(cli(*command, "--json").out)


def test_export__existing_file__needs_force(cli: Callable[..., Ended]) -> None:
    Path("m.onnx").write_text("mine")
    refused = cli("export", MODEL, "-o", "m.onnx")

    assert (refused.code, Path("m.onnx").read_text()) == (2, "mine")
    assert refused.err == (
        "netable: m.onnx exists already. Name another file with -o, or overwrite it with --force.\n"
    )
    assert cli("export", MODEL, "-o", "m.onnx", "--force").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([ROWS], "is not a netable model."),
        (["nothing.netable"], "cannot be read: No such file or directory."),
        (
            [MODEL, "--to", "torch script"],
            "The form of an export cannot be 'torch script'. There are: 'onnx', 'c', 'torch'.",
        ),
        ([MODEL, "--interval", "2"], "The coverage of an interval must be between 0.5 and 0.99; got 2.0."),
        ([MODEL, "--check", "nothing.csv"], "nothing.csv"),
        ([MODEL, "--members", "0"], "must be a number of 1 or more; got 0."),
        ([MODEL, "--numbers", "float16"], "cannot be 'float16'. Did you mean 'float64'?"),
        ([MODEL, "-o", "nowhere/m.onnx"], "cannot be written: No such file or directory."),
    ],
)
def test_export__mistakes__are_one_line(
    arguments: list[object], says: str, cli: Callable[..., Ended]
) -> None:
    ended = cli("export", *([] if "-o" in arguments else ["-o", "m.onnx"]), *arguments)

    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert says in ended.err
    assert not Path("m.onnx").exists()

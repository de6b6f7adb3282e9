from __future__ import annotations

import ast
import csv
import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from safetensors import safe_open

from ejected import eject, run_here, script_of
from grouped import grouped_model
from grown import assert_same_cuts, each_grown_model, grown_model
from netable.config.exports import ExportSettings
from netable.config.settings import Settings
from netable.deploy.contract.scope import BODIES
from netable.deploy.torch import artefact, networks
from netable.deploy.torch.artefact import TorchFolder
from netable.errors import ConfigError, DataWarning, ExportError, FileError, silence
from netable.fit.fit import fit
from netable.model.file import load
from netable.model.model import Model
from netable.table.reading.read import read
from small import QUICK, make_table
from tests.golden import make

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "golden"
# A program that imports torch takes seconds for each; these have every part between them.
ALWAYS = ("binary_whole_numbers", "multiclass", "regression_blend", "regression_log")
GOLDEN = sorted(FOLDER.glob("v*/*.netable"))
FILES = [
    pytest.param(path, id=path.stem, marks=[] if path.stem in ALWAYS else pytest.mark.slow) for path in GOLDEN
]
REGRESSION = FOLDER / "v2" / "regression.netable"


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Python in a folder."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize("path", FILES)
def test_export__golden_model__predicts_what_it_did(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, expected = load(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
    interval = make.COVERAGE if "lower" in expected else None
    with silence(DataWarning):
        rows = model.read(str(path.with_name("rows.csv")))
        exported = model.export(tmp_path / "m", "torch", interval=interval, check=rows)
        # The same rows again, to see the numbers themselves: the proof has run them in a process.
        monkeypatch.setattr("netable.deploy.torch.trial.subprocess.run", run_here)
        outputs = TorchFolder(model, ExportSettings("torch", interval)).run(rows)

    assert exported.proof.largest_difference <= exported.proof.tolerance == 1e-5
    if model.task != "regression":
        assert outputs["prediction"].tolist() == expected["prediction"]
        np.testing.assert_allclose(outputs["probabilities"], expected["outcome"], rtol=1e-4, atol=1e-6)
    for name in ["prediction", *(("lower", "upper") if interval else ())] * (model.task == "regression"):
        np.testing.assert_allclose(outputs[name], expected[name], rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_predict__csv_in_the_form_of_the_training__is_what_it_was(path: Path, tmp_path: Path) -> None:
    model, expected = load(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
    script = script_of(eject(model, tmp_path / "m"))
    lines = path.with_name("rows.csv").read_text("utf-8").splitlines()
    header, *rows = (next(csv.reader([line])) for line in lines)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    with torch.inference_mode():
        outcome = script.load()(*script.encode(columns)).numpy()

    np.testing.assert_allclose(outcome, expected["outcome"], rtol=1e-5, atol=1e-7)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proofs without a process, which takes seconds."""
    monkeypatch.setattr("netable.deploy.torch.trial.subprocess.run", run_here)


def trained(settings: dict[str, Any]) -> Model:
    given = {"target": "price", **QUICK, **settings}
    others = [name for name in ("price", "rooms", "dear", "third") if name not in given["target"]]
    return fit(make_table().drop_columns(others), Settings(**given))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "settings",
    [
        {"model": "resnet", "dropout": 0.1, "activation": "gelu"},
        {"stacks": ({"model": "linear"}, {"embedding": "bins"}, {"categories": "means"})},
        {"target": ("price", "age"), "embedding": "periodic"},
    ],
    ids=str,
)
def test_export__model_just_fitted__is_compared_on_training_rows_too(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    interval = 0.6 if "stacks" not in settings else None
    exported = trained(settings).export(tmp_path / "m", "torch", interval=interval)

    assert exported.proof.rows > 120 + 256
    assert exported.size == sum(file.stat().st_size for file in (tmp_path / "m").iterdir())


@pytest.mark.usefixtures("here")
@each_grown_model
def test_export__trees_beside_networks__cut_where_the_model_does(
    target: str, categories: str, tmp_path: Path
) -> None:
    model = grown_model(target, categories)

    exported = model.export(tmp_path / "m", "torch")

    assert_same_cuts(exported, lambda: TorchFolder(model, ExportSettings("torch")), model, target)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("target", ["y", "is_much", "third"])
def test_export__means_of_levels__are_the_same(target: str, tmp_path: Path) -> None:
    exported = grouped_model(target).export(tmp_path / "m", "torch")

    assert exported.proof.largest_difference < 1e-6


@pytest.mark.usefixtures("here")
def test_export__networks_in_double_precision__stay_so(tmp_path: Path) -> None:
    model = grouped_model()
    model.net.double()

    assert model.export(tmp_path / "m", "torch").proof.largest_difference < 1e-12


def texts() -> Model:
    rng = np.random.default_rng(0)
    words = np.array(["Straße", "größe", "rot,", "서울에서", "서울", "running", "RUNNER", "a"])
    notes = [" ".join(words[rng.integers(0, 8, 6)]) for _ in range(80)]
    table = pa.table({"x": rng.normal(size=80), "note": notes, "kind": words[rng.integers(0, 3, 80)]})
    table = table.append_column("y", pa.array([note.count("run") + len(note) / 40 for note in notes]))
    return fit(read(table), Settings(target="y", kinds={"note": "text"}, **QUICK))


def test_export__text_column__is_read_by_its_pieces(tmp_path: Path) -> None:
    exported = texts().export(
        tmp_path / "m", "torch", check={"x": [0], "note": ["Ⓡunning ΟΔΟΣ"], "kind": ["a"]}
    )

    assert exported.proof.largest_difference < 1e-6
    assert "unicodedata" in (tmp_path / "m" / "model.py").read_text("utf-8")


def test_export__names_and_levels_that_python_does_not_allow__are_no_obstacle(tmp_path: Path) -> None:
    names = ['"', "it's", '"""', "class", "도시" * 40, "2nd", "prediction", "\u202e", "\\", "a\nb", "%s {x}"]
    rng = np.random.default_rng(0)
    levels = np.array(['"', "'''", "\\", "\n;", "1", "도"])
    columns = {name: levels[rng.integers(0, 6, 60)] for name in names}
    table = read(pa.table({**columns, "y": rng.random(60) < 0.5}))
    model = fit(table, Settings(target="y", kinds=dict.fromkeys(names, "category"), **QUICK))
    exported = model.export(tmp_path / "m", "torch")

    assert [each["name"] for each in exported.inputs] == names
    assert exported.proof.largest_difference < 1e-6
    check_style(tmp_path / "m")


def check_style(folder: Path) -> None:
    """Both scripts are as ruff wants them, by the rules of this repository."""
    config = ["--config", ROOT / "pyproject.toml"]
    for checked in (
        ["check", "--no-cache", "--ignore", "E501"],
        ["format", "--check", "--diff", "--no-cache"],
    ):
        done = run(folder, "-m", "ruff", *checked, *config, "model.py", "predict.py")
        assert not done.returncode, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_script__golden_model__is_formatted_and_has_nothing_unused(path: Path, tmp_path: Path) -> None:
    model = load(path)
    interval = None if model.intervals.why_none else make.COVERAGE
    folder = eject(model, tmp_path / "m", interval)
    text = (folder / "model.py").read_text("utf-8")
    tree = ast.parse(text)

    check_style(folder)
    assert max(map(len, text.splitlines())) <= 110
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in imported}
    assert roots <= sys.stdlib_module_names | {"numpy", "safetensors", "torch"}
    kinds = {column.kind for column in model.schema.used}
    assert ("datetime" in text) == ("date" in kinds)
    assert ("class OneHot" in text) == ("category" in kinds)
    assert ("class Bins" in text) == any(len(stack.inputs.bins) for stack in model.net.stacks)
    assert ("np.interp" in text) == (interval is not None)
    for node in tree.body:  # what is defined is used, or is for those who import it
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in (
            "load",
            "predict",
            "targets",
        ):
            assert len(re.findall(rf"\b{node.name}\b", text)) > 1, node.name


@pytest.mark.parametrize("path", [REGRESSION, FOLDER / "v2" / "multiclass.netable"])
def test_readme__example_of_training__runs_and_learns(path: Path, tmp_path: Path) -> None:
    model, columns = load(path), make.make_columns(40, seed=3)
    folder = eject(model, tmp_path / "m")
    make.write_csv(folder / "training.csv", columns)
    example = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    assert example
    (folder / "example.py").write_text(example[1], "utf-8")
    done = run(folder, "example.py")

    assert not done.returncode, done.stderr
    script = script_of(folder)
    texts = {name: list(map(str, cells)) for name, cells in columns.items()}
    inputs, y = script.encode(texts), script.targets(texts)
    losses = []
    for weights in ("weights.safetensors", "trained.safetensors"):
        outcome = script.load(folder / weights)(*inputs)
        by_squares = torch.nn.functional.mse_loss
        losses.append(
            by_squares(outcome, y) if model.task == "regression" else -outcome[range(40), y].log().mean()
        )
    assert losses[1] < losses[0]


def test_forward__every_parameter__has_a_gradient(tmp_path: Path) -> None:
    script = script_of(eject(load(FOLDER / "v2" / "regression_blend.netable"), tmp_path / "m"))
    columns, model = make.make_columns(30, seed=1), script.load()
    model(*script.encode(columns)).sum().backward()

    assert all(parameter.grad is not None for parameter in model.parameters())
    assert all(bool(parameter.grad.isfinite().all()) for parameter in model.parameters())


def test_encode__values_of_a_data_frame__are_those_of_texts(tmp_path: Path) -> None:
    script = script_of(eject(load(REGRESSION), tmp_path / "m"))
    texts = make.make_columns(20, seed=1)
    frame = {name: list(cells) for name, cells in texts.items()}
    frame["size"] = [None if cell == "" else float(cell) for cell in texts["size"]]
    frame["cost"] = [float(cell[2:].replace(",", "")) for cell in texts["cost"]]
    frame["sold"] = [np.datetime64(cell).astype("datetime64[us]").item() for cell in texts["sold"]]

    for first, second in zip(script.encode(texts), script.encode(frame), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0, equal_nan=True)


def test_export__same_model__is_the_same_folder(tmp_path: Path) -> None:
    first, second = (eject(load(REGRESSION), tmp_path / name, 0.8) for name in "ab")

    for file in sorted(first.iterdir()):
        assert file.read_bytes() == (second / file.name).read_bytes()
    assert sorted(file.name for file in first.iterdir()) == sorted(TorchFolder.files)


def test_export__proof__is_in_the_weights_and_the_readme(tmp_path: Path) -> None:
    exported = load(REGRESSION).export(tmp_path / "m", "torch")
    with safe_open(tmp_path / "m" / "weights.safetensors", "pt") as weights:
        facts = json.loads(weights.metadata()["netable"])

    assert facts["proof"] == exported.proof._asdict()
    assert f"It was {exported.proof.told()}." in (tmp_path / "m" / "README.md").read_text("utf-8")
    assert exported.proof.runtime == f"PyTorch {torch.__version__}"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            "return 1.01 * ",
            r"it does not predict as the model\. For the row {.*'size': .*} the model gives \[.*\], ",
        ),
        ("return nothing + ", r"its predict\.py fails: NameError"),
    ],
)
def test_export__folder_that_predicts_otherwise_or_fails__is_not_written(
    wrong: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = artefact.script

    def changed(*given: Any) -> str:
        return right(*given).replace("return (self.share", f"{wrong}(self.share")

    monkeypatch.setattr(artefact, "script", changed)
    with pytest.raises(ExportError, match=f"^The export is not written, as {says}"):
        load(REGRESSION).export(tmp_path / "m", "torch")

    assert not list(tmp_path.iterdir())


def test_export__existing_folder__is_replaced_only_if_asked_and_other_files_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("netable.deploy.export._proof", lambda *given: None)
    model, folder = load(REGRESSION), tmp_path / "m"
    folder.mkdir()
    for name in ("model.py", "mine.txt"):
        (folder / name).write_text("mine")
    with pytest.raises(
        FileError, match=r"m exists already\. Name another file, or overwrite it with overwrite"
    ):
        model.export(folder, "torch")
    assert (folder / "model.py").read_text() == "mine"
    model.export(folder, "torch", overwrite=True)

    assert sorted(file.name for file in folder.iterdir()) == sorted([*TorchFolder.files, "mine.txt"])
    assert "class Model" in (folder / "model.py").read_text("utf-8")


def test_export__file_in_the_place_of_the_folder__is_one_line(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("mine")
    with pytest.raises(
        FileError, match=r"m is not a folder; name a folder, or a place where there is none\.$"
    ):
        load(REGRESSION).export(tmp_path / "m", "torch", overwrite=True)


@pytest.mark.parametrize("settings", [{"numbers": "float32"}, {"dates": "iso"}], ids=str)
def test_export__types_that_are_for_onnx__are_refused(settings: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^A script of PyTorch reads the cells of a CSV; leave out numbers="
    ):
        load(REGRESSION).export(tmp_path / "m", "torch", **settings)


def test_export__network_of_ones_own__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^A network of your own cannot be exported"):
        trained({"model": torch.nn.Linear}).export(tmp_path / "m", "torch")


def test_layers__every_body_in_scope__is_written() -> None:
    assert set(networks._LAYERS) == set(BODIES)


def test_predict__table_without_a_column__is_one_line(tmp_path: Path) -> None:
    folder = eject(load(REGRESSION), tmp_path / "m")
    (folder / "rows.csv").write_text("size\n1\n", "utf-8")
    done = run(folder, "predict.py", "rows.csv", "-o", "out.csv")

    assert done.returncode == 1
    assert done.stderr == "rows.csv has no column 'cost'; it has ['size'].\n"
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("size", "much", "is not a number as in training"),
        ("cost", "2", "is not a number as in training"),
        ("sold", "soon", "is not a date as in training"),
    ],
)
def test_encode__cell_that_it_cannot_read__is_named(
    column: str, cell: str, says: str, tmp_path: Path
) -> None:
    script = script_of(eject(load(REGRESSION), tmp_path / "m"))
    columns = make.make_columns(1, seed=0) | {column: [cell]}
    with pytest.raises(ValueError, match=rf"^In the column '{column}', '{cell}' {says}\.$"):
        script.encode(columns)


@pytest.mark.bad_input(79)
def test_export__full_disk__is_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "the place")

    model = load(REGRESSION)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(FileError, match=r"^the place cannot be written: No space"):
            model.export(tmp_path / "m", "torch")
    monkeypatch.setattr("netable.deploy.export._proof", lambda *given: None)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match=r"m[/\\]\S+ cannot be written: No space left on device\.$"):
        model.export(tmp_path / "m", "torch")

    assert not list(tmp_path.iterdir())

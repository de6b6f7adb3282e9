from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from c_code import needs_gcc
from grouped import grouped_model
from grown import assert_same_cuts, each_grown_model, grown_model
from netable.config.exports import ExportSettings
from netable.config.settings import Settings
from netable.deploy.c import artefact, bodies
from netable.deploy.c.artefact import CFile
from netable.deploy.contract.scope import BODIES
from netable.errors import ConfigError, DataWarning, ExportError, silence
from netable.fit.fit import fit
from netable.model.file import load
from netable.table.reading.read import read
from small import QUICK, make_table
from tests.golden import make

FOLDER = Path(__file__).parents[2] / "golden"
# A compiler takes seconds for each; these have every part between them.
ALWAYS = ("binary_whole_numbers", "multiclass", "regression_blend", "regression_log")
FILES = [
    pytest.param(path, id=path.stem, marks=[] if path.stem in ALWAYS else pytest.mark.slow)
    for path in sorted(FOLDER.glob("v*/*.netable"))
]
REGRESSION = FOLDER / "v2" / "regression.netable"


@needs_gcc
@pytest.mark.parametrize("path", FILES)
def test_export__golden_model__predicts_what_it_did(path: Path, tmp_path: Path) -> None:
    model, expected = load(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
    interval = make.COVERAGE if "lower" in expected else None
    exported = model.export(tmp_path / "m.c", "c", interval=interval)
    with silence(DataWarning):
        outputs = CFile(model, ExportSettings("c", interval)).run(model.read(str(path.with_name("rows.csv"))))

    assert exported.proof
    assert exported.proof.largest_difference <= exported.proof.tolerance == 1e-5
    if model.task != "regression":
        assert outputs["prediction"].tolist() == expected["prediction"]
        np.testing.assert_allclose(outputs["probabilities"], expected["outcome"], rtol=1e-4, atol=1e-6)
    for name in ["prediction", *(("lower", "upper") if interval else ())] * (model.task == "regression"):
        np.testing.assert_allclose(outputs[name], expected[name], rtol=1e-4, atol=1e-6, err_msg=name)


@needs_gcc
@pytest.mark.parametrize(
    "settings",
    [
        {"model": "resnet"},
        {"embedding": "periodic", "activation": "gelu"},
        {"loss": "quantile", "quantile": 0.9},
        {"stacks": ({"model": "linear"}, {"embedding": "bins"}, {"categories": "means"})},
        {"target": ("price", "age")},
        {"target": "third"},
    ],
    ids=str,
)
def test_export__model_just_fitted__is_compared_on_training_rows_too(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    given = {"target": "price", **QUICK, **settings}
    others = [name for name in ("price", "rooms", "dear", "third") if name not in given["target"]]
    model = fit(make_table().drop_columns(others), Settings(**given))
    exported = model.export(tmp_path / "m.c", "c", interval=0.6 if settings == {"model": "resnet"} else None)

    assert exported.proof
    assert exported.proof.rows > 120 + 256


@needs_gcc
@each_grown_model
def test_export__trees_beside_networks__cut_where_the_model_does(
    target: str, categories: str, tmp_path: Path
) -> None:
    model = grown_model(target, categories)

    exported = model.export(tmp_path / "m.c", "c")

    assert_same_cuts(exported, lambda: CFile(model, ExportSettings("c")), model, target)


@needs_gcc
@pytest.mark.parametrize("target", ["y", "is_much", "third"])
def test_export__means_of_levels__are_the_same(target: str, tmp_path: Path) -> None:
    exported = grouped_model(target).export(tmp_path / "m.c", "c", interval=0.5 if target == "y" else None)

    assert exported.proof
    assert 0 < exported.proof.largest_difference < 1e-6


@needs_gcc
def test_export__names_and_levels_that_c_does_not_allow__are_no_obstacle(tmp_path: Path) -> None:
    names = ["*/ int x; /*", "??/", "real", "row", "도시", "2nd", "predict", "\u202e"]
    rng = np.random.default_rng(0)
    levels = np.array(['"', "??/", "\\", "\n", "*/", "도"])
    columns = {name: levels[rng.integers(0, 6, 60)] for name in names}
    table = read(pa.table({**columns, "y": rng.random(60) < 0.5}))
    exported = fit(table, Settings(target="y", kinds=dict.fromkeys(names, "category"), **QUICK)).export(
        tmp_path / "m.c", "c"
    )

    assert exported.proof
    assert len(exported.inputs) == len({each["name"] for each in exported.inputs}) == len(names)


@needs_gcc
@pytest.mark.parametrize("column", ["size", "도시", "garden", "sold"])
def test_export__column_of_one_kind_alone__leaves_nothing_unused(column: str, tmp_path: Path) -> None:
    table = make_table().select([column, "price"])
    exported = fit(table, Settings(target="price", **QUICK)).export(tmp_path / "m.c", "c")

    assert exported.proof
    assert len(exported.inputs) == 1


@needs_gcc
def test_export__file__is_declared_and_called_from_another_one(tmp_path: Path) -> None:
    model = load(REGRESSION)
    exported = model.export(tmp_path / "m.c", "c", interval=0.8)
    rows = model.read({each["column"]: [None] for each in exported.inputs})
    missing = {"float64": "NAN", "int64": "NO_DATE", "str": "0"}
    lines = [f"row.{each['name']} = {missing[each['type']]};" for each in exported.inputs]
    (tmp_path / "main.c").write_text(
        '#define NETABLE_DECLARATIONS\n#include "m.c"\n#include <math.h>\n#include <stdio.h>\n'
        f"int main(void) {{ struct row row; struct outcome o; {' '.join(lines)} predict(&row, &o);"
        'printf("%.17g %.17g %.17g", o.prediction, o.lower, o.upper); return 0; }'
    )
    flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run(["gcc", *flags, "-o", "m", "main.c", "m.c", "-lm"], cwd=tmp_path, check=True)
    told = subprocess.run([tmp_path / "m"], capture_output=True, text=True, check=True).stdout
    with silence(DataWarning):
        prediction = model.outcome(rows)
        expected = [prediction, *model.intervals.around(prediction, 0.8)]

    np.testing.assert_allclose(list(map(float, told.split())), np.concatenate(expected)[:, 0], rtol=1e-6)


@needs_gcc
def test_export__same_model__is_the_same_file(tmp_path: Path) -> None:
    first, second = tmp_path / "a.c", tmp_path / "b.c"
    load(REGRESSION).export(first, "c")
    load(REGRESSION).export(second, "c")

    assert first.read_bytes() == second.read_bytes()
    assert max(map(len, first.read_text("utf-8").splitlines())) < 160


@needs_gcc
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            "mean[0] * 1.01;",
            r"it does not predict as the model\. For the row {.*'size': .*} the model gives \[.*\], ",
        ),
        ("mean[0] * ;", "gcc cannot compile it: "),
    ],
)
def test_export__file_that_predicts_otherwise_or_is_no_c__is_not_written(
    wrong: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(artefact, "number_lines", lambda *given: [f"outcome->prediction = {wrong}"])
    with pytest.raises(ExportError, match=f"^The export is not written, as {says}"):
        load(REGRESSION).export(tmp_path / "m.c", "c")

    assert not list(tmp_path.iterdir())


def test_export__no_gcc__is_written_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.warns(
        DataWarning, match=r"^The export was not compared with its model, as there is no gcc\.$"
    ):
        exported = load(REGRESSION).export(tmp_path / "m.c", "c")

    assert exported.proof is None
    assert " * Proof: not compared with its model, as there was no gcc." in (tmp_path / "m.c").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("settings", [{"numbers": "float32"}, {"dates": "iso"}], ids=str)
def test_export__types_that_are_for_onnx__are_refused(settings: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^A C file takes numbers as double and dates as int64_t; leave out "
    ):
        load(REGRESSION).export(tmp_path / "m.c", "c", **settings)


def test_export__level_with_a_null_character__is_refused(tmp_path: Path) -> None:
    table = pa.table({"a": ["x", "y\0"] * 30, "y": [float(i) for i in range(60)]})
    model = fit(read(table), Settings(target="y", kinds={"a": "category"}, **QUICK))
    with pytest.raises(
        ConfigError, match=r"^A level of the column 'a' has a null character, which ends texts in C; take"
    ):
        model.export(tmp_path / "m.c", "c")


def test_export__text_column_or_network_of_ones_own__is_refused(tmp_path: Path) -> None:
    notes = [f"word{i % 7} and more" for i in range(60)]
    table = read(pa.table({"x": [float(i) for i in range(60)], "note": notes}))
    texts = fit(table, Settings(target="x", kinds={"note": "text"}, **QUICK))
    with pytest.raises(
        ConfigError,
        match=r"^The column 'note' is a text, which a C file cannot read\. Export it to torch, which",
    ):
        texts.export(tmp_path / "m.c", "c")
    own = fit(make_table(), Settings(target="price", **{**QUICK, "model": torch.nn.Linear}))
    with pytest.raises(ConfigError, match=r"^A network of your own cannot be exported"):
        own.export(tmp_path / "m.c", "c")


def test_layers__every_body_in_scope__has_lines() -> None:
    assert set(bodies._LAYERS) == set(BODIES)

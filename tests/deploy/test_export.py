from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pytest
import torch

from grouped import grouped_model
from grown import assert_same_cuts, each_grown_model, grown_model
from netable.config.exports import ExportSettings
from netable.config.settings import Settings
from netable.deploy.onnx import artefact
from netable.deploy.onnx.exported import load as load_exported
from netable.deploy.onnx.graph import Graph
from netable.errors import ConfigError, DataError, DataWarning, ExportError, FileError, SchemaError
from netable.fit.fit import fit
from netable.model.file import load
from netable.model.model import Model
from netable.table.reading.read import read
from small import QUICK, make_table
from tests.golden import make

FOLDER = Path(__file__).parents[1] / "golden"
FILES = sorted(FOLDER.glob("v*/*.netable"))
COVERAGE = make.COVERAGE


def metadata(session: onnxruntime.InferenceSession) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in session.get_modelmeta().custom_metadata_map.items()}


def run(path: Path, feeds: dict[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True)), metadata(session)


def column_of(feed: dict[str, str], values: list[Any]) -> np.ndarray:
    """Values as a person would feed them, without netable."""
    if feed["type"] == "str":
        return np.array([["" if value is None else str(value)] for value in values], dtype=object)
    if feed["type"] == "int64":
        return np.array(values, "datetime64[us]").astype(np.int64)[:, None]
    return np.array([np.nan if value is None else float(value) for value in values])[:, None]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_export__golden_model__predicts_what_it_did_without_netable(path: Path, tmp_path: Path) -> None:
    model, expected = load(path), json.loads(path.with_suffix(".json").read_text("utf-8"))
    interval = COVERAGE if "lower" in expected else None
    exported = model.export(tmp_path / "m.onnx", interval=interval, check=str(path.with_name("rows.csv")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        rows = model.read(str(path.with_name("rows.csv")))
    feeds = {each["name"]: column_of(each, rows[each["column"]].to_pylist()) for each in exported.inputs}
    outputs, facts = run(tmp_path / "m.onnx", feeds)

    assert exported.proof.largest_difference <= exported.proof.tolerance == 1e-5
    assert facts["proof"] == exported.proof._asdict()
    assert facts["inputs"] == list(exported.inputs)
    assert facts.get("classes", []) == list(model.target.labels)
    names = (
        ["probabilities"]
        if model.task != "regression"
        else ["prediction", "lower", "upper"][: 3 if interval else 1]
    )
    for name in names:
        wanted = expected["outcome" if name == "probabilities" else name]
        np.testing.assert_allclose(outputs[name], wanted, rtol=1e-4, atol=1e-6, err_msg=name)
    if model.task != "regression":
        assert outputs["prediction"].tolist() == expected["prediction"]
    again = load_exported(tmp_path / "m.onnx")
    np.testing.assert_allclose(
        again.outcome_of(again.encode(rows)), expected["outcome"], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("settings", [{"dates": "iso"}, {"numbers": "float32"}], ids=str)
def test_export__other_types_of_inputs__are_those_of_the_file(
    settings: dict[str, str], tmp_path: Path
) -> None:
    exported = load(FOLDER / "v2" / "regression.netable").export(tmp_path / "m.onnx", **settings)

    types = {each["column"]: each["type"] for each in exported.inputs}
    assert types["sold"] == ("str" if "dates" in settings else "int64")
    assert types["size"] == settings.get("numbers", "float64")


def test_export__file__has_operators_of_the_standard_alone(tmp_path: Path) -> None:
    load(FOLDER / "v2" / "regression.netable").export(tmp_path / "m.onnx")
    proto = onnx.load(tmp_path / "m.onnx")

    assert {opset.domain for opset in proto.opset_import} == {"", "ai.onnx.ml"}
    assert {node.domain for node in proto.graph.node} == {"", "ai.onnx.ml"}
    assert proto.producer_name == "netable"


def trained(**settings: Any) -> Model:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    return fit(table, Settings(**{"target": "price", **QUICK, **settings}))


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "resnet"},
        {"embedding": "bins"},
        {"embedding": "periodic", "activation": "gelu"},
        {"loss": "quantile", "quantile": 0.9},
        {"stacks": ({"model": "linear"}, {"embedding": "bins"})},
        {"target": ("price", "age")},
    ],
    ids=str,
)
def test_export__model_just_fitted__is_compared_on_training_rows_too(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    model = trained(**settings)
    alone = load_again(model, tmp_path).export(tmp_path / "a.onnx")
    exported = model.export(tmp_path / "b.onnx")

    assert exported.proof.rows == alone.proof.rows + 120
    assert (tmp_path / "a.onnx").stat().st_size == alone.size


@each_grown_model
def test_export__trees_beside_networks__cut_where_the_model_does(
    target: str, categories: str, tmp_path: Path
) -> None:
    model = grown_model(target, categories)

    exported = model.export(tmp_path / "m.onnx")

    assert_same_cuts(exported, lambda: artefact.OnnxFile(model, ExportSettings("onnx")), model, target)


def load_again(model: Model, folder: Path) -> Model:
    from netable.model.file import save

    save(model, folder / "m.netable")
    return load(folder / "m.netable")


def test_export__wide_categories_and_booleans_as_classes__are_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 30, 200)
    table = pa.table(
        {"wide": [f"l{i}" for i in levels], "narrow": [f"n{i % 3}" for i in levels], "y": levels % 2 == 0}
    )
    exported = fit(read(table), Settings(target="y", **QUICK)).export(tmp_path / "m.onnx")
    outputs, facts = run(
        tmp_path / "m.onnx", {name: np.array([["l1"]], dtype=object) for name in ("wide", "narrow")}
    )

    assert outputs["prediction"].dtype == bool
    assert facts["classes"] == [False, True]
    assert exported.proof.rows > 450


def test_export__days_whose_cosines_are_equal_but_for_rounding__are_the_same(tmp_path: Path) -> None:
    table = pa.table({"day": ["2000-06-07"] * 3 + ["2000-01-01"], "y": [0.12, -0.13, 0.64, 0.1]})
    settings = {"max_epochs": 2, "folds": 2, "embedding": "bins", "hidden_layer_sizes": (3, 3)}
    model = fit(read(table), Settings(target="y", **settings))

    assert model.export(tmp_path / "m.onnx").proof.largest_difference < 1e-9


@pytest.mark.parametrize("target", ["y", "is_much", "third"])
def test_export__means_of_levels__are_the_same(target: str, tmp_path: Path) -> None:
    exported = grouped_model(target).export(tmp_path / "m.onnx", interval=0.5 if target == "y" else None)

    assert 0 < exported.proof.largest_difference < 1e-6


def test_export__number_on_a_cut_that_counts_as_above_it__is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Rounded(Graph):
        def op(self, operator: str, *operands: Any, **attributes: Any) -> str:
            return super().op("LessOrEqual" if operator == "Less" else operator, *operands, **attributes)

    monkeypatch.setattr(artefact, "Graph", Rounded)
    with pytest.raises(ExportError):
        load_again(grouped_model(), tmp_path).export(tmp_path / "m.onnx")


def test_export__file_that_predicts_otherwise__is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = artefact.mean_outcome
    monkeypatch.setattr(artefact, "mean_outcome", lambda g, o, out, w: right(g, o, out, w * 1.01))
    with pytest.raises(
        ExportError, match=r"For the row {.*'size': .*} the model gives \[.*\], the export {'prediction'"
    ):
        load(FOLDER / "v2" / "regression.netable").export(tmp_path / "m.onnx")

    assert not list(tmp_path.iterdir())


def test_export__classes_that_are_mixed_up__are_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = artefact.labels
    monkeypatch.setattr(artefact, "labels", lambda g, target, out: right(g, target, g.op("Neg", out)))
    with pytest.raises(ExportError, match=r"the export {'probabilities': .*'prediction': "):
        load(FOLDER / "v2" / "multiclass.netable").export(tmp_path / "m.onnx")


def test_export__existing_file__is_replaced_only_if_asked(tmp_path: Path) -> None:
    model, path = load(FOLDER / "v2" / "binary.netable"), tmp_path / "m.onnx"
    path.write_text("mine")
    with pytest.raises(FileError, match=r"m\.onnx exists already\. Name another file, or overwrite it with"):
        model.export(path)
    assert path.read_text() == "mine"
    model.export(path, overwrite=True)

    assert path.stat().st_size > 1000


def test_export__no_place_for_the_file__is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be written: No such file or directory\.$"):
        load(FOLDER / "v2" / "binary.netable").export(tmp_path / "nowhere" / "m.onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_export__package_that_is_missing__is_named(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("netable.deploy.onnx")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ConfigError, match=rf"^{package} is not installed, .*pip install 'netable\[export\]'$"
    ):
        load(FOLDER / "v2" / "binary.netable").export(tmp_path / "m.onnx")


def test_export__unknown_form__is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^The form of an export cannot be 'onx'\. Did you mean 'onnx'\?$"):
        load(FOLDER / "v2" / "binary.netable").export(tmp_path / "m.onnx", "onx")


def test_export__interval_of_classes__is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no intervals: it predicts classes"):
        load(FOLDER / "v2" / "binary.netable").export(tmp_path / "m.onnx", interval=0.9)


def test_export__check_without_a_column__is_a_schema_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="'size'"):
        load(FOLDER / "v2" / "binary.netable").export(tmp_path / "m.onnx", check={"cost": [1.0]})


def test_export__text_column__is_refused(tmp_path: Path) -> None:
    table = pa.table(
        {"x": [float(i) for i in range(60)], "note": [f"word{i % 7} and more" for i in range(60)]}
    )
    model = fit(read(table), Settings(target="x", kinds={"note": "text"}, **QUICK))
    with pytest.raises(ConfigError, match=r"^The column 'note' is a text, .*ignore_columns=\[\"note\"\]$"):
        model.export(tmp_path / "m.onnx")


def test_export__network_of_ones_own__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^A network of your own cannot be exported"):
        trained(model=torch.nn.Linear).export(tmp_path / "m.onnx")

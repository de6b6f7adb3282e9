from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest

from netable.deploy.onnx.exported import FACTS, load
from netable.deploy.server.openapi import example_row
from netable.errors import ConfigError, DataError, FileError, ModelFileError, silence
from serving import ROWS, model_of

NAME, GUARDED = "binary", "regression_with_reference"
Exported = Callable[[str], Path]


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression_blend", "regression_two_targets"])
def test_load__export__predicts_and_describes_as_its_model(name: str, exported: Exported) -> None:
    model, found = model_of(name), load(exported(name))
    with silence():
        expected = model.outcome(ROWS)
        outcome = found.outcome_of(found.encode(ROWS))
        table = found.read(ROWS)

    np.testing.assert_allclose(outcome, expected, rtol=1e-4, atol=1e-5)
    assert found.encoder == model.encoder
    assert found.target == model.target
    assert found.recipe == model.recipe
    assert table.equals(model.read(ROWS))
    assert (found.task, found.outputs, found.columns_beside) == (
        model.task,
        model.outputs,
        model.columns_beside,
    )
    assert found.intervals.why_none == model.intervals.why_none
    if not model.intervals.why_none:
        for end, wanted in zip(
            found.intervals.around(expected, 0.8), model.intervals.around(expected, 0.8), strict=True
        ):
            assert end.tolist() == wanted.tolist()


@pytest.mark.parametrize("settings", [{"dates": "iso"}, {"numbers": "float32"}], ids=str)
def test_load__other_types_of_inputs__are_fed(settings: dict[str, str], tmp_path: Path) -> None:
    model = model_of("regression")
    model.export(tmp_path / "m.onnx", **settings)
    found = load(tmp_path / "m.onnx")
    with silence():
        np.testing.assert_allclose(found.outcome_of(found.encode(ROWS)), model.outcome(ROWS), rtol=1e-4)


def test_encode__some_rows_alone__are_those_of_all(exported: Exported) -> None:
    found = load(exported("multiclass"))
    with silence():
        encoded = found.encode(ROWS)

    np.testing.assert_allclose(
        found.outcome_of(encoded.take(slice(3, 5))), found.outcome_of(encoded)[3:5], rtol=1e-6, atol=1e-9
    )


def test_guard_of__odd_rows__are_those_of_the_model(exported: Exported) -> None:
    model, found = model_of(GUARDED), load(exported(GUARDED))
    usual = example_row(model)
    odd = {"size": [1e6, usual["size"], None], "도시": [usual["도시"], "nowhere", usual["도시"]]}
    rows = [usual | dict(zip(odd, cells, strict=True)) for cells in zip(*odd.values(), strict=True)]
    with silence():
        expected = model.guard([*rows, usual])
        guard = found.guard_of(found.encode([*rows, usual]))

    assert guard is not None
    assert guard.reasons == expected.reasons
    assert guard.unusual.tolist()[:1] == [True]
    assert guard.to_dict() == expected.to_dict()
    assert found.reference is not None
    assert found.reference.judged is None


def test_load__file_without_a_reference__has_no_guard(exported: Exported, tmp_path: Path) -> None:
    found = load(altered(exported(GUARDED), tmp_path, lambda facts: facts | {"reference": None}))
    with silence():
        assert found.guard_of(found.encode(ROWS)) is None


def test_encode__infinite_number__is_refused_as_by_the_model(exported: Exported) -> None:
    row = {"size": [np.inf], "comma": ["1,5"], "도시": ["서울"]}
    for model in (load(exported(NAME)), model_of(NAME)):
        with pytest.raises(DataError, match="Column 'size' is infinite in 1 of 1 rows"):
            model.encode(pa.table(row))


def altered(path: Path, folder: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A file with other facts."""
    proto = onnx.load(path)
    (entry,) = (each for each in proto.metadata_props if each.key == FACTS)
    entry.value = json.dumps(change(json.loads(entry.value)))
    onnx.save(proto, folder / "other.onnx")
    return folder / "other.onnx"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda facts: facts | {"format": 2}, "has facts of format 2; this netable reads 1. "),
        (lambda facts: facts | {"format": "x" * 99}, "has facts of format 'x"),
        (lambda facts: [], "does not hold a complete export: "),
        (lambda facts: facts | {"config": {}}, "does not hold a complete export: "),
        (lambda facts: facts | {"encoder": None}, "does not hold a complete export: "),
        (
            lambda facts: facts | {"target": {"names": ["a"], "task": "none"}},
            "does not hold a complete export: ",
        ),
        (lambda facts: facts | {"dates": "never"}, "does not hold a complete export: "),
        (
            lambda facts: facts | {"reference": {"record": {"rows": 1}, "arrays": "AAAA"}},
            "does not hold a complete export: ",
        ),
        (
            lambda facts: facts | {"intervals": facts["intervals"] | {"why_none": "", "errors": [{}]}},
            "does not hold a complete export: ",
        ),
        (
            lambda facts: facts | {"encoder": model_of("multiclass").encoder.to_dict()},
            "does not hold a complete export: its inputs are not its columns.",
        ),
    ],
)
def test_load__facts_that_are_none__are_refused_in_one_line(
    change: Callable[[dict[str, Any]], Any], says: str, exported: Exported, tmp_path: Path
) -> None:
    path = altered(exported(NAME), tmp_path, change)
    with pytest.raises(ModelFileError) as refusal:
        load(path)

    assert str(refusal.value).startswith(f"{path} {says}")
    assert "\n" not in str(refusal.value)


def test_load__foreign_file__is_refused_in_one_line(exported: Exported, tmp_path: Path) -> None:
    proto = onnx.load(exported(NAME))
    del proto.metadata_props[:]
    onnx.save(proto, tmp_path / "foreign.onnx")
    (tmp_path / "text.onnx").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(
        ModelFileError, match=r"foreign\.onnx is an ONNX file, but not one that netable export wrote\.$"
    ):
        load(tmp_path / "foreign.onnx")
    with pytest.raises(ModelFileError, match=r"^.*text\.onnx is no ONNX file that can be run: [^\n]+\.$"):
        load(tmp_path / "text.onnx")
    with pytest.raises(FileError, match=r"nothing\.onnx cannot be read: No such file or directory\.$"):
        load(tmp_path / "nothing.onnx")


def test_load__without_onnxruntime__names_it(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        ConfigError, match=r"^onnxruntime is not installed, .*pip install 'netable\[export\]'$"
    ):
        load(exported(NAME))

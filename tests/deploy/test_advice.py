"""The advice of messages about exports."""

from __future__ import annotations

import sys
from typing import Any

import pyarrow as pa
import pytest
import torch

from advice import Case, advice, check_complete, follow
from netable.config.settings import Settings
from netable.deploy.onnx.exported import load
from netable.fit.fit import fit
from netable.table.reading.read import read

MESSAGES = [message for message in advice("deploy") if not message.file.startswith("deploy/server/")]
TABLE = read(
    pa.table(
        {
            "x": [float(i % 9) for i in range(60)],
            "note": [f"w{i % 7} and more" for i in range(60)],
            "null": [f"a\0{i % 2}" for i in range(60)],
            "y": [i % 5 + i / 8 for i in range(60)],
        }
    )
)


def exporting(
    path: str = "m.onnx",
    to: str = "onnx",
    numbers: str = "float64",
    overwrite: bool = False,
    has_onnx: bool = True,
    **settings: Any,
) -> None:
    """Export a model that was trained in a moment; there is a file old.onnx already."""
    open("old.onnx", "w").close()
    given = {"max_epochs": 1, "folds": 2, "model": "linear", "ignore_columns": ["note"]} | settings
    table = TABLE if "null" in settings.get("kinds", ()) else TABLE.drop_columns(["null"])
    model = fit(table, Settings(target="y", **{**given, "ignore_columns": tuple(given["ignore_columns"])}))
    with pytest.MonkeyPatch.context() as patch:
        if not has_onnx:
            for name in [name for name in sys.modules if name.startswith("netable.deploy.onnx")]:
                patch.delitem(sys.modules, name)
            patch.setitem(sys.modules, "onnx", None)
        model.export(path, to, numbers=numbers, overwrite=overwrite)


def loading(has_runtime: bool = False) -> None:
    """Load an export where onnxruntime is installed, or is not."""
    exporting()
    with pytest.MonkeyPatch.context() as patch:
        if not has_runtime:
            patch.setitem(sys.modules, "onnxruntime", None)
        load("m.onnx")


CASES = [
    Case("Name another file", exporting, {"path": "old.onnx"}, [{"path": "new.onnx"}, {"overwrite": True}]),
    Case("which an export needs. Try", exporting, {"has_onnx": False}, [{"has_onnx": True}]),
    Case("which an ONNX file needs. Try", loading, {}, [{"has_runtime": True}]),
    Case(
        "train without it",
        exporting,
        {"kinds": {"note": "text"}, "ignore_columns": []},
        [{"ignore_columns": ["note"]}, {"to": "torch"}],
    ),
    Case("leave out numbers=", exporting, {"to": "c", "numbers": "float32"}, [{"numbers": "float64"}]),
    Case(
        "take to='onnx'",
        exporting,
        {"to": "c", "kinds": {"null": "category"}, "ignore_columns": ["note"]},
        [{"to": "onnx"}],
    ),
    Case("train with model='auto'", exporting, {"model": torch.nn.Linear}, [{"model": "auto"}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

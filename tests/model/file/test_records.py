from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netable.model.file import load
from netable_files import refusal, with_about

GOLDEN = Path(__file__).parents[2] / "golden" / "v2"
FILES = {name: (GOLDEN / f"{name}.netable").read_bytes() for name in ("regression_blend", "multiclass")}
STACK = {"embedding": "none", "hidden_layer_sizes": [4], "activation": "relu"}
STACK |= dict.fromkeys(("dropout", "lr", "weight_decay", "weight"), 0.5)
ASKED = {
    "settings": {},
    "has_names": True,
    "label_dtype": "",
    "random_state": 0,
    "warm_start": False,
    "verbose": 0,
}
HOSTILE: dict[str, tuple[str, Any, str]] = {
    "asked for a list": ("asked", [], "its inputs of the fit cannot be []"),
    "asked for labels of another type": (
        "asked",
        ASKED | {"label_dtype": "int64"},
        "int",
    ),
    "asked for labels that are no type": (
        "asked",
        ASKED | {"label_dtype": "V8"},
        "its inputs of the fit cannot be",
    ),
    "asked for settings that are unknown": ("asked", ASKED | {"settings": {"evil": 1}}, "no setting 'evil'"),
    "asked for a text as seed": ("asked", ASKED | {"random_state": "0"}, "its inputs of the fit cannot be"),
    "history without epochs": ("history", {}, "its history cannot be {}"),
    "epochs of numbers": ("history.epochs", [1], "its history cannot be"),
    "epoch with a text": ("history.epochs.0.0", "first", "its epoch cannot be"),
    "epoch of another stack": ("history.epochs.0.6", 7, "its epochs are not those of its networks"),
    "epoch of a stack below 0": ("history.epochs.0.6", -1, "its epoch cannot be"),
    "epoch of more members": ("history.epochs.1.1", [1.0] * 9, "its epochs are not those of its networks"),
    "losses that are no numbers": ("history.epochs.0.1.0", True, "its epoch cannot be"),
    "held-out parts of no member": ("history.judged_members", [0] * 9, "held-out parts measure 9 members"),
    "ending that does not exist": ("history.ending", "exploded", "its history cannot be"),
    "ending that is a list": ("history.ending", [], "its history cannot be"),
    "best epoch that is a text": ("history.best_epochs", ["1"], "its history cannot be"),
    "unknown part": ("history.evil", 1, "evil"),
    "reading of other layers": ("history.readings.0.3", {"a": 1.0}, "its readings are not those"),
    "reading with texts": ("history.readings.0.5", {"a": "b"}, "its reading cannot be"),
    "results that are a list": ("results", [], "its results are no mapping"),
    "versions that are none": ("results.versions", None, "its versions cannot be None"),
    "verdicts that are none": ("results.diagnosis", None, "its diagnosis cannot be None"),
    "members that are none": ("results.members", None, "its members cannot be None"),
    "no rows": ("results.rows", None, "its rows cannot be None"),
    "rows that are a text": ("results.rows", "many", "its rows cannot be 'many'"),
    "figures of texts": ("results.valid", {"rmse": "low"}, "its valid cannot be"),
    "figures without a constant": ("results.baseline", {}, "its metrics have no constant beside them"),
    "versions that are lists": ("results.versions", {"torch": [1]}, "its versions cannot be"),
    "coverage that is no number": (
        "results.intervals",
        {"much": {"coverage": 1, "mean_width": 1}},
        "its intervals cannot be",
    ),
    "coverage without a width": ("results.intervals", {"0.5": {"coverage": 1}}, "its intervals cannot be"),
    "stacks of another number": ("results.stacks", [STACK] * 3, "its results are of 3 stacks"),
    "stack without a weight": ("results.stacks.0", {}, "its stacks cannot be"),
    "verdict without words": ("results.diagnosis", [{"id": "a"}], "its diagnosis cannot be"),
    "linear model of a text": ("results.linear", "good", "its linear cannot be 'good'"),
}


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", HOSTILE)
def test_load__record_that_training_could_not_leave__is_one_line(
    name: str, file: str, tmp_path: Path
) -> None:
    path, value, message = HOSTILE[name]

    def change(about: Any) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            about = about[int(parent)] if isinstance(about, list) else about[parent]
        about[int(last) if isinstance(about, list) else last] = value

    refused = refusal(tmp_path / "m", with_about(FILES[file], change))
    assert refused.startswith("does not hold a complete model: ")
    assert message in refused


def test_load__results_that_this_version_does_not_know__are_kept(tmp_path: Path) -> None:
    later = with_about(FILES["multiclass"], lambda about: about["results"].update(later=[{"a": 1}]))
    (tmp_path / "m").write_bytes(later)

    assert load(tmp_path / "m").results["later"] == [{"a": 1}]

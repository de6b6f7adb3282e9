"""The advice of messages about models and their files."""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.model import Model

MESSAGES = advice("model")
TABLE = pa.table(
    {"x": [float(i) for i in range(24)], "y": [i % 5 + i / 8 for i in range(24)], "z": ["u", "v", "w"] * 8}
)


@cache
def model(target: str = "y") -> Model:
    return fit(TABLE, Settings(target=target, max_epochs=1, folds=2, hidden_layer_sizes=(2,), model="linear"))


def predicting(method: str = "predict", target: str = "y", **given: float) -> None:
    """Call a method of a model that was trained in a moment."""
    getattr(model(target), method)(TABLE, **given)


def loading(written_by: int | None = None, read_by: int | None = None) -> None:
    """Load a file of one format with a netable of another."""
    for version, use in (
        (written_by, lambda: save(model(), "m.netable")),
        (read_by, lambda: load("m.netable")),
    ):
        with pytest.MonkeyPatch.context() as patch:
            for module in ("container", "save_load"):
                if version:
                    patch.setattr(f"netable.model.file.{module}.FORMAT_VERSION", version, raising=False)
            use()


CASES = [
    Case("Train the model again", loading, {"written_by": 1}, [{"written_by": None}]),
    Case("Upgrade netable to load it", loading, {"written_by": 99}, [{"read_by": 99}]),
    Case(
        "ask for at most {}",
        predicting,
        {"method": "predict_interval", "coverage": 0.99},
        [{"coverage": model().intervals.most_coverage}],
    ),
    Case("use predict.", predicting, {"method": "predict_proba"}, [{"method": "predict"}]),
    Case("Leave it out", predicting, {"threshold": 0.5}, [{"threshold": None}]),
    Case("Leave it out", predicting, {"threshold": 0.5, "target": "z"}, [{"threshold": None}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""The advice of messages about models and their files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import joblib
import numpy as np
import pyarrow as pa
import pytest
from torch import nn

from advice import Case, advice, check_complete, follow
from netable import NetRegressor
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.model import Model
from netable.table.reading.read import read

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


def saving(stacks: int = 2, most: int | None = None) -> None:
    """Save a model of so many stacks."""
    settings = Settings(target="y", max_epochs=1, folds=2, hidden_layer_sizes=(2,), stacks=({},) * stacks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netable.model.file.container.MAX_HEADER_BYTES", most)
        save(fit(TABLE, settings), "m.netable")


def line(d_in: int, d_out: int) -> nn.Module:
    """A network of one's own."""
    return nn.Linear(d_in, d_out)


def keeping(with_joblib: bool = False) -> None:
    """Keep an estimator with networks of one's own in a file, and use it again."""
    frame = TABLE.select(["x", "z"]).to_pandas()
    estimator = NetRegressor(model=line, max_epochs=1, folds=2).fit(frame, TABLE["y"].to_numpy())
    if with_joblib:
        joblib.dump(estimator, "m.joblib")
        again = joblib.load("m.joblib")
        np.testing.assert_array_equal(again.predict(frame), estimator.predict(frame))
    else:
        estimator.save("m.netable")


def guarding(keeps: bool = False) -> None:
    """Compare rows with those of training, by a model that keeps a reference of these, or keeps none."""
    fitted = model()
    replace(fitted, reference=fitted.reference if keeps else None).guard(TABLE)


def evaluating(**settings: str) -> None:
    """Evaluate a model on later rows."""
    days = pa.array([date(2020, 1, 1) + timedelta(day) for day in range(len(TABLE))])
    table = read(TABLE.append_column("day", days))
    config = Settings(target="y", max_epochs=1, folds=2, model="linear", ignore_columns=("z",), **settings)
    fit(table.slice(0, 16), config).evaluate(table.slice(16))


CASES = [
    Case("for fewer targets, or with fewer stacks", saving, {"most": 2_700}, [{"stacks": 1}]),
    Case("Keep the estimator with joblib.dump", keeping, {}, [{"with_joblib": True}]),
    Case("Train it again to keep one", guarding, {}, [{"keeps": True}]),
    Case("are later in", evaluating, {}, [{"time_column": "day"}]),
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

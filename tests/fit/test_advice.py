"""The advice of messages about fits."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.online import OnlineTraining, untrained_model
from netable.fit.stored import all_rows
from netable.fit.stored.all_rows import AllRows, read_sample
from netable.fit.stored.cache import RowCache
from netable.fit.tensorboard import TensorBoard
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from netable.table.target import Target
from together import together

# How to make one column of a pair is followed in tests/doctor/test_structure.py.
MESSAGES = advice("fit", besides=["keep the rows of each", "takes no two columns"])
ROWS = 40
X = [float(i % 7) + i / 8 for i in range(ROWS)]
Y = [3.5 * x + i % 3 for i, x in enumerate(X)]
COLUMNS = {"x": X, "day": [f"2020-01-{i % 28 + 1:02}" for i in range(ROWS)], "y": Y}
BASE = {
    "target": "y",
    "folds": 2,
    "hidden_layer_sizes": (2,),
    "embedding": "none",
    "ignore_columns": ("day",),
}


def fitting(
    columns: dict[str, Any] = COLUMNS, resumed: Any = None, memory: int | None = None, **settings: Any
) -> Any:
    """Fit for an epoch; `resumed` are settings of a fit that was stopped before, or the text of its manifest."""
    kept = Path("checkpoint")
    if isinstance(resumed, dict):
        settings_before = Settings(**BASE | {"max_epochs": 1} | resumed)
        fit(read(COLUMNS), settings_before, checkpoint=kept)
    elif resumed:
        kept.mkdir()
        (kept / "manifest.json").write_text(resumed)
    config = Settings(**BASE | {"max_epochs": 1} | settings)
    with pytest.MonkeyPatch.context() as patch:
        if memory:
            patch.setattr("netable.fit.preparation.prepare.usable_memory", lambda: memory)
        return fit(read(columns), config, checkpoint=kept)


def interval(warm: bool = False, online: bool = False, **settings: Any) -> None:
    """Predict an interval with a model that was trained in a moment."""
    table = read(COLUMNS)
    config = Settings(**BASE | {"max_epochs": 1} | settings)
    if online:
        training = OnlineTraining(untrained_model(table, config, Target.infer(table, "y", "regression")))
        training.learn(table)
        training.model.predict_interval(table, 0.5)
    model = fit(table, config, start=fit(table, config) if warm else None)
    model.predict_interval(table, 0.5)


def sharing(workers: int, **settings: Any) -> None:
    """Fit in so many processes."""
    config = Settings(**BASE | {"max_epochs": 1, "model": "mlp"} | settings)
    together(workers, lambda executor: fit(read(COLUMNS), config, executor=executor))


def beyond_memory(least: float = 1.0, free: float = 1e9, folder: str = "rows", **settings: Any) -> None:
    """Fit a table of which a sample is in memory; the target of another row is this, and a folder has little room."""
    columns = {"x": [*range(400)], "y": [1.5 + x % 9 / 8 for x in range(400)]}
    config = Settings(**BASE | {"max_epochs": 1, "ignore_columns": ()} | settings)

    def sample() -> tuple[pa.Table, AllRows]:
        pq.write_table(pa.table(columns), "t.parquet")
        table, rest = read_sample(
            TableStream(["t.parquet"], ReadOptions()), config, 1e9, RowCache(Path(folder))
        )
        assert rest
        return table, rest

    with pytest.MonkeyPatch.context() as patch:
        for limit in ("FEWEST_ROWS", "MOST_ROWS"):
            patch.setattr(all_rows, limit, 100)
        rooms = {"rows": free}
        patch.setattr(
            shutil, "disk_usage", lambda path: SimpleNamespace(free=rooms.get(Path(path).name, 1e9))
        )
        other = next(row for row in range(400) if row not in sample()[1].sampled)
        columns["y"][other] = least
        table, rest = sample()
        fit(table, config, all_rows=rest)


def learning(**settings: Any) -> None:
    """Learn some rows online."""
    table = read(COLUMNS)
    config = Settings(**BASE | {"optimizer": "sgd", "batch_size": 4} | settings)
    OnlineTraining(untrained_model(table, config, Target.infer(table, "y", "regression"))).learn(
        read(COLUMNS | {"y": [1000 * y for y in Y]})
    )


def tensorboard(installed: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not installed:
            patch.setitem(sys.modules, "torch.utils.tensorboard", None)
        TensorBoard("board")


CASES = [
    Case(
        "none held out to measure errors on; use folds",
        interval,
        {"folds": 1, "early_stopping": False},
        [{"folds": 2}],
    ),
    Case("fit without warm_start", interval, {"warm": True}, [{"warm": False}]),
    Case("partial_fit holds no rows out", interval, {"online": True}, [{"online": False}]),
    Case("take model='mlp' or fit", learning, {"model": "trees"}, [{"model": "mlp"}]),
    Case(
        "The last step left weights",
        learning,
        {"lr": 1e306, "batch_size": 40},
        [{"lr": 1e-3}, {"clip_norm": 1}],
    ),
    Case("name the column to predict", fitting, {"target": None}, [{"target": "y"}]),
    Case(
        "give dates such as 2011-02-01, or numbers",
        fitting,
        {"columns": COLUMNS | {"day": ["may", "june"] * 20}, "time_column": "day"},
        [{"columns": COLUMNS}, {"columns": COLUMNS | {"day": X}}],
    ),
    Case("take it out of ignore_columns", fitting, {"ignore_columns": ("y",)}, [{"ignore_columns": ()}]),
    Case(
        "Take narrower layers, or fewer folds",
        fitting,
        {"hidden_layer_sizes": (9000,), "folds": 4, "memory": 10_000_000},
        [{"hidden_layer_sizes": (2,)}, {"folds": 2}],
    ),
    Case(
        "Undo the change to resume it",
        fitting,
        {"resumed": {"lr": 0.01}},
        [{"resumed": {}}, {"resumed": None}],
    ),
    Case("cannot be read: {}. Remove {} to start over", fitting, {"resumed": "[]"}, [{"resumed": None}]),
    Case(
        "target_transform='none' does not",
        beyond_memory,
        {"least": 0.0, "target_transform": "log"},
        [{"target_transform": "none"}],
    ),
    Case(
        "Make room, or name a run folder", beyond_memory, {"free": 10.0}, [{"free": 1e9}, {"folder": "other"}]
    ),
    Case("workers are too many", sharing, {"workers": 2, "time_limit": 60.0}, [{"workers": 1}]),
    Case("equally; start", sharing, {"workers": 4}, [{"workers": 3}, {"workers": 6}]),
    Case("pip install", tensorboard, {"installed": False}, [{"installed": True}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""Inputs of methods and of peers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from netable.comparison import peers
from netable.comparison.methods import (
    METHODS,
    OWN,
    PROPER_NAMES,
    TREES,
    Lesson,
    is_installed,
    peer_frames,
    training_weight,
    trees,
)
from netable.config.settings import Settings
from netable.table.target import Target
from small import make_table


def lesson_of(table: pa.Table, **settings: object) -> Lesson:
    config = Settings(target="y", **settings)  # type: ignore[arg-type]
    target = Target.infer(table, "y")
    y = target.encode(table)
    return Lesson(table, y, np.ones(len(y)), target, config)


def test_peer_frames__table__is_a_frame_of_floats_dates_and_text() -> None:
    table = (
        make_table()
        .select(["size", "도시", "garden", "sold", "price"])
        .rename_columns(["size", "city", "garden", "sold", "y"])
    )

    frame = peer_frames(lesson_of(table))(table)

    assert list(frame) == ["size", "city", "garden", "sold"]
    assert pd.api.types.is_float_dtype(frame["size"])
    assert pd.api.types.is_float_dtype(frame["garden"])
    assert pd.api.types.is_datetime64_any_dtype(frame["sold"])
    assert set(frame["city"].dropna()) == {"Busan", "Seoul", "서귀포"}
    assert frame["city"].isna().sum() == table.column("city").null_count


def test_peer_frames__settings__hold_for_peers_too() -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"a": rng.integers(0, 3, 90).astype(float), "b": rng.normal(size=90), "w": np.ones(90)})
    table = table.append_column("y", pa.array(rng.normal(size=90)))
    lesson = lesson_of(table, kinds={"a": "category"}, ignore_columns=("b",), weight_column="w")

    frame = peer_frames(lesson)(table)

    assert list(frame) == ["a"]
    assert set(frame["a"]) == {"0", "1", "2"}


def test_peer_frames__free_text__is_left_to_their_preparation() -> None:
    texts = [f"this is the rather long text number {row * 5 // 6} of many" for row in range(300)]
    table = pa.table({"text": texts, "x": np.arange(300) % 7.0, "y": np.arange(300.0)})
    lesson = lesson_of(table)

    assert list(peer_frames(lesson)(table)) == ["text", "x"]
    assert list(peer_frames(lesson_of(table, ignore_columns=("text",)))(table)) == ["x"]


def test_training_weight__class_weights__are_part_of_it() -> None:
    table = pa.table({"x": np.arange(8.0), "y": ["a"] * 6 + ["b"] * 2})

    balanced = training_weight(lesson_of(table, class_weight="balanced"))

    np.testing.assert_allclose(balanced, [8 / 12] * 6 + [2.0] * 2)
    np.testing.assert_array_equal(training_weight(lesson_of(table)), np.ones(8))


class Shares:
    """Predicts the same probabilities for every row."""

    def fit(self, X: pd.DataFrame, y: np.ndarray, weight: np.ndarray | None) -> None:
        self.classes_ = np.unique(y)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.tile([0.75, 0.25], (len(X), 1))


def test_trees__class_absent_from_the_fold__has_a_probability_of_zero(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(peers.PEERS, "lightgbm", lambda goal: Shares())
    table = pa.table({"x": np.arange(60) % 7.0, "y": ["a", "b", "c"] * 20})
    rows = np.flatnonzero(np.arange(60) % 3 != 1)
    lesson = lesson_of(table)

    answer = trees(replace(lesson, table=table.take(rows), y=lesson.y[rows]), "lightgbm")

    np.testing.assert_array_equal(answer(table.slice(0, 1)), [[0.75, 0.0, 0.25]])


def test_methods__names__are_ours_and_trees() -> None:
    assert (*OWN, *TREES) == METHODS
    assert set(PROPER_NAMES) == set(TREES)
    assert all(is_installed(name) for name in OWN)


def test_is_installed__without_pandas__no_trees_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "netable.comparison.methods.find_spec", lambda name: None if name == "pandas" else True
    )

    assert not is_installed("lightgbm")
    assert is_installed("auto")

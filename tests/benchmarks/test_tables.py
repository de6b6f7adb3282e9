"""The cut and the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.tables import Table, load_index, split_table


def test_index__three_tables__names_target_and_task(folder: Path) -> None:
    tables = load_index(folder)

    assert [table.name for table in tables] == ["on_price", "on_dear", "on_third"]
    assert tables[1] == Table("on_dear", "dear.parquet", "dear", "binary")


def test_split__cut_rows__are_the_same_for_every_seed(folder: Path) -> None:
    table = load_index(folder)[0]
    first, second = (split_table(folder, table, rows=50, seed=seed) for seed in (0, 1))
    rows = [sorted([*split.X.index, *split.X_test.index]) for split in (first, second)]

    assert rows[0] == rows[1]
    assert len(rows[0]) == 50
    assert len(first.X_test) == 10
    assert set(first.X_test.index) != set(second.X_test.index)
    assert "price" not in first.X


def test_split__seed__is_that_of_scikit_learn(folder: Path) -> None:
    table = load_index(folder)[1]
    frame = pd.read_parquet(folder / table.file).sample(90, random_state=0)
    _, expected = train_test_split(frame, test_size=0.2, random_state=4, stratify=frame["dear"])

    assert list(split_table(folder, table, rows=1000, seed=4).X_test.index) == list(expected.index)


def test_split__classes__are_numbered_by_name_and_shared_out(folder: Path) -> None:
    split = split_table(folder, load_index(folder)[2], rows=90, seed=0)
    shares = [np.bincount(y) / len(y) for y in (split.y, split.y_test)]

    assert split.labels == ("0", "1", "2")
    np.testing.assert_allclose(*shares, atol=0.05)


def test_split__missing_targets__are_left_out(tmp_path: Path) -> None:
    pd.DataFrame({"x": range(20), "y": [None, *range(19)]}).to_parquet(tmp_path / "t.parquet")
    split = split_table(tmp_path, Table("t", "t.parquet", "y", "regression"), rows=99, seed=0)

    assert len(split.X) + len(split.X_test) == 19


def test_split__class_of_one_row__goes_where_the_others_leave_room(tmp_path: Path) -> None:
    pd.DataFrame({"x": range(41), "y": ["rare", *["a", "b"] * 20]}).to_parquet(tmp_path / "t.parquet")
    split = split_table(tmp_path, Table("t", "t.parquet", "y", "multiclass"), rows=99, seed=0)
    rare = split.labels.index("rare")

    assert sorted([*split.X.index, *split.X_test.index]) == list(range(41))
    assert np.count_nonzero(split.y == rare) + np.count_nonzero(split.y_test == rare) == 1
    assert abs(np.count_nonzero(split.y_test == 0) - np.count_nonzero(split.y_test == 1)) <= 1

"""Fits of tables of which a sample is in memory."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
import torch

from netable.compute.executor import ALONE, Executor
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.errors import DataError, DataWarning, FileError, silence
from netable.fit.fit import fit
from netable.fit.preparation.prepare import Prepared, prepare
from netable.fit.stored import all_rows, levels, stored_rows
from netable.fit.stored.all_rows import draw_sample, fits, read_sample
from netable.fit.stored.cache import RowCache
from netable.model.model import Model
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from netable.train.stored import RowFile
from together import together

ROWS, SAMPLED = 6_000, 1_000
SMALL: dict[str, Any] = {
    "target": "y",
    "folds": 2,
    "hidden_layer_sizes": (8,),
    "model": "mlp",
    "max_epochs": 2,
}


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr(all_rows, "FEWEST_ROWS", 100)
    monkeypatch.setattr(all_rows, "MOST_ROWS", SAMPLED)


def make(rows: int = ROWS) -> pa.Table:
    rng = np.random.default_rng(0)
    x, level = rng.normal(size=rows), rng.integers(0, 40, rows)
    y = x + np.sin(level) + 0.1 * rng.normal(size=rows)
    columns = pa.table(
        {
            "x": pa.array(x, mask=rng.random(rows) < 0.05),
            "c": [f"level {i}" for i in level],
            "day": np.datetime64("2001-01-01", "us") + rng.integers(0, 900, rows) * np.timedelta64(1, "D"),
            "w": rng.integers(1, 4, rows),
            "y": y,
            "answer": np.where(y > 0, "yes", "no"),
        }
    )
    return read(columns)


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> Path:
    folder, table = tmp_path_factory.mktemp("large"), make()
    for i in range(3):
        pq.write_table(table.slice(i * 2_000, 2_000), folder / f"part-{i}.parquet")
    return folder


def prepared(
    path: Path, folder: Path, executor: Executor = ALONE, **settings: Any
) -> tuple[Prepared, pa.Table]:
    asked = Settings(**SMALL | {"ignore_columns": ("answer",)} | settings)
    table, rest = read_sample(TableStream([str(path)], ReadOptions.of(asked)), asked, 1e9, RowCache(folder))
    assert rest
    return prepare(table, asked, all_rows=replace(rest, executor=executor)), table


def fitted(path: Path, folder: Path, executor: Executor = ALONE, **settings: Any) -> Model:
    asked = Settings(**SMALL | {"ignore_columns": ("answer",)} | settings)
    table, rest = read_sample(TableStream([str(path)], ReadOptions.of(asked)), asked, 1e9, RowCache(folder))
    return fit(table, asked, all_rows=rest, executor=executor)


def records_of(file: RowFile) -> np.ndarray:
    return np.frombuffer(file.read(0, len(file)), file.dtype)


def bytes_of_member(found: Prepared, member: int) -> bytes:
    assert found.stored
    return b"".join(file.read(0, len(file)) for file in found.stored.of_member(member))


def weights(model: Model) -> list[Any]:
    return [tensor.tolist() for tensor in model.net.state_dict().values()]


def test_store__rows__are_all_rows_encoded_in_another_order(large, tmp_path):
    found, _ = prepared(large, tmp_path / "rows", weight_column="w")
    stored, table = found.stored, make()
    assert stored
    free, *held = [records_of(file) for file in stored.files]
    y = np.concatenate([free["y"], *(part["y"] for part in held)])[:, 0]

    assert found.n_rows == SAMPLED
    assert stored.n_rows == found.n_rows_of_all == ROWS == len(y)
    np.testing.assert_array_equal(np.sort(y), np.sort(table["y"].to_numpy()))
    assert (free["y"][:, 0] != table["y"].to_numpy()[: len(free)]).mean() > 0.9
    assert [set(part["part"]) for part in (free, *held)] == [{0}, {1}, {2}]
    assert {round(float(w), 3) for w in free["weight"]} == {0.333, 0.667, 1.0}
    by_y = {row["y"]: row for row in table.to_pylist()}
    rows = [by_y[float(value)] for value in free["y"][:200, 0]]
    encoded = found.encoder.encode(
        found.schema.select(pa.Table.from_pylist(rows, table.schema).select(["x", "c", "day"]))
    )
    np.testing.assert_array_equal(free["codes"][:200], encoded.codes)
    np.testing.assert_array_equal(free["numbers"][:200], encoded.numbers)
    assert (tmp_path / "rows").stat().st_mode & 0o77 == 0
    found.stored.close()
    assert not (tmp_path / "rows").exists()


def test_store__levels_that_the_sample_lacks__are_known_to_all_members(tmp_path):
    rare = [f"rare {i // 3}" if i % 10 == 0 else f"level {i % 20}" for i in range(ROWS)]
    pq.write_table(make().set_column(1, "c", pa.array(rare)), tmp_path / "t.parquet")

    found, sample = prepared(tmp_path / "t.parquet", tmp_path / "rows", kinds={"c": "category"})
    with_rows = found.stored
    assert with_rows

    assert len(sample["c"].unique()) < len(found.encoder.levels["c"]) == len(set(rare))
    start = 2 if found.encoder.category_names == ("c",) else None
    assert with_rows.known[start:].float().mean() < 0.1  # a level in one row is not known
    found.stored.close()


def test_store__levels_of_files_of_other_types__are_all_known(tmp_path):
    table, folder = make(), tmp_path / "t"
    folder.mkdir()
    levels = table["c"].cast(pa.large_string()).combine_chunks()
    for i, column in enumerate((levels, levels.dictionary_encode(), pa.array(np.arange(ROWS) % 7))):
        place = table.column_names.index("c")
        pq.write_table(table.set_column(place, "c", column).slice(i * 2_000, 2_000), folder / f"{i}.parquet")

    found, _ = prepared(folder, tmp_path / "rows", kinds={"c": "category"})

    assert set(found.encoder.levels["c"]) == {*table["c"].to_pylist(), *map(str, range(7))}
    found.stored.close()


def test_levels__too_many__are_those_of_the_sample(large, tmp_path, monkeypatch):
    monkeypatch.setattr(levels, "MOST_LEVELS", 9)

    with pytest.warns(DataWarning, match="'c' has over 9 levels; those that the sample lacks count as never"):
        found, sample = prepared(large, tmp_path / "rows")

    assert set(found.encoder.levels["c"]) == set(sample["c"].to_pylist())
    found.stored.close()


def test_store__kept__are_those_of_the_next_fit_of_the_same_rows(large, tmp_path, monkeypatch):
    asked = Settings(**SMALL | {"ignore_columns": ("answer",)})

    def stored(settings: Settings = asked) -> tuple[Any, RowCache]:
        cache = RowCache(tmp_path / "run" / "rows", tmp_path)
        cache.folder.parent.mkdir(exist_ok=True)
        stream = TableStream([str(large)], ReadOptions.of(settings))
        table, rest = read_sample(stream, settings, 1e9, cache)
        found = prepare(table, settings, all_rows=rest).stored
        found.close()
        return found, cache

    first, cache = stored()
    with monkeypatch.context() as patch:
        patch.setattr(stored_rows.RowWriter, "add", None)
        second, _ = stored()

    assert cache.is_kept
    assert cache.folder.parent == tmp_path
    assert cache.folder.name.startswith("rows-")
    assert not (tmp_path / "run" / "rows").exists()
    for name in ("learners", "n_rows", "encoder", "digest"):
        assert getattr(first, name) == getattr(second, name)
    assert first.known.equal(second.known)
    assert first.sketch.hashes.tolist() == second.sketch.hashes.tolist()
    assert stored(replace(asked, seed=1))[1].folder != cache.folder
    (cache.folder / "0.rows").write_bytes(b"half a row")
    assert stored()[0].digest == first.digest


def test_fit__large_table__is_better_than_its_sample_and_as_good_as_in_memory(large, tmp_path):
    settings = {"max_epochs": 6, "folds": 3, "hidden_layer_sizes": (32,)}
    model = fitted(large, tmp_path / "rows", **settings)
    asked = Settings(**SMALL | {"ignore_columns": ("answer",)} | settings)
    whole, sample = fit(make(), asked), fit(make(SAMPLED), asked)

    errors = [m.results["valid"]["rmse"] for m in (model, whole, sample)]
    assert errors[0] < 1.1 * errors[1]
    assert errors[1] < 0.8 * errors[2]
    assert (model.results["rows"], model.results["rows_in_sample"]) == (ROWS, SAMPLED)
    assert model.out_of_fold.column_names[0] == "row"
    assert len(model.out_of_fold) == SAMPLED
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize(
    "settings", [{}, {"target": "answer", "ignore_columns": ("y",), "categories": "means"}]
)
def test_fit__same_table__has_the_same_bits_however_it_is_cut(large, tmp_path, monkeypatch, settings):
    first = fitted(large, tmp_path / "rows", **settings)
    pq.write_table(make(), tmp_path / "one.parquet", row_group_size=700)
    monkeypatch.setattr("netable.table.reading.base.pieces.CELLS", 6 * 512)

    second = fitted(tmp_path / "one.parquet", tmp_path / "rows", **settings)

    assert weights(first) == weights(second)
    assert first.out_of_fold.equals(second.out_of_fold)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"target": "answer", "ignore_columns": ("y",), "categories": "means", "group_column": "c"},
        {"folds": 1, "optimizer": "sgd", "lr": 0.01},  # each has a part of the rows of a batch
    ],
)
def test_fit__two_processes__have_the_rows_and_predictions_of_one(large, tmp_path, monkeypatch, settings):
    monkeypatch.setattr(stored_rows, "POOL", 1 << 14)
    alone = fitted(large, tmp_path / "rows", **settings)

    models = together(2, lambda executor: fitted(large, tmp_path / "rows", executor, **settings))

    for model in models:
        assert model.results["rows"] == ROWS
        for column in alone.out_of_fold.column_names:
            one, two = (m.out_of_fold[column] for m in (alone, model))
            if pa.types.is_floating(one.type):
                np.testing.assert_allclose(one.to_numpy(), two.to_numpy(), rtol=1e-4, atol=1e-4)
            else:
                assert one.equals(two)
        assert model.sketch.hashes.tolist() == alone.sketch.hashes.tolist()
    assert not (tmp_path / "rows").exists()


def test_store__three_processes__write_the_rows_of_one_in_their_order(large, tmp_path, monkeypatch):
    monkeypatch.setattr(stored_rows, "POOL", 1 << 14)
    settings = {"kinds": {"c": "category"}, "weight_column": "w"}
    one, _ = prepared(large, tmp_path / "rows", **settings)
    assert one.stored
    expected = [bytes_of_member(one, member) for member in range(2)]
    one.stored.close()

    def run(executor: Executor) -> Prepared:
        found, _ = prepared(large, tmp_path / "rows", executor, **settings)
        executor.exchange()
        return found

    for found in together(3, run):
        assert found.stored
        assert len(found.stored.files) == 3 * 3
        for member in range(2):
            assert bytes_of_member(found, member) == expected[member]
        assert found.stored.digest == one.stored.digest
        assert found.encoder.ranges == one.encoder.ranges
        assert found.encoder.levels == one.encoder.levels
        assert torch.equal(found.stored.known, one.stored.known)
        for file in found.stored.files:
            file.close()
    again, _ = prepared(large, tmp_path / "rows", **settings)
    assert again.stored
    assert len(again.stored.files) == 3 * 3  # one process reads what three have stored
    again.stored.close()


def test_store__error_in_the_rows_of_another_process__is_that_of_all(tmp_path):
    y = make()["y"].to_numpy().copy()
    y[-1] = np.inf
    pq.write_table(make().set_column(4, "y", pa.array(y)), tmp_path / "t.parquet")

    with pytest.raises(DataError, match=r"t\.parquet.*The target 'y' is infinite"):
        together(2, lambda executor: prepared(tmp_path / "t.parquet", tmp_path / "rows", executor))


def test_fit__validation_table__judges_alone(large, tmp_path):
    asked = Settings(**SMALL | {"ignore_columns": ("answer",), "folds": "auto"})
    table, rest = read_sample(
        TableStream([str(large)], ReadOptions()), asked, 1e9, RowCache(tmp_path / "rows")
    )
    valid = make().slice(0, 300)

    model = fit(table, asked, valid_table=valid, all_rows=rest)

    assert len(model.out_of_fold) == 300
    assert "row" not in model.out_of_fold.column_names


def test_fit__rows_without_a_target__are_left_out(tmp_path):
    table = make()
    gaps = pa.array(table["y"].to_numpy(), mask=np.arange(ROWS) % 4 == 0)
    pq.write_table(table.set_column(4, "y", gaps), tmp_path / "t.parquet")

    with pytest.warns(DataWarning, match="rows left out, because the target is missing"):
        found, _ = prepared(tmp_path / "t.parquet", tmp_path / "rows", missing_target="drop")

    assert found.n_rows_of_all == ROWS * 3 // 4
    found.stored.close()


def test_fit__columns_without_names__are_read_by_their_places(tmp_path):
    pacsv.write_csv(make(), tmp_path / "t.csv", pacsv.WriteOptions(include_header=False))
    asked = Settings(**SMALL | {"target": "column_5", "ignore_columns": ("column_6",), "header": False})

    with silence():
        found = TableStream([str(tmp_path / "t.csv")], ReadOptions.of(asked))
        table, rest = read_sample(found, asked, 1e9, RowCache(tmp_path / "rows"))
        model = fit(table, asked, all_rows=rest)

    assert model.results["rows"] == ROWS
    assert model.results["valid"]["r2"] > 0.1


@pytest.mark.parametrize(
    ("settings", "value"), [({"target_transform": "log"}, 0.0), ({"loss": "poisson"}, -1.0)]
)
def test_fit__target_that_only_other_rows_have__is_refused(tmp_path, settings, value):
    table = make()
    y = np.exp(table["y"].to_numpy())
    y[-1] = value
    pq.write_table(table.set_column(4, "y", pa.array(y)), tmp_path / "t.parquet")
    found, sample = prepared(tmp_path / "t.parquet", tmp_path / "rows", target_transform="none")
    found.stored.close()
    assert value not in sample["y"].to_pylist()

    with pytest.raises(DataError, match=rf"t\.parquet.*The target 'y' is {value} in row"):
        prepared(tmp_path / "t.parquet", tmp_path / "rows", **settings)


@pytest.mark.parametrize(
    ("column", "bad", "words"),
    [
        ("x", ["1.5", "two"], r"part-9\.parquet.*'x'.*'two'"),
        ("y", [1.5, None], r"part-9\.parquet: The target 'y' is missing in 1 of 2 rows"),
        ("y", [1.5, np.inf], r"part-9\.parquet: The target 'y' is infinite"),
    ],
)
def test_fit__rows_that_do_not_fit_the_sample__name_the_file(large, tmp_path, column, bad, words):
    for part in large.iterdir():
        (tmp_path / part.name).write_bytes(part.read_bytes())
    place = make().column_names.index(column)
    last = make().slice(0, 2).set_column(place, column, pa.array(bad))
    pq.write_table(last, tmp_path / "part-9.parquet")
    settings = Settings(**SMALL | {"ignore_columns": ("answer",)})
    found = TableStream([str(tmp_path / "*.parquet")], ReadOptions())
    table, rest = read_sample(
        TableStream([str(large)], ReadOptions()), settings, 1e9, RowCache(tmp_path / "rows")
    )
    object.__setattr__(rest, "stream", found)

    with pytest.raises(DataError, match=words):
        prepare(table, settings, all_rows=rest)
    assert not (tmp_path / "rows").exists()


def test_store__too_little_room__says_how_much_is_needed(large, tmp_path, monkeypatch):
    monkeypatch.setattr(stored_rows.shutil, "disk_usage", lambda _: type("", (), {"free": 1_000})())

    with pytest.raises(FileError, match=r"rows: .* GB are needed for the encoded rows, and .* GB are free"):
        prepared(large, tmp_path / "rows")
    assert not (tmp_path / "rows").exists()


def test_store__disk_that_fills__is_one_line(large, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stored_rows.RowWriter, "_put", refuse)

    with pytest.raises(
        FileError, match=r"rows: the encoded rows cannot be written \(No space left on device\)"
    ):
        prepared(large, tmp_path / "rows")
    assert not (tmp_path / "rows").exists()


def test_fits__by_memory__counts_rows_cells_and_text(large, tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n" + "1,2\n" * 1_000)
    found = TableStream([str(large), str(tmp_path / "t.csv")], ReadOptions())

    assert found.size() == (ROWS, 6 * ROWS, 4_004)
    assert fits(found, 1e9)
    assert not fits(found, 6e8)


def test_read_sample__small_table__is_the_table(large, tmp_path, monkeypatch):
    monkeypatch.setattr(all_rows, "MOST_ROWS", ROWS)

    table, rest = read_sample(
        TableStream([str(large)], ReadOptions()), Settings(target="y"), 1e11, RowCache(tmp_path)
    )

    assert rest is None
    assert table["x"].to_pylist() == make()["x"].to_pylist()


def test_draw_sample__beyond_memory__needs_no_place_for_rows(large):
    sample = draw_sample(TableStream([str(large)], ReadOptions()), Settings(target="y"), 1e9)

    assert (sample.table.num_rows, sample.n_rows, sample.is_whole) == (len(sample.numbers), ROWS, False)
    assert sample.table["x"].to_pylist() == make().take(sample.numbers)["x"].to_pylist()

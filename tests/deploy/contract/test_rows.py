from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from netable.config.exports import ExportSettings
from netable.deploy.contract.inputs import inputs_of
from netable.deploy.contract.rows import ORDINARY, made_rows
from netable.model.file import load
from netable.model.model import Model

GOLDEN = Path(__file__).parents[2] / "golden" / "v2"


def made(model: Model) -> pa.Table:
    return made_rows(model, inputs_of(model.schema, ExportSettings()))


def test_made_rows__every_column__has_ordinary_missing_and_odd_cells() -> None:
    model = load(GOLDEN / "regression.netable")
    table = made(model)

    assert table.column_names == [column.name for column in model.schema.used]
    assert table.num_rows > ORDINARY + table.num_columns
    for name in table.column_names:
        assert table[name][:ORDINARY].null_count == 0
        assert table[name][ORDINARY:].null_count >= 2, "alone, and with all others"
    assert pc.max(table["size"]).as_py() == 1.7e308
    assert "never seen" in table["code"].to_pylist()
    assert "" in table["도시"].to_pylist()
    assert {"YES", "NO"} <= set(table["garden"].to_pylist())


def test_made_rows__ordinary_numbers__reach_both_ends_of_training() -> None:
    model = load(GOLDEN / "regression.netable")
    low, high = model.encoder.ranges[model.encoder.spans["size"][0].start]
    sizes = made(model)["size"][:ORDINARY]

    assert (pc.min(sizes).as_py(), pc.max(sizes).as_py()) == (low, high)


def test_made_rows__column_of_many_levels__has_each() -> None:
    model = load(GOLDEN / "regression.netable")
    levels = tuple(f"c{i}" for i in range(1000))
    model.encoder = replace(model.encoder, levels={**model.encoder.levels, "code": levels})

    assert set(levels) <= set(made(model)["code"].to_pylist())


def test_made_rows__same_model__are_the_same() -> None:
    first, second = (made(load(GOLDEN / "binary.netable")) for _ in range(2))

    assert first.equals(second)

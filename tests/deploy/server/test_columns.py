from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.deploy.server.columns import example, json_type, pattern, v2_type, written
from netable.errors import silence
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read

DAYS = np.arange(60).astype("datetime64[D]").astype("datetime64[us]")
WORDS = [f"a house with {n} rooms and number {n * 7}" for n in range(60)]


def fitted(cells: list[Any] | np.ndarray[Any, Any], kind: str = "") -> Model:
    """A model of a column and a number."""
    table = pa.table(
        {"x": cells, "n": [n % 7 + n / 8 for n in range(60)], "y": [n % 5 + n / 8 for n in range(60)]}
    )
    asked = Settings(target="y", max_epochs=1, folds=2, model="linear", kinds={"x": kind} if kind else {})
    with silence():
        return fit(read(table, options=ReadOptions.of(asked)), asked)


@pytest.mark.parametrize(
    ("cells", "kind", "shown", "of_json", "of_v2"),
    [
        ([n / 2 for n in range(60)], "", 14.75, "number", "FP64"),
        ([n % 2 == 0 for n in range(60)], "", True, "boolean", "BOOL"),
        ([n % 2 for n in range(60)], "", 0.0, "number", "FP64"),
        (["yes", "no"] * 30, "", "no", "string", "BYTES"),
        (["b", "a", "c"] * 20, "", "a", "string", "BYTES"),
        ([1, 2, 3] * 20, "category", "1", "string", "BYTES"),
        (DAYS, "", "1970-01-28", "string", "BYTES"),
        ([f"{n % 28 + 1:02}.03.19" for n in range(60)], "date:%d.%m.%y", "14.03.19", "string", "BYTES"),
        ([f"{n % 28 + 1}/03/2019" for n in range(60)], "", "14/03/2019", "string", "BYTES"),
        ([f"03/{n % 28 + 1}/2019" for n in range(60)], "", "03/14/2019", "string", "BYTES"),
        ([f"2019-03-{n % 28 + 1:02}T10:00+01:00" for n in range(60)], "", None, "string", "BYTES"),
        ([f"201903{n % 28 + 1:02}" for n in range(60)], "", "20190314", "string", "BYTES"),
        ([f"{n},5 kg" for n in range(60)], "", "30kg", "string", "BYTES"),
        ([f"{n}:30:00" for n in range(60)], "", None, "number", "FP64"),
        (WORDS, "text", "some words", "string", "BYTES"),
    ],
)
def test_example__of_every_kind_and_form__is_what_the_model_reads(
    cells: Any, kind: str, shown: Any, of_json: str, of_v2: str
) -> None:
    model = fitted(cells, kind)
    column = next(column for column in model.schema.used if column.name == "x")
    value = example(column, model)

    assert shown is None or value == shown
    assert (json_type(column), v2_type(column)) == (of_json, of_v2)
    assert {"number": float, "boolean": bool, "string": str}[of_json] is type(value)
    with silence():
        assert np.isfinite(model.predict([{"x": value, "n": 1.0}])).all()
    written = pattern(column)
    assert bool(written) == (of_json == "string" and (column.storage == "timestamp" or "kg" in str(value)))
    if written:
        assert re.search(written, value)
        check_read(model, written)


def check_read(model: Model, written: str) -> None:
    """The model reads whatever a pattern matches."""

    @settings(max_examples=20)
    @given(st.from_regex(written.removesuffix("$") + r"\Z"))
    def check(text: str) -> None:
        with silence():
            assert np.isfinite(model.predict([{"x": text, "n": 1.0}])).all()

    check()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (DAYS, ""),
        (DAYS + np.timedelta64(3_723, "s"), ""),
        ([f"{1 + n % 28:02}.{1 + n % 12:02}.2020" for n in range(60)], ""),
        ([f"${n}.50" for n in range(60)], ""),
        ([n % 3 for n in range(60)], "category"),
        ([n % 2 == 0 for n in range(60)], ""),
        ([n / 8 for n in range(60)], ""),
    ],
)
def test_written__cells_of_a_table__are_predicted_as_in_the_table(cells, kind):
    model = fitted(cells, kind)
    table = read(
        pa.table({"x": cells, "n": [n % 7 + n / 8 for n in range(60)]}), storage=model.schema.storage
    )
    columns = {column.name: column for column in model.schema.used}

    rows = [
        {name: written(cell, columns[name]) for name, cell in row.items() if name in columns}
        for row in table.slice(0, 9).to_pylist()
    ]

    with silence():
        np.testing.assert_allclose(model.predict(rows), model.predict(table.slice(0, 9)), rtol=1e-5)

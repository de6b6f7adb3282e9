from __future__ import annotations

import pyarrow as pa

from guarding import homes
from netable.config.settings import Settings
from netable.drift.together import tell_apart
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read
from small import QUICK


def test_tell_apart__rows_of_one_source__cannot_be_told(homes_model: Model) -> None:
    tables = (homes_model.read(pa.table(homes(500, seed))) for seed in (0, 1))
    found = tell_apart(homes_model, *tables)

    assert found is not None
    assert abs(found[0] - 0.5) < 0.08
    assert found[1] > 0.01


def test_tell_apart__moved_column__is_seen(homes_model: Model) -> None:
    rows = homes(500, 1)
    before = homes_model.read(pa.table(homes(500, 0)))
    found = tell_apart(
        homes_model, before, homes_model.read(pa.table(rows | {"height": rows["height"] + 15}))
    )

    assert found is not None
    assert found[0] > 0.7
    assert found[1] < 1e-6


def test_tell_apart__dates_alone__are_not_compared() -> None:
    table = read(pa.table(homes(150, 0)).select(["sold", "price"]))
    model = fit(table, Settings(target="price", **QUICK))

    assert tell_apart(model, table, table) is None


def test_tell_apart__the_same_rows_twice__cannot_be_told(homes_model: Model) -> None:
    table = homes_model.read(pa.table(homes(300, 0)))
    found = tell_apart(homes_model, table, table)

    assert found is not None
    assert found[0] < 0.6

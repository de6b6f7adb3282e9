"""A kind of column costs two files of the package: a module like `Ordinal` here, and a word in `KINDS`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import netable
from netable.config import choices
from netable.config.settings import Settings
from netable.errors import ConfigError, DataWarning, SchemaError
from netable.explanation import partial_dependence
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.table.kinds import KINDS
from netable.table.kinds.column import Column, ColumnValues
from netable.table.schema import Schema
from small import QUICK, make_table

SIZES = ("S", "M", "L", "XL")


@dataclass(frozen=True)
class Ordinal(Column):
    """A text whose levels have an order, encoded as its place in it."""

    kind = "ordinal"
    selected_as = "text"

    levels: tuple[str, ...] = ()

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        is_size = values.holds_text and set(values.distinct.to_pylist()) <= set(SIZES)
        return cls.chosen(values) if is_size else None

    @classmethod
    def chosen(cls, values: ColumnValues) -> Ordinal:
        if unknown := set(values.distinct.to_pylist()) - set(SIZES):
            raise SchemaError(f"Column {values.name!r} is not ordinal: {sorted(unknown)}.")
        return cls(values.name, values.storage, levels=SIZES)

    @property
    def number_names(self) -> list[str]:
        return [f"{self.name} (place)"]

    def numbers(self, selected: pa.ChunkedArray) -> list[np.ndarray]:
        return [pc.index_in(selected, value_set=pa.array(self.levels)).cast(pa.float64()).to_numpy()]

    def seen_as(self, levels: tuple[str, ...]) -> str:
        return f"its place among {len(self.levels)} levels"


@pytest.fixture(autouse=True)
def new_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "KINDS", (*choices.KINDS, "ordinal"))
    monkeypatch.setitem(KINDS, "ordinal", Ordinal)


def shirts() -> pa.Table:
    table = make_table().select(["size", "age", "price"])
    size = np.array(SIZES)[np.random.default_rng(2).integers(0, 4, table.num_rows)]
    return table.append_column("shirt", pa.array(size))


def test_new_kind__inferred_or_chosen__is_the_column() -> None:
    column = Ordinal("shirt", "text", levels=SIZES)

    assert Schema.infer(shirts(), exclude=["price"])[0].columns[-1] == column
    assert Schema.infer(shirts(), kinds={"shirt": "ordinal"})[0].columns[-1] == column
    with pytest.raises(SchemaError, match="is not ordinal"):
        Schema.infer(pa.table({"shirt": ["S", "?"]}), kinds={"shirt": "ordinal"})


def test_new_kind__fit_save_load_predict_and_explain__work(tmp_path: Path) -> None:
    table = shirts()
    model = fit(table, Settings(target="price", kinds={"shirt": "ordinal"}, **QUICK))
    save(model, tmp_path / "m.netable")
    loaded = load(tmp_path / "m.netable")

    assert loaded.schema == model.schema
    assert loaded.encoder.number_names == ("size", "age", "shirt (place)")
    np.testing.assert_array_equal(loaded.predict(table), model.predict(table))
    assert partial_dependence(loaded, table, "shirt").values == sorted(SIZES)


def test_new_kind__value_that_is_none_of_its_levels__is_counted_as_unseen() -> None:
    table = shirts()
    model = fit(table, Settings(target="price", **QUICK))
    later = table.set_column(3, "shirt", pa.array(["XXL", None] * 60))

    with pytest.warns(DataWarning, match=r"^Levels never seen in training, in cells: 'shirt' \(60\)\.$"):
        model.predict(later)


def test_new_kind__value_of_another_kind_in_a_file__is_refused() -> None:
    plain = Schema((Ordinal("shirt", "text", levels=SIZES),)).to_dict()
    plain["columns"][0]["has_time"] = True

    with pytest.raises(ConfigError, match="is a ordinal, which cannot have"):
        Schema.from_dict(plain)


def test_package__outside_of_the_kinds__never_compares_the_name_of_a_kind() -> None:
    package = Path(netable.__file__).parent
    for path in package.rglob("*.py"):
        if path.parent == package / "table" / "kinds":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                constants = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
                asks = any(isinstance(n, ast.Attribute) and n.attr == "kind" for n in ast.walk(node))
                assert not (asks and constants & set(KINDS)), f"{path}:{node.lineno}"

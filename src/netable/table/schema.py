"""What each column of a table is, and the same columns taken from any later table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.config.choices import KINDS
from netable.errors import ConfigError, DataError, check_choice, warn
from netable.table.canonical.convert import convert
from netable.table.canonical.forms import form_of, join
from netable.table.canonical.names import check_columns, name_list, row_list
from netable.table.column import ALL_MISSING, CONSTANT, IDENTIFIER, TEXT, Column, infer_column, set_column

__all__ = ["Column", "Schema"]

_IGNORED = "ignored, as asked"
# Beyond this, squares no longer fit into a 32-bit number.
_HUGE = 1e30
# A value this many times further out than the middle nine tenths are wide is more often a slip than a fact.
_FAR_OUT = 1e6
_SAMPLE = 10_000  # rows


@dataclass(frozen=True)
class Schema:
    """The columns of a training table, in its order, but for the target and others that are no features."""

    columns: tuple[Column, ...]

    @classmethod
    def infer(
        cls,
        table: pa.Table,
        *,
        exclude: Collection[str] = (),
        kinds: Mapping[str, str] = {},
        ignore: Collection[str] = (),
    ) -> Schema:
        """Find out what each column is; what is left out, or odd, is said in a `DataWarning`.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical, as `netable.table.reading.read` gives it.
        exclude : collection of str
            Columns that are no features: target, weight, group. The time column stays a feature.
        kinds : mapping of column name to kind
            Set by the table's owner, whatever the values look like.
        ignore : collection of str
            Columns that the network shall not see.

        Raises
        ------
        SchemaError
            If `kinds` or `ignore` names a column that is not there, or a column cannot be of the kind set.
        ConfigError
            If a kind does not exist.
        DataError
            If a number is infinite, a value is not of the kind set, or no column is left to learn from.
        """
        check_columns(ignore, table.column_names, "The column to ignore,")
        for name, kind in kinds.items():
            check_choice(f"The kind of {name!r}", kind, KINDS)
        features = [name for name in table.column_names if name not in set(exclude)]
        check_columns(kinds, features, "The column with a kind set,")
        schema = cls(tuple(_column(name, table, kinds, ignore) for name in features))
        schema._check_usable(table.num_rows)
        selected = schema.select(table, known_extra=table.column_names)
        _warn_left_out(schema)
        _warn_numeric_levels(schema, selected, kinds)
        _warn_far_out(schema, selected)
        return schema

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that feed the network."""
        return tuple(column for column in self.columns if column.used)

    @property
    def left_out(self) -> tuple[Column, ...]:
        """The other columns, each with its reason."""
        return tuple(column for column in self.columns if not column.used)

    @property
    def storage(self) -> dict[str, str]:
        """How each used column was held, and was written, so that a later file is read in the same way."""
        return {column.name: join(column.storage, column.form) for column in self.used}

    def select(self, table: pa.Table, *, known_extra: Collection[str] = ()) -> pa.Table:
        """The used columns, by name and in order: numbers and flags as float64, categories as text.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical; the order of its columns does not matter.
        known_extra : collection of str
            Columns, beside those left out, that may be there unused without a warning.

        Raises
        ------
        SchemaError
            If a used column is missing.
        DataError
            If a value does not fit its column, or a number is infinite.
        """
        names = [column.name for column in self.used]
        check_columns(names, table.column_names, "The column")
        known = {column.name for column in self.columns}.union(known_extra)
        extra = [name for name in table.column_names if name not in known]
        if extra:
            warn(f"Columns that the model does not know are ignored: {name_list(extra)}.")
        data = [_select(column, table.column(column.name)) for column in self.used]
        return pa.table(data, names=names)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"columns": [{**asdict(column), "levels": list(column.levels)} for column in self.columns]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Schema:
        """The schema that `to_dict` wrote.

        Raises
        ------
        ConfigError
            If a column is none that could have been written, or two have one name.
        """
        columns = tuple(Column(**{**c, "levels": _tuple(c["levels"])}) for c in plain["columns"])
        if len({column.name for column in columns}) < len(columns):
            raise ConfigError("Every column of a schema needs a name of its own.")
        return cls(columns)

    def _check_usable(self, n_rows: int) -> None:
        if not n_rows:
            raise DataError("The table has 0 rows; there is nothing to learn from.")
        if not self.used:
            reasons = ", ".join(f"{column.name!r} ({column.reason})" for column in self.columns[:12])
            if not reasons:
                raise DataError("No column is left to learn from: the target is the only one.")
            raise DataError(
                f"No column is left to learn from: {reasons}. Set the kind of one that says something, such as "
                "number or category."
            )


def _tuple(levels: object) -> object:
    return tuple(levels) if isinstance(levels, list) else levels


def _column(name: str, table: pa.Table, kinds: Mapping[str, str], ignore: Collection[str]) -> Column:
    data = table.column(name)
    if name in ignore:
        found = infer_column(name, data)
        found = Column(name, kinds.get(name, found.kind), found.storage, _IGNORED)
    else:
        found = set_column(name, data, kinds[name]) if name in kinds else infer_column(name, data)
    return replace(found, form=form_of(table, name))


def _select(column: Column, data: pa.ChunkedArray) -> pa.ChunkedArray:
    data = convert(data, column.selected_as, column.name)
    if column.selected_as == "number":
        infinite = pc.is_inf(data).fill_null(False).to_numpy()
        if infinite.any():
            raise DataError(
                f"Column {column.name!r} is infinite in {infinite.sum()} of {len(infinite)} rows: "
                f"{row_list(infinite)}; leave the cells empty or give finite numbers."
            )
    return data


def _warn_left_out(schema: Schema) -> None:
    for reason in (ALL_MISSING, CONSTANT, IDENTIFIER, TEXT):
        names = [column.name for column in schema.left_out if column.reason == reason]
        if names:
            warn(f"Left out, {reason}: {name_list(names)}. To keep a column, set its kind.")


def _warn_numeric_levels(schema: Schema, selected: pa.Table, kinds: Mapping[str, str]) -> None:
    names = [
        column.name
        for column in schema.used
        if column.kind == "category" and column.storage == "category" and column.name not in kinds
        if _all_numbers(selected.column(column.name))
    ]
    if names:
        warn(
            f"Declared a category but holds numbers: {name_list(names)}. "
            "From a CSV it would be read as numbers unless its kind is set."
        )


def _all_numbers(text: pa.ChunkedArray) -> bool:
    try:
        pc.unique(text).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _warn_far_out(schema: Schema, selected: pa.Table) -> None:
    names = [
        column.name
        for column in schema.used
        if column.kind == "number" and _is_far_out(selected.column(column.name).to_numpy())
    ]
    if names:
        warn(f"Values far outside the rest, perhaps slips or codes for missing: {name_list(names)}.")


def _is_far_out(values: np.ndarray) -> bool:
    values = values[~np.isnan(values)]
    if not len(values):
        return False
    low, high = float(values.min()), float(values.max())
    if max(abs(low), abs(high)) > _HUGE:
        return True
    least, middle, most = np.quantile(values[:: max(1, len(values) // _SAMPLE)], (0.05, 0.5, 0.95))
    return bool(most > least and max(high - middle, middle - low) > _FAR_OUT * (most - least))

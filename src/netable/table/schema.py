"""The columns of a training table, and the same columns taken from later tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from netable.config.kinds import split_kind
from netable.errors import ConfigError, DataError, check_choice, warn
from netable.system.brief import brief
from netable.system.wording import setting
from netable.table.canonical.forms import form_of, join
from netable.table.canonical.marks import check_usable, mixture_of, why_unusable
from netable.table.canonical.messages import check_columns, name_list
from netable.table.kinds import KINDS, column_from_dict, infer_column
from netable.table.kinds.column import Column, ColumnValues

IGNORED = "ignored, as asked"
_UNUSABLE = "neither numbers, booleans, dates nor texts"


@dataclass(frozen=True)
class Schema:
    """The columns of a training table, in its order, without the target and other columns that are no features."""

    columns: tuple[Column, ...]

    __repr__ = brief

    @classmethod
    def infer(
        cls,
        table: pa.Table,
        *,
        exclude: Collection[str] = (),
        kinds: Mapping[str, str] = {},
        ignore: Collection[str] = (),
    ) -> tuple[Schema, pa.Table]:
        """Infer the kind of each column, and select the used ones.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical, from `netable.table.reading.read`.
        exclude : collection of str
            Columns that are no features: target, weight, group. The time column is a feature.
        kinds : mapping of column name to kind
            Kinds chosen by the table's owner; the form of a date is known to `read`.
        ignore : collection of str, or mapping of each to a reason
            Columns to leave out.

        Returns
        -------
        schema : Schema
        selected : pyarrow.Table
            The used columns, as `select` returns them.

        Raises
        ------
        SchemaError
            If `kinds` or `ignore` names a missing column, or a column cannot have the chosen kind.
        ConfigError
            If a kind does not exist.
        DataError
            If a number is infinite, a value does not fit the chosen kind, a handful of cells in a column of numbers
            are not numbers, or no column is left.

        Warns
        -----
        DataWarning
            About columns that are left out or have odd values.
        """
        check_columns(ignore, table.column_names, "The column to ignore,")
        for name, kind in kinds.items():
            check_choice(f"The kind of {name!r}", split_kind(kind)[0], tuple(KINDS))
        features = [name for name in table.column_names if name not in set(exclude)]
        check_columns(kinds, features, "The column with a kind set,")
        reasons = ignore if isinstance(ignore, Mapping) else dict.fromkeys(ignore, IGNORED)
        schema = cls(tuple(_column(name, table, kinds, reasons) for name in features))
        schema._check_usable(table.num_rows)
        selected = schema.select(table, known_extra=table.column_names)
        schema._warn(selected, {*kinds, *ignore})
        return schema, selected

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that the network sees."""
        return tuple(column for column in self.columns if column.used)

    @property
    def left_out(self) -> tuple[Column, ...]:
        """The other columns, each with its reason."""
        return tuple(column for column in self.columns if not column.used)

    def mixtures(self, table: pa.Table) -> dict[str, str]:
        """The used columns of the training table in which most cells are numbers, and words for the others."""
        found = {column.name: mixture_of(table, column.name) for column in self.used}
        return {name: str(mixture) for name, mixture in found.items() if mixture}

    @property
    def storage(self) -> dict[str, str]:
        """The storage and form of each used column, by which `read` reads a later file."""
        return {column.name: join(column.storage, column.form) for column in self.used}

    def select(self, table: pa.Table, *, known_extra: Collection[str] = ()) -> pa.Table:
        """The used columns in the schema's order, each converted to the storage of its kind.

        Parameters
        ----------
        table : pyarrow.Table
            Canonical, with its columns in any order.
        known_extra : collection of str
            Further columns to ignore without a warning.

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
        data = [column.select(table.column(column.name)) for column in self.used]
        return pa.table(data, names=names)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"columns": [column.to_dict() for column in self.columns]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Schema:
        """The schema that `to_dict` wrote.

        Raises
        ------
        ConfigError
            If a column is not valid, or two columns have the same name.
        """
        columns = tuple(map(column_from_dict, plain["columns"]))
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
            can_be_kept = any(column.reason not in (IGNORED, _UNUSABLE) for column in self.columns)
            remedy = (
                "Set the kind of a useful one, such as number or category."
                if can_be_kept
                else "Add a column of numbers, booleans, dates or texts that is not in ignore_columns."
            )
            raise DataError(f"No column is left to learn from: {reasons}. {remedy}")

    def _warn(self, selected: pa.Table, chosen: Collection[str]) -> None:
        """Warn of odd values, and of columns left out that nobody chose to leave out."""
        warnings: dict[str, list[str]] = {}
        for column in self.columns:
            if column.used:
                oddity = column.oddity(selected.column(column.name), is_chosen=column.name in chosen)
                warnings.setdefault(oddity, []).append(column.name)
            elif column.name not in chosen:
                remedy = "turn it into such values" if column.reason == _UNUSABLE else "set its kind"
                left_out = f"Left out, {column.reason}: {{}}. To keep a column, {remedy}."
                warnings.setdefault(left_out, []).append(column.name)
        for warning, names in warnings.items():
            if warning:
                warn(warning.format(name_list(names)))


def _check_no_handful(table: pa.Table, name: str) -> None:
    """Refuse a column of numbers in which a handful of cells are none."""
    mixture = mixture_of(table, name)
    if mixture and mixture.is_handful:
        raise DataError(
            f"Column {name!r} holds numbers, but {mixture}. Correct these cells, or set the column's kind: "
            f"{setting('kinds', {name: 'number'})} counts them as missing, "
            f"{setting('kinds', {name: 'category'})} keeps all texts."
        )


def _column(name: str, table: pa.Table, kinds: Mapping[str, str], ignore: Mapping[str, str]) -> Column:
    values, (kind, form) = ColumnValues(name, table.column(name)), split_kind(kinds.get(name, ""))
    if name in ignore:
        column = (KINDS[kind] if kind else type(infer_column(values)))(name, values.storage, ignore[name])
    elif kind:
        check_usable(table, [name])
        if form and values.storage != "timestamp":
            raise DataError(f"Column {name!r} was read without the form {form!r}; it holds {values.storage}.")
        column = KINDS[kind].chosen(values)
    elif why_unusable(table, name):
        column = KINDS["constant"](name, values.storage, _UNUSABLE)
    else:
        _check_no_handful(table, name)
        column = infer_column(values)
    return replace(column, form=form_of(table, name))

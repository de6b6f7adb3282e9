"""Encode all rows of a table and store them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.fit.resume.identity import hash_of, made_by
from netable.fit.stored.all_rows import AllRows, SomeRows, named
from netable.fit.stored.cache import Facts
from netable.fit.stored.sections import FREE, Sections, places_among
from netable.fit.stored.stored_rows import RowWriter, StoredRows, level_counts, record_type, rows_of_pool
from netable.model.beyond import sketch_groups
from netable.model.row_sketch import RowSketch
from netable.table.encode import Encoder
from netable.table.target import Target
from netable.table.weights import largest_weight, weights_of_some
from netable.train.plan import TrainingPlan
from netable.train.stored import Records


class EncodedRows(NamedTuple):
    """Some rows, ready to be stored.

    Attributes
    ----------
    first : int
        As of `SomeRows`.
    records : mapping of section to records
    counts : (sum of cardinalities,)
        The rows with each level, of those that all members learn from.
    extremes : (2, d_num)
        As `Encoded.extremes`.
    """

    first: int
    records: Mapping[int, Records]
    counts: NDArray[np.int64]
    extremes: NDArray[np.float64]
    sketch: RowSketch
    groups: RowSketch


@dataclass
class RowEncoding:
    """How rows become records: as those of the sample were encoded.

    Attributes
    ----------
    sample : pyarrow.Table
        The rows that the plan splits.
    sampled : (rows of the sample,), rising
        Their numbers in the table.
    parts : (rows of the sample,)
        As `MemberRows.parts`.
    class_weights : (classes,)
        Empty for a regression.
    weight_unit : float
        By which weights of training are divided, class weights included.
    check : callable
        Raises `DataError` for targets that the recipe cannot take.
    sections : Sections
        Of the plan.
    dtype : numpy.dtype
        Of a record.
    """

    sample: pa.Table
    sampled: NDArray[np.int64]
    target: Target
    encoder: Encoder
    recipe: Recipe
    plan: TrainingPlan
    parts: NDArray[np.int64]
    class_weights: NDArray[np.float64]
    weight_unit: float
    check: Callable[[NDArray[Any]], None]

    def __post_init__(self) -> None:
        self.sections = Sections(self.plan, self.recipe, self.sample, self.sampled)
        self.dtype = record_type(self.encoder, self.target)
        self._largest_weight = largest_weight(self.sample, self.recipe.weight_column)

    @property
    def columns(self) -> set[str]:
        """The columns that are needed."""
        recipe = self.recipe
        beside = filter(None, (recipe.weight_column, recipe.group_column, recipe.time_column))
        return {*(column.name for column in self.encoder.schema.used), *self.target.names, *beside}

    def key(self, all_rows: AllRows) -> str:
        """A hash of all that determines what is stored."""
        beside = ("seed", "weight_column", "group_column", "time_column")
        plain = {
            "made by": made_by(),
            "rows": all_rows.identity(),
            "encoder": self.encoder.to_dict(),
            "target": self.target.to_dict(),
            **{name: getattr(self.recipe, name) for name in beside},
        }
        held_out = [held.rows for held in self.plan.held_out]
        arrays = self.parts, self.class_weights, np.array(self.weight_unit), *self.plan.train_rows, *held_out
        parts = map(np.ascontiguousarray, (self.sampled, *arrays))
        return hash_of([json.dumps(plain, default=str).encode(), *parts])

    def of(self, rows: SomeRows) -> EncodedRows:
        """Encode some rows.

        Raises
        ------
        DataError, SchemaError
            If a row does not fit what the sample shows; the error names the file.
        """
        table, numbers, source, first = rows
        group = self.recipe.group_column
        with named(source):
            selected = self.encoder.schema.select(table, known_extra=table.column_names)
            encoded, y = self.encoder.encode(selected), self.target.encode(table)
            self.check(y)
            weight = weights_of_some(table, self.recipe.weight_column, self._largest_weight)
            section = self.sections.of(table, numbers)
            groups = sketch_groups(table.column(group)) if group else RowSketch()
        weight = weight * self.class_weights[y] if len(self.class_weights) else weight
        records: Records = np.zeros(len(table), self.dtype)
        records["numbers"], records["codes"], records["y"] = encoded.numbers, encoded.codes, y
        records["weight"] = weight / self.weight_unit
        found = places_among(numbers, self.sampled)
        records["part"] = np.where(found < 0, 0, self.parts[found])
        return EncodedRows(
            first,
            {number: records[section == number] for number in np.unique(section).tolist()},
            level_counts(self.encoder, encoded.codes[section == FREE]),
            encoded.extremes,
            RowSketch.of(encoded),
            groups,
        )


def store_rows(all_rows: AllRows, encoding: RowEncoding) -> StoredRows:
    """Encode all rows, and write them in the order of training, unless that was done before.

    Raises
    ------
    DataError, SchemaError
        If a row does not fit what the sample shows; the error names the file.
    FileError
        If a file cannot be read or has changed, or the rows cannot be written.
    """
    cache, key, executor = all_rows.cache, encoding.key(all_rows), all_rows.executor
    facts = cache.find(key, encoding.dtype.itemsize)
    if not all(executor.exchange(b"found" if facts else b"")) or facts is None:
        facts = _stored(all_rows, encoding, key)
    cache.settle(key, executor)
    return StoredRows.of(cache, facts, encoding.encoder, encoding.dtype, encoding.sections.learners)


def _stored(all_rows: AllRows, encoding: RowEncoding, key: str) -> Facts:
    cache, encoder, dtype, executor = all_rows.cache, encoding.encoder, encoding.dtype, all_rows.executor
    counts, n_rows = np.zeros(sum(encoder.cardinalities), np.int64), 0
    low, high = np.full((2, encoder.d_num), np.nan)
    sketch = groups = RowSketch()
    needed = list(map(bool, encoding.sections.learners))
    unit, seed = rows_of_pool(dtype), encoding.recipe.seed
    with RowWriter(cache.folder, dtype, needed, all_rows.n_rows, seed, executor) as writer:
        for rows in all_rows.each(encoding.columns, encoding.of, unit):
            writer.add(rows.records, rows.first // unit)
            n_rows += sum(map(len, rows.records.values()))
            counts += rows.counts
            low, high = np.fmin(low, rows.extremes[0]), np.fmax(high, rows.extremes[1])
            sketch, groups = sketch.union(rows.sketch), groups.union(rows.groups)
        pools, extremes = writer.finish(), np.stack([low, high])
        facts = Facts([writer.counts], n_rows, extremes, counts, sketch.hashes, groups.hashes, pools)
        facts = facts.of_all(executor)
        if executor.is_first:
            cache.complete(key, facts)
    return facts

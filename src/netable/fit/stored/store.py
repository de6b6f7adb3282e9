"""Encode all rows of a table and store them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.fit.stored.all_rows import AllRows, named
from netable.fit.stored.row_facts import RowFacts
from netable.fit.stored.sections import FREE, Sections, places_among
from netable.fit.stored.stored_rows import RowWriter, StoredRows, record_type, rows_of_pool
from netable.model.beyond import sketch_groups
from netable.model.row_sketch import RowSketch
from netable.table.encode import Encoder
from netable.table.target import Target
from netable.table.weights import largest_weight, weights_of_some
from netable.train.plan import TrainingPlan
from netable.train.stored import Records


def store_rows(
    all_rows: AllRows,
    sample: pa.Table,
    target: Target,
    encoder: Encoder,
    recipe: Recipe,
    plan: TrainingPlan,
    parts: NDArray[np.int64],
    class_weights: NDArray[np.float64],
    weight_unit: float,
    check: Callable[[NDArray[Any]], None],
) -> StoredRows:
    """Encode all rows as those of the sample were, and write them in the order of training.

    Parameters
    ----------
    sample : pyarrow.Table
        The rows that the plan splits.
    parts : (rows of the sample,)
        As `MemberRows.parts`.
    class_weights : (classes,)
        Empty for a regression.
    weight_unit : float
        By which weights of training are divided, class weights included.
    check : callable
        Raises `DataError` for targets that the recipe cannot take.

    Raises
    ------
    DataError, SchemaError
        If a row does not fit what the sample shows; the error names the file.
    FileError
        If a file cannot be read or has changed, or the rows cannot be written.
    """
    sections = Sections(plan, recipe, sample, all_rows.sampled)
    dtype, executor = record_type(encoder, target), all_rows.executor
    unit = largest_weight(sample, recipe.weight_column)
    facts, groups = RowFacts.none(encoder), RowSketch()
    beside = filter(None, (recipe.weight_column, recipe.group_column, recipe.time_column))
    names = {*(column.name for column in encoder.schema.used), *target.names, *beside}
    is_needed = list(map(bool, sections.learners))
    with RowWriter(all_rows.folder, dtype, is_needed, all_rows.n_rows, recipe.seed, executor) as writer:
        for table, numbers, source in all_rows.pieces(names, all_rows.share(rows_of_pool(dtype))):
            with named(source):
                selected = encoder.schema.select(table, known_extra=table.column_names)
                encoded, y = encoder.encode(selected), target.encode(table)
                check(y)
                weight = weights_of_some(table, recipe.weight_column, unit)
                section = sections.of(table, numbers)
            records: Records = np.zeros(len(table), dtype)
            weight = weight * class_weights[y] if len(class_weights) else weight
            records["numbers"], records["codes"], records["y"] = encoded.numbers, encoded.codes, y
            records["weight"] = weight / weight_unit
            found = places_among(numbers, all_rows.sampled)
            records["part"] = np.where(found < 0, 0, parts[found])
            writer.add(records, section, numbers)
            if recipe.group_column:
                groups = sketch_groups(table.column(recipe.group_column))
            facts.add(selected, encoded, section == FREE, groups)
        facts.pools = writer.finish()
        facts = facts.of_all(executor)
        files = [file for of_section in writer.files() for file in of_section]
    learners = [members for members in sections.learners for _ in range(executor.size)]
    return StoredRows(
        files,
        learners,
        facts.n_rows,
        facts.encoder,
        facts.known(),
        facts.sketch,
        facts.groups,
        facts.digest(),
        executor.is_first,
    )

"""The report of a model: its sections in their order, as one page."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.typed import as_options
from netable.model.model import Model
from netable.pages.blocks import Block, Findings, Page, Paragraph, Section
from netable.pages.page import write_page
from netable.pages.svg import drawing
from netable.report import answer, classes, columns, effects, regression, rows, training, use
from netable.report.judged import Judged, judged_in_training, judged_on
from netable.report.recall import recall
from netable.system.wording import counted, listed, sampled
from netable.table.target_values import labelled


def write_report(
    model: Model, path: str | os.PathLike[str], source: object = None, *, typed: str | None = None
) -> None:
    """Write one page that shows how good a model is and why.

    Parameters
    ----------
    path : path of the page, an HTML file
    source : path, query result, frame or array, optional
        Labelled rows to judge the model on. If left out, right after `fit`: the rows that judged it then. A model from
        a file does not have them: its page says what needs a table.
    typed : str, optional
        The training table as it is typed at the terminal. The page then advises options in place of settings.

    Raises
    ------
    UserError
        If the source cannot be read or used, or the page cannot be written.
    """
    table = None if source is None else model.read(source, labelled=True, used=model.columns_used)
    write_table_report(model, path, table, typed=typed)


# The difference of two numbers near the limits of 64 bits is infinite, and shown as that.
@np.errstate(over="ignore", invalid="ignore")
def write_table_report(
    model: Model,
    path: str | os.PathLike[str],
    table: pa.Table | None = None,
    *,
    weight: NDArray[np.float64] | None = None,
    out_of_fold: pa.Table | None = None,
    typed: str | None = None,
    drawn_from: int | None = None,
) -> None:
    """As `write_report`, for a canonical table.

    Parameters
    ----------
    table : pyarrow.Table, optional
        Canonical, with the target. Rows without one are left out if they were left out in training.
    weight : (rows,), optional
        The weight of each row of the table; else from the model's weight column, if the table has it.
    out_of_fold : pyarrow.Table, optional
        The predictions.parquet of the run. If the table is the training table, its rows are judged by these.
    typed : str, optional
        The table as it is typed at the terminal; see `write_report`.
    drawn_from : int, optional
        Rows of the table of which these are a random sample.

    Raises
    ------
    UserError
        If the table cannot be used, or the file cannot be written.
    """
    if table is not None:
        table, weight = labelled(table, model.recipe, weight)
    if table is not None and out_of_fold is not None:
        rows = recall(model, table, out_of_fold, weight)
        if rows is not None:
            model, table = replace(model, learned_from=rows), None
    judged = judged_in_training(model) if table is None else judged_on(model, table, weight)
    write_page(compose(model, table, judged, typed, drawn_from), path)


def compose(
    model: Model,
    table: pa.Table | None,
    judged: Judged | None,
    typed: str | None = None,
    drawn_from: int | None = None,
) -> Page:
    """The page of a model: title, summary and sections."""
    with drawing():
        sections = _sections(model, table, judged, typed)
    return Page(
        title=f"Predicting {listed(model.target.names)}",
        subtitle=_subtitle(model, judged, drawn_from),
        summary=answer.summary(model, judged),
        sections=sections,
    )


def _sections(
    model: Model, table: pa.Table | None, judged: Judged | None, typed: str | None
) -> list[Section]:
    advise = str if typed is None else as_options
    sections = [
        answer.section(model, judged),
        _diagnosis(model, advise),
        columns.section(model, table, judged, advise),
        training.section(model),
    ]
    if judged is not None:
        importances = effects.measure_importances(judged)
        sections += [
            (regression if model.task == "regression" else classes).section(judged),
            effects.section(judged, importances),
            rows.section(judged, [importance.name for importance in importances]),
        ]
    is_training_table = judged is not None and judged.source != "table"
    sections.append(use.section(model, typed if is_training_table else None))
    return sections


def _subtitle(model: Model, judged: Judged | None, drawn_from: int | None) -> str:
    results = model.results
    classes = {"binary": "two classes", "multiclass": f"{len(model.target.labels)} classes"}
    parts = [classes.get(model.task, "regression")]
    if results.get("rows"):
        parts.append(f"{counted(results['rows'], 'row')}, {counted(len(model.schema.used), 'column')}")
    if sample := results.get("rows_in_sample"):
        parts.append(f"judged and described by {counted(sample, 'row')}, drawn at random")
    if results.get("members"):
        parts.append(counted(results["members"], "network"))
    if judged is not None and judged.source == "table":
        parts.append(f"evaluated on another table of {sampled(len(judged.y), drawn_from)}")
    parts.append(f"seed {model.recipe.seed}")
    if version := (results.get("versions") or {}).get("netable"):
        parts.append(f"netable {version}")
    return " · ".join(parts)


def _diagnosis(model: Model, advise: Callable[[str], str]) -> Section:
    verdicts = [verdict.advised(advise) for verdict in model.diagnose()]
    left_out = model.results.get("no_time_for")
    text = "The model has no verdicts."
    if "diagnosis" in model.results:
        text = f"The doctor found no problems in {'what it saw' if left_out else 'the training run and the rows'}."
    blocks: list[Block] = [Findings(verdicts) if verdicts else Paragraph(text)]
    if left_out:
        blocks.append(Paragraph(f"The time limit left no time for {listed(left_out)}."))
    return Section("The doctor's verdicts", blocks)

"""A look at new rows as one page."""

from __future__ import annotations

import os

from matplotlib.figure import Figure

from netable.drift.result import ColumnDrift, Drift, OutcomeDrift
from netable.pages.blocks import Block, Illustration, Page, Panel, Paragraph, Section, Table
from netable.pages.charts import label_rows, new_axes, short
from netable.pages.page import write_page
from netable.pages.svg import FAINT, SERIES, drawing
from netable.system.wording import counted, percent, sampled

_BARS_SHOWN = 15


def write_drift_page(drift: Drift, path: str | os.PathLike[str]) -> None:
    """Write the page.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    write_page(page(drift), path)


def page(drift: Drift) -> Page:
    """The page of a look at new rows."""
    before = "the reference table" if drift.source == "table" else "the reference in the model file"
    now = sampled(drift.rows, drift.drawn_from, "new row")
    then = sampled(drift.rows_before, drift.before_drawn_from)
    return Page(
        title=f"Are new rows like those of training? Predicting {drift.target}",
        subtitle=f"{now} beside {before}, of {then}",
        summary=drift.verdict,
        sections=[
            Section("What moved", _moved(drift)),
            Section("Predictions and errors", _outcomes(drift)),
            Section("Every column", [_every_column(drift)]),
            Section("How it was measured", _how(drift)),
        ],
    )


def _moved(drift: Drift) -> list[Block]:
    blocks: list[Block] = [_picture(drift)]
    if drift.moved:
        rows = [(c.name, percent(c.weight), c.what, c.advice) for c in drift.moved]
        header = ("Column", "Weight", "What moved", "What to do")
        blocks.append(
            Table(
                "The columns that moved, those of most weight first: the share of what the predictions depend on.",
                header,
                rows,
            )
        )
    else:
        blocks.append(Paragraph("No column moved."))
    together = drift.together
    text = f"In {percent(together.unusual)} of the new rows the columns do not go together as in training, "
    text += "where half a percent is usual."
    if together.auc is not None:
        text += f" Networks that learn to tell new rows from the reference table reach an AUC of {together.auc:.2f} on "
        text += "rows that they have not seen; 0.5 means that they cannot."
    blocks.append(Paragraph(text))
    return blocks


def _picture(drift: Drift) -> Illustration:
    shown = sorted(drift.columns, key=lambda column: -max(column.distance, _gap(column)))[:_BARS_SHOWN]
    with drawing():
        distances = _bars(
            shown, [max(column.distance, _gap(column)) for column in shown], "distance from training"
        )
        weights = _bars(shown, [column.weight for column in shown], "share of what predictions depend on")
    words = "; ".join(f"{column.name} {column.distance:.2f}" for column in shown)
    return Illustration(
        [
            Panel(distances, "How far columns are from training", words),
            Panel(
                weights,
                "How much predictions depend on them",
                "; ".join(f"{column.name} {percent(column.weight)}" for column in shown),
            ),
        ],
        "Columns that moved are filled. A column matters if both bars are long. Distances are from 0 to 1: of numbers "
        "the greatest difference of the distribution functions, of levels half the sum of the differences of shares, "
        "or the difference of the shares that are missing, if it is greater.",
    )


def _gap(column: ColumnDrift) -> float:
    return abs(column.missing - column.missing_before)


def _bars(columns: list[ColumnDrift], values: list[float], x: str) -> Figure:
    names = [short(column.name) for column in columns]
    room = min(160.0, 18 + 6.5 * max(map(len, names), default=0))
    chart, axes = new_axes(x, height=46 + 21 * len(names), margins=(room, 14, 4, 42), grid="x")
    for place, (column, value) in enumerate(zip(columns, values, strict=True)):
        bar = axes.barh(place, value, height=0.62, edgecolor=SERIES[0])
        bar.patches[0].set_facecolor(SERIES[0] if column.moved else "none")
    label_rows(axes, names)
    axes.axvline(0, color=FAINT, lw=0.8)
    axes.set_xlim(left=0)
    return chart


def _outcomes(drift: Drift) -> list[Block]:
    blocks: list[Block] = []
    if drift.outcomes:
        rows = [(o.name, o.before, o.now, *_measured(o), o.moved) for o in drift.outcomes]
        header = ("Prediction", "In training", "Now", "PSI", "Distance", "Chance", "Moved")
        caption = "Predictions by networks that had not seen the row, in training and now."
        blocks.append(Table(caption, header, rows, foldable=len(rows) > _BARS_SHOWN))
    else:
        text = "The model keeps no reference of its predictions: it was not scored by members of its own."
        blocks.append(Paragraph(text))
    error = drift.error
    if error is None:
        blocks.append(Paragraph("Without answers nothing shows whether errors have risen."))
    else:
        names = list(error.metrics)
        measured = [(name, error.metrics_before.get(name), error.metrics[name]) for name in names]
        caption = f"Metrics on {counted(error.rows, 'new row')} with answers, by all networks."
        blocks.append(Table(caption, ("Metric", "Out of fold in training", "Now"), measured))
        blocks.append(
            Paragraph(
                "Errors of rows, by networks that had not seen them, differ from those of training by "
                f"{error.distance:.2f}, with a chance of {_chance(error.chance)}."
            )
        )
    return blocks


def _every_column(drift: Drift) -> Table:
    rows = [
        (
            c.name,
            c.kind,
            c.moved,
            *_measured(c),
            f"{percent(c.missing_before)} → {percent(c.missing)}",
            c.before,
            c.now,
        )
        for c in drift.columns
    ]
    header = ("Column", "Kind", "Moved", "PSI", "Distance", "Chance", "Missing", "In training", "Now")
    return Table("Every column; the chance allows for their number.", header, rows, foldable=len(rows) > 30)


def _measured(one: ColumnDrift | OutcomeDrift) -> tuple[float, float, str]:
    """The index, the distance and the chance, as tables show them."""
    return round(one.psi, 3), round(one.distance, 3), _chance(one.chance)


def _chance(chance: float) -> str:
    return "< 0.0001" if chance < 0.0001 else f"{chance:.2g}"


def _how(drift: Drift) -> list[Block]:
    of_model = (
        "The model file keeps up to 27 values of each number with the share of training rows up to them, and the share "
        "of each level; no row."
    )
    of_table = (
        "Both tables were compared; networks learned to tell their rows apart, by the columns of the model."
    )
    return [
        Paragraph(of_table if drift.source == "table" else of_model),
        Paragraph(
            "Numbers are tested by Kolmogorov and Smirnov, and by Pearson's χ² between the values that are kept; "
            "levels by χ², and one by one; gaps by the beta-binomial distribution. Chances are raised for the number "
            "of tests (Holm 1979), so that at most one table of fresh rows in a hundred has an alarm; a distance below "
            "0.02 is none. PSI, the population stability index, is over tenths of the training rows: below 0.1 is "
            "usually called small, above 0.25 large."
        ),
        Paragraph(
            "What predictions depend on is measured by exchanging the cells of one column among the new rows: the more "
            "the predictions change, the more weight it has. This needs no answers."
        ),
    ]

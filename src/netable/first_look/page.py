"""A look at a table as one page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePath

import numpy as np
from matplotlib.figure import Figure

from netable.config.typed import as_options, typed_names
from netable.first_look.result import ColumnLook, Look, TargetLook
from netable.pages.blocks import (
    Bars,
    Block,
    Cell,
    Findings,
    Illustration,
    Listing,
    Page,
    Panel,
    Paragraph,
    Section,
    Table,
)
from netable.pages.charts import bars, new_axes
from netable.pages.page import write_page
from netable.pages.svg import SERIES, drawing
from netable.system.wording import counted, listed, ordered_counts, percent

Advise = Callable[[str], str]
_FOLDED_FROM = 30  # columns
_CLASSES_SHOWN, _TARGETS_SHOWN = 20, 4


def write_look_page(look: Look, path: str | os.PathLike[str], *, typed: str | None = None) -> None:
    """Write the page.

    Parameters
    ----------
    typed : str, optional
        The table, and settings other than the target, as they are typed at the terminal. The page then advises options
        in place of settings, and says what to type to train.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    write_page(page(look, typed), path)


def page(look: Look, typed: str | None = None) -> Page:
    """The page of a look at a table; see `write_look_page`."""
    advise = str if typed is None else as_options
    target = f", to predict {listed(look.target.names)}" if look.target else ""
    sections = [Section("How it was read", _reading(look, advise)), Section("Columns", _columns(look))]
    if look.target:
        sections += [
            Section("Target", _target(look, look.target, advise)),
            Section("What looks odd", _findings(look, advise)),
            Section("The split, and the time", _split(look)),
        ]
    else:
        sections.append(Section("What could be predicted", [_candidates(look)]))
    if typed is not None:
        sections.append(Section("How to go on", [_next_command(look, typed)]))
    return Page(
        title=f"A look at {PurePath(look.source).name}",
        subtitle=f"{counted(look.rows, 'row')}, {counted(len(look.columns), 'column')}{target}",
        summary=summary(look),
        sections=sections,
    )


def summary(look: Look) -> list[str]:
    """The most important results, a sentence or two each."""
    used = [column.kind.partition(":")[0] for column in look.columns if column.role == "input"]
    n_left_out = sum(column.role == "left out" for column in look.columns)
    left_out = f"; {counted(n_left_out, 'column')} left out" if n_left_out else ""
    sentences = [f"{counted(len(used), 'input')}: {listed(ordered_counts(used))}{left_out}."]
    if look.target is None:
        names = listed([candidate.name for candidate in look.candidates]) or "none"
        return [*sentences, f"No target was named. Columns that could be one: {names}."]
    sentences.append(f"{_task(look.target)} {look.target.constant}")
    n = len(look.findings)
    sentences.append(
        f"The doctor has {counted(n, 'finding')}: {listed([f.id.replace('_', ' ') for f in look.findings])}."
        if n
        else "The doctor found nothing wrong."
    )
    if look.time:
        sentences.append(duration(look))
    return sentences


def duration(look: Look) -> str:
    """How long training will take, in a sentence."""
    if look.time is None:
        return ""
    usual, most = in_time(look.time.seconds), in_time(look.time.at_most)
    if most == usual:
        return f"Training will take about {usual}."
    return f"Training will take about {usual} if networks stop early, and at most {most}."


def in_time(seconds: float) -> str:
    """Seconds in two digits at most, as no estimate is better.

    >>> in_time(3.4), in_time(47), in_time(95), in_time(5000)
    ('3 s', '45 s', '1.5 min', '1.5 h')
    """
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 60:
        return f"{5 * round(seconds / 5)} s"
    number, unit = (seconds / 60, "min") if seconds < 3570 else (seconds / 3600, "h")
    return f"{round(2 * number) / 2:g} {unit}" if number < 10 else f"{number:.0f} {unit}"


def _task(target: TargetLook) -> str:
    names = listed([repr(name) for name in target.names])
    if target.classes:
        return f"{names} is one of {len(target.classes)} classes."
    return f"{names} {'are numbers' if len(target.names) > 1 else 'is a number'}."


def _reading(look: Look, advise: Advise) -> list[Block]:
    facts = [(name, value) for name, value in look.facts.items()]
    blocks: list[Block] = [Paragraph(f"The table is from {look.source}.")]
    if facts:
        blocks.append(Table("How it was read.", ("What", "Read as"), facts))
    if look.notes:
        blocks.append(Paragraph("Notes:"))
        blocks += [Paragraph(advise(note)) for note in look.notes]
    else:
        blocks.append(Paragraph("There was nothing to note."))
    blocks += [Paragraph(text) for text in look.sampled]
    return blocks


def _columns(look: Look) -> list[Block]:
    caption = "Every column, what it is taken for, and why. Another kind can be set."
    header = ("Column", "Used as", "Kind", "Why", "Missing, %", "Distinct", "Spread", "Values", "Examples")
    rows = [_row(column) for column in look.columns]
    blocks: list[Block] = [Table(caption, header, rows, foldable=len(rows) > _FOLDED_FROM)]
    odd = [(column.name, "; ".join(column.odd)) for column in look.columns if column.odd]
    if odd:
        blocks.append(Table("What looks odd in single columns.", ("Column", "Odd"), odd))
    return blocks


def _row(column: ColumnLook) -> tuple[Cell, ...]:
    missing = float(f"{100 * column.missing:.3g}")
    spread = Bars(column.spread.bars) if column.spread.bars else None
    kind = f"{column.kind} ({column.form})" if column.form else column.kind
    examples = ", ".join(column.examples)
    measured = missing, column.spread.distinct, spread, column.values, examples
    return column.name, column.role, kind, column.why, *measured


def _target(look: Look, target: TargetLook, advise: Advise) -> list[Block]:
    blocks: list[Block] = [Paragraph(f"{_task(target)} {target.constant}")]
    if target.note:
        blocks.append(Paragraph(f"Note: {advise(target.note)}"))
    if target.transform != "none":
        decided = (
            "its logarithm" if target.transform == "log" else "its logarithm, if short runs find that better"
        )
        blocks.append(Paragraph(f"The networks will learn {decided}."))
    if target.classes:
        classes = target.classes[:_CLASSES_SHOWN]
        with drawing():
            chart = bars([label for label, _ in classes], [rows for _, rows in classes], "rows")
        words = "; ".join(f"{label}: {rows:,} ({percent(rows / look.rows)})" for label, rows in classes)
        n_more = len(target.classes) - len(classes)
        more = f" {n_more} more are not shown." if n_more else ""
        caption = f"The classes and their rows.{more} Rare classes are hard to learn and to evaluate."
        return [*blocks, Illustration([Panel(chart, f"Classes of {target.names[0]}", words)], caption)]
    shown = [column for column in look.columns if column.role == "target" and column.spread.ends]
    with drawing():
        panels = [Panel(_histogram(column), column.name, column.values) for column in shown[:_TARGETS_SHOWN]]
    caption = (
        "The target without its outer hundredths. Look for long tails, repeated values and several peaks."
    )
    return [*blocks, Illustration(panels, caption)] if panels else blocks


def _histogram(column: ColumnLook) -> Figure:
    chart, axes = new_axes(column.name, "rows", grid="y")
    low, high = column.spread.ends
    edges = np.linspace(low, high, len(column.spread.bars) + 1)
    axes.stairs(column.spread.bars, edges, fill=True, color=SERIES[0], alpha=0.75, lw=0)
    axes.margins(x=0.01)
    axes.set_ylim(bottom=0)
    return chart


def _findings(look: Look, advise: Advise) -> list[Block]:
    note = Paragraph(
        "This is what can be said without a network. After training the doctor also asks whether columns that look "
        "like names of rows help, whether labels are suspect, and whether the networks have learned well."
    )
    if not look.findings:
        return [Paragraph("The doctor found nothing wrong."), note]
    return [Findings([f.advised(advise) for f in look.findings]), note]


def _split(look: Look) -> list[Block]:
    assert look.split is not None
    blocks: list[Block] = [Paragraph(look.split.text), Paragraph(look.split.why)]
    if look.time:
        rows = [(part, round(seconds, 1)) for part, seconds in look.time.parts.items()]
        blocks += [
            Paragraph(f"{duration(look)} {look.time.how}"),
            Table("Seconds of each part, if networks stop early.", ("Part", "Seconds"), rows),
        ]
    return blocks


def _next_command(look: Look, typed: str) -> Listing:
    verb, target = ("train", typed_names(look.target.names)) if look.target else ("look", "COLUMN")
    return Listing(f"netable {verb} {typed} --target {target}")


def _candidates(look: Look) -> Block:
    if not look.candidates:
        return Paragraph("No column could be predicted from the others.")
    rows = [(one.name, one.task, one.values, one.missing) for one in look.candidates]
    caption = (
        "Columns that could be the target; none was named, and none is guessed. Rows without a target must be filled "
        "in or left out."
    )
    return Table(caption, ("Column", "As", "Values", "Rows without"), rows)

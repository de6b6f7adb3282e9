"""A comparison as one page: verdict, charts, tables, and the method of measurement."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from netable.comparison.methods import NETWORKS
from netable.comparison.result import Comparison, MethodResult
from netable.comparison.words import called
from netable.pages.blocks import Block, Illustration, Listing, Page, Panel, Paragraph, Section, Table
from netable.pages.charts import label_rows
from netable.pages.page import write_page
from netable.pages.svg import FAINT, INK, PAPER, SERIES, drawing, new_chart
from netable.system.wording import cell, sampled

_ABOVE_AND_BELOW, _A_METHOD = 76, 26
# Shorter times are not distinguished, and a logarithm has no zero.
_LEAST_SECONDS = 0.001


def write_report(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Write the page.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    write_page(page(comparison), path)


def page(comparison: Comparison) -> Page:
    """The page of a comparison."""
    about = comparison.about
    rows = sampled(about["rows"], about.get("drawn_from"))
    return Page(
        title=f"Which method suits {comparison.target}?",
        subtitle=f"{about['task']}, {rows}, {about['outer_folds']} folds {about['split']}",
        summary=comparison.verdict,
        sections=[
            Section("Methods", _methods(comparison)),
            Section("By fold", [_by_fold(comparison)]),
            Section("How it was measured", _how(comparison)),
        ],
    )


def _methods(comparison: Comparison) -> list[Block]:
    about, measured = comparison.about, comparison.measured
    names = [name for name in comparison.best.metrics if name != about["metric"]]
    blocks: list[Block] = [
        _picture(comparison),
        Table(
            f"Means of {about['outer_folds']} folds, the lowest {about['metric']} first, with {about['level']:.0%} "
            f"intervals. Differences are from {called(comparison.best.name)}; seconds are those of one fold.",
            comparison.header,
            comparison.rows(),
        ),
        Table(
            "Other metrics, means of the folds, and the seconds to predict the test rows of a fold.",
            ["method", *names, "predict, s"],
            [[m.name, *(m.metrics[name] for name in names), m.predict_seconds] for m in measured],
        ),
    ]
    blocks += [Paragraph(f"{m.name} failed: {m.failure}") for m in comparison.methods if m.failure]
    if comparison.missing:
        blocks.append(Paragraph(f"Not installed, and so not compared: {', '.join(comparison.missing)}."))
        blocks.append(Listing("pip install 'netable[compare]'"))
    return blocks


def _by_fold(comparison: Comparison) -> Table:
    folds = range(comparison.about["outer_folds"])
    return Table(
        f"{comparison.about['metric']} of every method in every fold; some parts of a table are harder than others.",
        ["fold", *(method.name for method in comparison.measured)],
        [[fold + 1, *(method.by_fold[fold] for method in comparison.measured)] for fold in folds],
    )


def _how(comparison: Comparison) -> list[Block]:
    about = comparison.about
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return [
        Paragraph(
            f"Each method was trained on {about['train_rows']:,} rows and tested on {about['test_rows']:,} others, "
            f"{about['outer_folds']} times, on the same rows in each fold: {about['split']}. Nothing was fitted on "
            "test rows. netable got the table unchanged; boosted trees got their native categories and missing "
            "values, dates as day, month, weekday and hour, and default settings except for the loss."
        ),
        Paragraph(
            "Folds share most of their training rows, so their errors vary less than those of new tables. Intervals "
            "and p-values allow for that by the corrected resampled t-test (Nadeau & Bengio 2003); the p-values are "
            "adjusted for all pairs of methods (Holm 1979), because the same errors chose the best one. Few folds "
            "detect only large differences; more outer folds detect smaller ones."
        ),
        Paragraph(
            f"Seconds are those of one fold on {about['threads']} threads, one method at a time, including the "
            f"preparation of the table. Seed {about['seed']}; {versions}."
        ),
    ]


def _picture(comparison: Comparison) -> Illustration:
    methods = comparison.measured
    metric, level = comparison.about["metric"], f"{comparison.about['level']:.0%}"
    errors = ", ".join(f"{m.name} {cell(m.error)} ({cell(m.lower)} to {cell(m.upper)})" for m in methods)
    times = ", ".join(f"{m.name} {m.fit_seconds or 0:.2g}" for m in methods)
    return Illustration(
        [
            Panel(_chart(methods, _draw_errors), f"{metric}, with {level} intervals", f"{metric}: {errors}"),
            Panel(_chart(methods, _draw_seconds), "seconds of a fit", f"Seconds of a fit: {times}"),
        ],
        "Lower is better in both charts. netable's methods are filled. Each interval is for one method alone; methods "
        "whose intervals overlap may still differ by more than chance, because all were tested on the same folds.",
    )


def _chart(methods: Sequence[MethodResult], draw: Callable[[Axes, Sequence[MethodResult]], None]) -> Figure:
    with drawing():
        chart = new_chart(_ABOVE_AND_BELOW + _A_METHOD * len(methods))
        axes = chart.add_subplot()
        draw(axes, methods)
        label_rows(axes, [method.name for method in methods])
        axes.grid(axis="x")
    return chart


def _draw_errors(axes: Axes, methods: Sequence[MethodResult]) -> None:
    for place, method in enumerate(methods):
        color = _color(method)
        error, lower, upper = (float(x or 0) for x in (method.error, method.lower, method.upper))
        axes.plot([lower, upper], [place, place], color=color, solid_capstyle="butt")
        face = color if method.name in NETWORKS else PAPER
        axes.plot([error], [place], "o", color=color, markerfacecolor=face, markersize=7)
    axes.axvline(methods[0].error or 0.0, color=FAINT, linewidth=0.8, linestyle=(0, (2, 3)), zorder=0)


def _draw_seconds(axes: Axes, methods: Sequence[MethodResult]) -> None:
    for place, method in enumerate(methods):
        color = _color(method)
        seconds = max(method.fit_seconds or 0.0, _LEAST_SECONDS)
        bar = axes.barh(place, seconds - _LEAST_SECONDS, left=_LEAST_SECONDS, height=0.5, edgecolor=color)
        bar.patches[0].set_facecolor(color if method.name in NETWORKS else "none")
        text = f"{seconds:.2g}" if seconds > _LEAST_SECONDS else "≈ 0"
        axes.annotate(text, (seconds, place), (5, 0), textcoords="offset points", va="center", color=INK)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    most = max(method.fit_seconds or 0.0 for method in methods)
    axes.set_xlim(_LEAST_SECONDS, max(4 * most, 10 * _LEAST_SECONDS))


def _color(method: MethodResult) -> str:
    return SERIES[0] if method.name in NETWORKS else FAINT

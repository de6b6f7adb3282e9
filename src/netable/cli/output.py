"""Output of the terminal: results on standard output, everything else on standard error."""

from __future__ import annotations

import errno
import logging
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from textwrap import fill
from typing import Any

import typer

from netable.cli.streams import is_utf8
from netable.config.typed import as_options
from netable.errors import DataWarning, FileError, TrainingWarning
from netable.system import wording
from netable.system.json import to_json
from netable.system.safe_text import plain, plain_json

# Greatest width of a line of text.
_WIDTH = 79


def target_names(results: dict[str, Any]) -> str:
    """The target of a run, or several, separated by commas."""
    target = results["target"]
    return target if isinstance(target, str) else ", ".join(target)


def say(text: str = "") -> None:
    """Print a line of results."""
    with results_stream():
        typer.echo(plain(text))


def say_json(value: Any) -> None:
    """Print one JSON document; NaN and infinity become null."""
    with results_stream():
        typer.echo(plain_json(to_json(value, ascii_only=not is_utf8(sys.stdout))))


def write_note(text: str) -> None:
    """Write a line on standard error; a failure to write is ignored."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{plain(text)}\n")  # a progress bar may have replaced this stream
        sys.stderr.flush()


@contextmanager
def results_stream() -> Iterator[None]:
    """Flush standard output after the block; `FileError` if it cannot be written, as on a full disk."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader is gone; Typer ends the program
            raise
        raise FileError(f"Standard output cannot be written: {error.strerror or error}.") from error


def say_table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows in columns, numbers aligned right; Korean letters, for example, are two cells wide."""
    from rich.cells import cell_len

    cells = [[str(cell) for cell in header]] + [[number(cell) for cell in row] for row in rows]
    shown = [[plain(cell).replace("\n", " ") for cell in row] for row in cells]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    numeric = [all(_is_number(row[i]) for row in shown[1:]) for i in range(len(widths))]
    for row in shown:
        gaps = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        parts = (
            gap + cell if right else cell + gap for cell, gap, right in zip(row, gaps, numeric, strict=True)
        )
        say(("  " + "  ".join(parts)).rstrip())


def say_metrics(header: str, results: dict[str, Any]) -> None:
    """Print out-of-fold metrics beside those of a constant prediction."""
    rows = [(name, value, results["baseline"][name]) for name, value in results["valid"].items()]
    say_table([header, "netable", "constant"], rows)


def say_intervals(results: dict[str, Any]) -> None:
    """Print the measured coverage and the mean width of prediction intervals, for each coverage."""
    if results.get("intervals"):
        say()
        rows = [
            (f"{float(coverage):.0%}", *measured.values())
            for coverage, measured in results["intervals"].items()
        ]
        say_table(["intervals", "measured", "mean width"], rows)


def say_diagnosis(diagnosis: Sequence[dict[str, str]], no_time_for: Sequence[str] = ()) -> None:
    """Print the doctor's verdicts, with settings as options, and what the time limit left no time for."""
    say()
    for verdict in diagnosis:
        say(wrapped(f"{verdict['severity']}: {as_options(verdict['seen'])}", "  "))
        say(wrapped(f"  why: {as_options(verdict['why'])}", "    "))
        say(wrapped(f"  try: {as_options(verdict['try'])}", "    "))
    if not diagnosis:
        say("The doctor found nothing wrong.")
    if no_time_for:
        say(wrapped(f"note: the time limit left no time for {wording.listed(no_time_for)}", "  "))


def wrapped(text: str, indent: str = "") -> str:
    """Lines of at most `_WIDTH` characters; an option and its value stay on one line."""
    joined = re.sub(r"(--[\w-]+) (?=\S)", "\\1\N{NO-BREAK SPACE}", text)
    lines = fill(joined, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def number(value: object) -> str:
    """A number in four digits; a dash for None."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(number, value))
    return wording.number(value) if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return text == "-"
    return True


@contextmanager
def show_notes() -> Iterator[None]:
    """Show our own warnings as lines on standard error, each once, and hide those of other libraries."""
    seen: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        text = plain(as_options(str(message)))
        if issubclass(category, DataWarning | TrainingWarning) and text not in seen:
            seen.add(text)
            write_note(f"note: {text}")

    silent = logging.NullHandler()  # without a handler, logs of libraries would go to standard error
    logging.getLogger().addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show
            yield
    finally:
        logging.getLogger().removeHandler(silent)

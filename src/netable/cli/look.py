"""`netable look`: a table before any training."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli import options as opt
from netable.cli.output import say, say_diagnosis, say_json, say_table, wrapped
from netable.cli.run_folder import writing_parts
from netable.cli.settings import settings_from, with_settings
from netable.config.reading import ReadOptions
from netable.config.typed import as_options, typed_option, typed_options
from netable.errors import collect_warnings
from netable.fit.resume.run_folder import table_name
from netable.system.urls import shown
from netable.system.wording import counted, percent, shortened

if TYPE_CHECKING:
    from netable.first_look import ColumnLook, Look

# Letters of the words about a column.
_LETTERS = 44


@with_settings
def look(
    tables: opt.Tables = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The page. (default: look-TABLE.html)", show_default=False),
    ] = None,
    sql: opt.Sql = None,
    database: opt.Database = None,
    config: opt.ConfigFile = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
    **typed: Any,
) -> None:
    """Look at a table before any training, and write a page about it.

    Shows how the table was read, what each column is taken for, what looks
    odd, the target, the split, and how long training will take, for which a
    few steps are timed. The options are those of train. Without --target it
    says which columns could be one.

    Examples:

        netable look houses.csv
        netable look houses.csv --target price
        netable look loans.parquet --target default --group-column customer
        netable look houses.csv --target price --effort best --json
    """
    settings = settings_from(typed, config, needs_target=False)
    page = output or Path(f"look-{table_name(tables[0]) if tables else 'query'}.html")
    opt.check_page(page, force=force)
    began = perf_counter()
    with collect_warnings() as notes:
        from netable.table.reading.read import read_with_facts

        table, facts = read_with_facts(opt.named(tables, sql, database), options=ReadOptions.of(settings))
    reading = perf_counter() - began
    from netable.first_look import look_at, write_look_page

    seen = look_at(
        table,
        settings,
        source=", ".join(map(shown, tables or [])) or "the query",
        facts=facts,
        notes=notes,
        reading=reading,
        later=writing_parts(table.num_rows, with_report=True),
    )
    write_look_page(
        seen, page, typed=opt.typed_table(tables, sql, database, options=_typed_again(typed, config))
    )
    if as_json:
        say_json(seen.to_dict() | {"page": str(page)})
    else:
        _show(seen, page)


def _typed_again(typed: dict[str, Any], config: Path | None) -> list[str]:
    """The settings as they were typed, without the target, which the page names."""
    return [
        *typed_options(typed | {"target": None}),
        *(typed_option("--config", str(config)) if config else []),
    ]


def _show(seen: Look, page: Path) -> None:
    from netable.first_look.page import duration, summary

    facts = ", ".join(value if name == "format" else f"{name} {value}" for name, value in seen.facts.items())
    say(wrapped(f"{seen.source}: {facts}"))
    say(f"{counted(seen.rows, 'row')}, {counted(len(seen.columns), 'column')}")
    say()
    say_table(["column", "kind", "missing", "distinct", "values"], map(_row, seen.columns))
    for column in seen.columns:
        for odd in column.odd:
            say(wrapped(f"  odd: {column.name}: {as_options(odd)}", "    "))
    for text in seen.sampled:
        say(wrapped(text, "  "))
    for note in seen.notes:
        say(wrapped(f"note: {as_options(note)}", "  "))
    say()
    if seen.target is None or seen.split is None:
        say("No target was named. Columns that could be one:")
        say_table(["column", "as", "values"], [(c.name, c.task, c.values) for c in seen.candidates])
    else:
        say(wrapped(summary(seen)[1]))
        if seen.target.note:
            say(wrapped(f"note: {as_options(seen.target.note)}", "  "))
        say_diagnosis([finding.to_dict() for finding in seen.findings])
        say()
        say(wrapped(f"{seen.split.text} {seen.split.why}"))
        say(duration(seen))
    say()
    say(f"The page is {page}.")


def _row(column: ColumnLook) -> list[object]:
    kind = column.kind if column.role == "input" else column.role
    words = column.why if column.role == "left out" else column.values
    return [column.name, kind, percent(column.missing), column.spread.distinct, shortened(words, _LETTERS)]

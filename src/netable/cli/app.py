"""The command `netable`: its verbs and exit codes."""

from __future__ import annotations

import os
from contextlib import redirect_stderr, redirect_stdout
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from netable.cli.compare import compare
from netable.cli.completion import NAME, completion, prepare_answers
from netable.cli.demo import demo
from netable.cli.evaluate import evaluate
from netable.cli.explain import explain
from netable.cli.export import export
from netable.cli.inspect import inspect
from netable.cli.learn import learn
from netable.cli.look import look
from netable.cli.monitor import monitor
from netable.cli.output import say, show_notes, write_note
from netable.cli.predict import predict
from netable.cli.report import report
from netable.cli.serve import serve
from netable.cli.start import mark_arguments
from netable.cli.train import train
from netable.cli.ui import ui
from netable.compute.executor import LOST, rank, started_together
from netable.config.typed import as_options
from netable.errors import ConfigFileError, UserError, WorkerError, memory_errors

USER_ERROR, INTERNAL_ERROR = 2, 1
# Raised for every misspelt option and missing argument; Typer exports only a subclass.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


class _Verbs(TyperGroup):
    def invoke(self, context: Any) -> Any:
        """Run a verb, with a message for Ctrl-C."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            _print_error("stopped by Ctrl-C before there was a result.")
            raise


app = typer.Typer(
    name=NAME,
    cls=_Verbs,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""
Neural networks for tables: train on a file, check honestly, predict.

Examples:

    netable demo
    netable look houses.csv --target price
    netable train houses.csv --target price -o runs/houses
    netable inspect runs/houses/model.netable
    netable predict runs/houses/model.netable new.csv -o out.csv
    netable evaluate runs/houses/model.netable sold.csv
    netable report runs/houses/model.netable sold.csv
    netable explain runs/houses/model.netable sold.csv --row 3
    netable monitor runs/houses/model.netable new.csv
    netable export runs/houses/model.netable -o houses.onnx
    netable compare houses.csv --target price
    netable serve runs/houses/model.netable
    netable ui

netable VERB --help shows a verb's options, with examples.
""",
)
_VERBS = {
    verb.__name__: verb
    for verb in (
        look,
        train,
        predict,
        evaluate,
        report,
        explain,
        monitor,
        export,
        compare,
        inspect,
        serve,
        ui,
        demo,
        completion,
        learn,
    )
}
for verb in _VERBS.values():
    app.command()(verb)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="With --version: all that a report of a bug needs.")
    ] = False,
) -> None:
    if version and verbose:
        from netable.cli.about import about_this_machine

        facts = list(about_this_machine())
        width = max(len(name) for name, _ in facts)
        for name, value in facts:
            say(f"{name:{width}}  {value}")
    elif version:
        from importlib.metadata import version as version_of

        typer.echo(f"netable {version_of('netable')}")
    elif not context.invoked_subcommand:
        context.get_help()  # Typer prints it
        raise typer.Exit(USER_ERROR)


def run(arguments: list[str]) -> int:
    """Run a command; its exit code."""
    mark_arguments(arguments)
    if rank() == 0 or arguments[:1] != [train.__name__]:
        return _run(arguments)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        return _run(arguments)  # the first worker speaks for all


def _run(arguments: list[str]) -> int:
    try:
        prepare_answers()
        with show_notes(), memory_errors():
            return app(arguments, prog_name=NAME, standalone_mode=False) or 0  # Ctrl-C: 130
    except SystemExit as end:  # the reader of the output is gone
        return int(end.code or 0)
    except WorkerError as error:
        _print_error(str(error))
        return LOST if started_together() else USER_ERROR
    except UserError as error:
        _print_error(str(error) if isinstance(error, ConfigFileError) else as_options(str(error)))
        return USER_ERROR
    except _USAGE_ERROR as error:
        message = cast(typer.BadParameter, error).format_message().rstrip(".")
        command = " ".join(["netable", *(a for a in arguments[:1] if a in _VERBS)])
        stop = "" if message.endswith("?") else "."
        _print_error(f"{message}{stop} Try '{command} --help'.")
        return USER_ERROR
    except Exception as error:
        if os.environ.get("NETABLE_TRACEBACK"):
            raise
        if isinstance(error, OSError) and error.errno:  # such as a full disk or a removed file
            where = f"{error.filename}: " if error.filename else ""
            _print_error(f"{where}{error.strerror}.")
            return USER_ERROR
        _print_error(
            f"our mistake, not yours: {type(error).__name__}: {error} (NETABLE_TRACEBACK=1 shows where)"
        )
        return INTERNAL_ERROR


def _print_error(text: str) -> None:
    write_note(" ".join(f"netable: {text}".split()))

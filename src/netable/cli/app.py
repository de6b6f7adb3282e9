"""The command `netable`: its verbs, and how it ends."""

from __future__ import annotations

import os
import sys

import typer

from netable.cli.demo import demo
from netable.cli.evaluate import evaluate
from netable.cli.inspect import inspect
from netable.cli.output import plain, show_notes
from netable.cli.predict import predict
from netable.cli.train import train
from netable.errors import UserError

USER_ERROR, INTERNAL_ERROR = 2, 1

app = typer.Typer(
    name="netable",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""
Neural networks for tables: train on a file, check honestly, predict.

Examples:

    netable demo
    netable train houses.csv --target price -o runs/houses
    netable inspect runs/houses/model.netable
    netable predict runs/houses/model.netable new.csv -o out.csv
    netable evaluate runs/houses/model.netable sold.csv

netable VERB --help shows a verb's options, with examples.
""",
)
for verb in (train, predict, evaluate, inspect, demo):
    app.command()(verb)


def main() -> None:
    """Run the command line; a mistake ends with one line and exit code 2, Ctrl-C with 130."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command."""
    try:
        with show_notes():
            app(arguments, prog_name="netable")
    except SystemExit as end:  # how Typer always ends, with 2 after a misspelt option and 130 after Ctrl-C
        return int(end.code or 0)
    except UserError as error:
        _complain(f"netable: {error}")
        return USER_ERROR
    except Exception as error:
        if os.environ.get("NETABLE_TRACEBACK"):
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        _complain(f"netable: our mistake, not yours: {what} (NETABLE_TRACEBACK=1 shows where)")
        return INTERNAL_ERROR
    return 0


def _complain(text: str) -> None:
    typer.echo(plain(" ".join(text.split())), err=True)

"""`netable export`: a model in a form that runs without netable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netable.cli import options as opt
from netable.cli.output import say, say_json
from netable.config.exports import DATES, EXPORT_DEFAULTS, EXPORT_FORMS, NUMBERS
from netable.system.wording import counted


def export(
    model: opt.ModelPath,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    to: Annotated[
        str, typer.Option(help=f"Form of the file: {', '.join(EXPORT_FORMS)}.")
    ] = EXPORT_DEFAULTS.to,
    interval: Annotated[
        float | None,
        typer.Option(help="Add outputs lower and upper, which hold this share of targets, such as 0.9."),
    ] = EXPORT_DEFAULTS.interval,
    check: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE", help="Rows to compare, too; read as in predict.", show_default=False),
    ] = None,
    numbers: Annotated[
        str, typer.Option(help=f"Type of inputs for numbers: {' or '.join(NUMBERS)}.")
    ] = EXPORT_DEFAULTS.numbers,
    dates: Annotated[
        str,
        typer.Option(
            help=f"Type of inputs for dates: {' or '.join(DATES)}; int64 counts microseconds since 1970, iso is text."
        ),
    ] = EXPORT_DEFAULTS.dates,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Write a model as a file that runs without netable, from raw columns on.

    The file is written only if it predicts as the model: it is run on rows that
    try every column, and on those of --check, and compared row by row.

    Examples:

        netable export runs/houses/model.netable -o houses.onnx
        netable export runs/houses/model.netable -o houses.onnx --interval 0.9
        netable export runs/houses/model.netable -o houses.onnx --check new.csv
        netable export runs/houses/model.netable -o houses.onnx --dates iso
    """
    opt.check_new(output, force=force)
    fitted = opt.load_model(model, "cpu")
    with opt.files_of(check or []) as paths:
        exported = fitted.export(
            output,
            to,
            interval=interval,
            check=paths or None,
            numbers=numbers,
            dates=dates,
            overwrite=force,
        )
    proof = exported.proof
    if as_json:
        say_json(exported._asdict() | {"proof": proof._asdict()})
        return
    say(f"{exported.path}: {exported.size / 1e6:.2g} MB, {counted(len(exported.inputs), 'input')}")
    say(
        f"compared with the model on {counted(proof.rows, 'row')} in {proof.runtime}: largest difference "
        f"{proof.largest_difference:.1e} of {proof.tolerance:.0e} allowed"
    )

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
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, or the folder.")],
    to: Annotated[
        str, typer.Option(help=f"Form of the export: {', '.join(EXPORT_FORMS)}.")
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
            help=f"Type of inputs for dates: {' or '.join(DATES)}; int64 counts microseconds since 1970, iso is text. "
            "For onnx, as --numbers."
        ),
    ] = EXPORT_DEFAULTS.dates,
    members: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Keep N networks of each stack: smaller and faster, less exact. --check TABLE shows what it costs.",
            show_default=False,
        ),
    ] = None,
    force: opt.Force = False,
    as_json: opt.Json = False,
) -> None:
    """Write a model as a file or folder that runs without netable, from raw columns on.

    It is written only if it predicts as the model: it is run on rows that try
    every column, and on those of --check, and compared row by row. A C file is
    compiled for this by gcc; without gcc it is written uncompared. A folder of
    PyTorch can be read, changed and trained on.

    Examples:

        netable export runs/houses/model.netable -o houses.onnx
        netable export runs/houses/model.netable -o houses.onnx --interval 0.9
        netable export runs/houses/model.netable -o houses.onnx --check new.csv
        netable export runs/houses/model.netable -o houses.onnx --dates iso
        netable export runs/houses/model.netable -o houses.c --to c
        netable export runs/houses/model.netable -o houses --to torch
        netable export runs/houses/model.netable -o houses.onnx --members 2
    """
    from netable.deploy.contract.cost import cost_of

    opt.check_new(output, force=force)
    whole = opt.load_model(model, "cpu")
    fitted = whole if members is None else whole.pruned(members)
    rows = whole.read(opt.named(check), labelled=True) if check else None
    exported = fitted.export(
        output, to, interval=interval, check=rows, numbers=numbers, dates=dates, overwrite=force
    )
    cost = cost_of(whole, fitted, rows) if rows is not None and fitted is not whole else None
    proof = exported.proof
    if as_json:
        told = exported._asdict() | {"proof": proof and proof._asdict()}
        say_json(told | ({"cost": cost.to_dict()} if cost else {}))
        return
    say(f"{exported.path}: {exported.size / 1e6:.2g} MB, {counted(len(exported.inputs), 'input')}")
    if proof:
        say(proof.told())
    if cost:
        say(cost.told())

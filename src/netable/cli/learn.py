"""`netable learn`: pages on how networks learn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netable.cli import options as opt
from netable.cli.output import say, write_note
from netable.errors import FileError
from netable.system.files import check_folder, making_folders


def learn(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The folder of the pages.", metavar="FOLDER")
    ] = Path("learn"),
    force: opt.Force = False,
) -> None:
    """Write small pages on how networks learn, in English and Korean.

    Six experiments with sliders: a neuron, activations, gradient descent,
    vanishing gradients, minibatches, overfitting. Each is computed here and
    now, by netable itself, and shows the few lines of Python that did it.
    The pages work offline.

    Examples:

        netable learn
        netable learn -o lessons
    """
    if output.exists() and not output.is_dir():
        raise FileError(f"{output} is a file; name a folder with -o.")
    check_folder(output)
    from netable.learn import FILES, write_lessons

    for name in FILES:
        opt.check_page(output / name, force=force)
    write_note("note: computing the pages, which takes about half a minute.")
    with making_folders(output.parent):
        write_lessons(output)
    say(f"The pages are in {output}. Open {output / 'index.html'}, or {output / 'index.ko.html'} in Korean.")

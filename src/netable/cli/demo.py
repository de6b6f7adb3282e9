"""`netable demo`: train, save, load and predict on a table that is included."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netable.cli import options as opt
from netable.cli.output import say, say_json, say_table
from netable.cli.progress import progress
from netable.cli.run_folder import claim_folder, write_run
from netable.cli.run_summary import say_summary
from netable.cli.streams import INTERRUPTED
from netable.config.settings import Settings
from netable.fit.resume.run_folder import MODEL

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 5  # predictions


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="The run folder.")] = Path("netable-demo"),
    as_json: opt.Json = False,
) -> None:
    """Train, check, save, reload and predict, on a table that is included.

    The table is the Wisconsin breast cancer data: 569 rows, no download.

    Example:

        netable demo
    """
    from netable.fit.fit import fit
    from netable.model.file import load

    table = demo_table()
    known, new = table.slice(0, table.num_rows - _SHOWN), table.slice(table.num_rows - _SHOWN)
    if not as_json:
        say("569 tumours, 30 measurements of each; the diagnosis is to be predicted.")
        say()
    # A second run replaces the first one, but no other files.
    with claim_folder(output, force=(output / MODEL).exists()):
        with progress() as bar:
            model = fit(known, Settings(target="diagnosis"), watchers=[bar])
        write_run(model, output)
    predicted = load(output / MODEL).predict_table(new)
    if as_json:
        say_json(model.results | {"model": str(output / MODEL), "predictions": predicted.to_pylist()})
    else:
        say_summary(model, output)
        say()
        say(f"Loaded again from {output / MODEL}; {_SHOWN} rows that were kept aside:")
        probabilities = (f"{p:.3f}" for p in predicted["proba_malignant"].to_pylist())
        columns = predicted["prediction"].to_pylist(), probabilities, new["diagnosis"].to_pylist()
        say_table(["prediction", "proba_malignant", "truth"], zip(*columns, strict=True))
    if model.history.ending == "interrupted":
        raise typer.Exit(INTERRUPTED)


def demo_table() -> pa.Table:
    """The Wisconsin diagnostic table (Street, Wolberg & Mangasarian 1993) from scikit-learn."""
    import numpy as np
    import pyarrow as pa
    from sklearn.datasets import load_breast_cancer

    from netable.table.reading.read import from_array

    data = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(data.target))
    table = from_array(data.data[order], list(data.feature_names))
    return table.append_column("diagnosis", pa.array(data.target_names[data.target[order]].tolist()))

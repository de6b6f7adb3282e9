"""The summary of a training run, printed at its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netable.cli.output import say, say_diagnosis, say_intervals, say_metrics, target_names
from netable.config.typed import as_options
from netable.fit.resume.run_folder import MODEL
from netable.system.wording import counted

if TYPE_CHECKING:
    from netable.model.model import Model


def say_summary(model: Model, folder: Path, no_time_for: Sequence[str] = ()) -> None:
    """Print a summary of a run: inputs, metrics beside those of a constant, what was left out, and files."""
    results = model.results
    kinds = list(results["used"].values())
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    columns, n_left_out = counted(results["columns"], "column"), len(results["left_out"])
    if n_left_out:  # notes have named those that nobody asked to leave out
        columns = f"{results['columns']} of {counted(results['columns'] + n_left_out, 'column')}"
    say(f"{results['task']}: {target_names(results)} from {columns} ({counts})")
    if model.target.note:
        say(f"note: {as_options(model.target.note)}")
    if model.recipe.target_transform == "log":
        say("note: the networks learn the logarithm of the target (--target-transform log)")
    for name, words in results["mixed"].items():
        say(f"mixed: {name} is read as {results['used'][name]}, and {words}")
    if "rows_in_sample" in results:
        say(f"judged and described by {counted(results['rows_in_sample'], 'row')}, drawn at random")
    members = results["members"]
    say(
        f"{counted(results['rows'], 'row')}, {counted(members, 'network')} ({model.recipe.model}), "
        f"{counted(results['epochs'], 'epoch')}, {results['ending']} after {results['fit_seconds']:.1f} s"
    )
    if results["valid"]:
        say()
        say("On rows that the networks had not seen, beside a constant prediction:")
        say_metrics("", results)
    say_intervals(results)
    say_diagnosis(results["diagnosis"], no_time_for)
    say()
    say(f"Everything is in {folder}. To predict:")
    say(f"  netable predict {shlex.quote(str(folder / MODEL))} NEW.csv -o OUT.csv")

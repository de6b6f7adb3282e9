"""Export of a model to one file, with a proof that it predicts the same."""

from __future__ import annotations

import os
from pkgutil import resolve_name
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.exports import EXPORT_FORMS, ExportSettings
from netable.deploy.contract.inputs import Input
from netable.deploy.contract.proof import Proof, prove
from netable.deploy.contract.rows import made_rows
from netable.errors import ConfigError, DataWarning, FileError, silence, warn
from netable.model.model import Model
from netable.system.files import check_replaceable, write_atomically
from netable.table.canonical.messages import check_columns

# Rows of the training table that are compared, if they are known.
_TRAINING_ROWS = 1000


class Artefact(Protocol):
    """A model in another form, as a class of `netable.config.exports.EXPORT_FORMS` makes it.

    Attributes
    ----------
    inputs : tuple of Input
    runs_in : str
        The name of the program that `run` calls.
    runtime : str
        The same with its version; empty if it is not there.
    """

    inputs: tuple[Input, ...]
    runs_in: str
    runtime: str

    def __init__(self, model: Model, settings: ExportSettings) -> None: ...

    def run(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The outputs by name for a canonical table."""
        ...

    def content(self, proof: Proof | None) -> bytes:
        """The bytes of the file, with the proof in it."""
        ...


class Exported(NamedTuple):
    """An exported file.

    Attributes
    ----------
    path : str
    size : int
        Bytes.
    inputs : tuple of dict
        Name, column, kind and type of each input.
    proof : Proof, or None
        None if there was no program to run the file.
    """

    path: str
    size: int
    inputs: tuple[dict[str, str], ...]
    proof: Proof | None


def export(
    model: Model,
    path: str | os.PathLike[str],
    settings: ExportSettings,
    *,
    check: Any = None,
    overwrite: bool = False,
) -> Exported:
    """Write a model in another form to one file, whole or not at all.

    Before anything is written, the file's predictions are compared with the model's: for rows made from what the model
    knows of each column, for those of `check`, and for training rows of a model that was just fitted.

    Parameters
    ----------
    check : any source that `Model.predict` takes, optional
        Rows to compare, too.
    overwrite : bool
        Replace an existing file.

    Raises
    ------
    ExportError
        If a prediction differs.
    FileError
        If the file exists and is not to be overwritten, or cannot be written.
    UserError
        If a package is missing, the model has a part that this form cannot express, or the rows cannot be read.
    """
    if os.path.lexists(path) and not overwrite:
        raise FileError(f"{path} exists already. Name another file, or overwrite it with overwrite=True.")
    check_replaceable(path)
    if settings.interval is not None:
        model.intervals.check(settings.interval)
    artefact = _form(settings.to)(model, settings)
    proof = _proof(model, artefact, settings.interval, check)
    content = artefact.content(proof)
    with write_atomically(path) as file:
        file.write(content)
    return Exported(os.fspath(path), len(content), tuple(each.to_dict() for each in artefact.inputs), proof)


def _proof(model: Model, artefact: Artefact, coverage: float | None, check: Any) -> Proof | None:
    rows = [made_rows(model, artefact.inputs)]
    if check is not None:
        rows.append(model.read(check))
    if model.learned_from is not None:
        table = model.learned_from.table
        some = np.random.default_rng(0).permutation(table.num_rows)[:_TRAINING_ROWS]
        rows.append(table.take(some))
    if not artefact.runtime:
        warn(f"The export was not compared with its model, as there is no {artefact.runs_in}.")
        return None
    with silence(DataWarning):  # rows that try everything are unlike those of training
        taken = [_as_taken(table, artefact.inputs) for table in rows]
        return prove(model, taken, artefact.run, artefact.runtime, coverage)


def _form(name: str) -> type[Artefact]:
    try:
        form: type[Artefact] = resolve_name(EXPORT_FORMS[name])
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{error.name} is not installed, which an export needs. Try: pip install 'netable[export]'"
        ) from error
    return form


def _as_taken(table: pa.Table, inputs: tuple[Input, ...]) -> pa.Table:
    """The columns of a canonical table that the model uses, in the precision of its inputs."""
    check_columns([each.column.name for each in inputs], table.column_names, "The column")
    columns = [each.as_taken(table.column(each.column.name)) for each in inputs]
    fields = [table.schema.field(each.column.name) for each in inputs]
    typed = [field.with_type(column.type) for field, column in zip(fields, columns, strict=True)]
    return pa.table(columns, schema=pa.schema(typed))

"""Export of a model to a file or a folder, with a proof that it predicts the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
from netable.system.files import check_folder, check_replaceable, write_atomically, write_folder
from netable.table.canonical.messages import check_columns

# Rows of the training table that are compared, if they are known.
_TRAINING_ROWS = 1000


class Artefact(Protocol):
    """A model in another form, as a class of `netable.config.exports.EXPORT_FORMS` makes it.

    Attributes
    ----------
    inputs : tuple of Input
    files : tuple of str
        The files that a folder can have; empty for a form that is one file.
    runs_in : str
        The name of the program that `run` calls.
    runtime : str
        The same with its version; empty if it is not there.
    """

    inputs: tuple[Input, ...]
    files: tuple[str, ...]
    runs_in: str
    runtime: str

    def __init__(self, model: Model, settings: ExportSettings) -> None: ...

    def run(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The outputs by name for a canonical table."""
        ...

    def content(self, proof: Proof | None) -> bytes | Mapping[str, bytes]:
        """The bytes of the file, or of each file by its name, with the proof in it."""
        ...


class Exported(NamedTuple):
    """An exported file or folder.

    Attributes
    ----------
    path : str
    size : int
        Bytes, of all files.
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
    """Write a model in another form to a file or a folder, whole or not at all.

    Before anything is written, its predictions are compared with those of the model: for rows made from what the model
    knows of each column, for those of `check`, and for training rows of a model that was just fitted.

    Parameters
    ----------
    check : any source that `Model.predict` takes, optional
        Rows to compare, too.
    overwrite : bool
        Replace an existing file, or the files of an export in an existing folder.

    Raises
    ------
    ExportError
        If a prediction differs.
    FileError
        If the file or folder exists and is not to be overwritten, or cannot be written.
    UserError
        If a package is missing, the model has a part that this form cannot express, or the rows cannot be read.
    """
    if os.path.lexists(path) and not overwrite:
        raise FileError(f"{path} exists already. Name another file, or overwrite it with overwrite=True.")
    form = _form(settings.to)
    (check_folder if form.files else check_replaceable)(path)
    if settings.interval is not None:
        model.intervals.check(settings.interval)
    artefact = form(model, settings)
    proof = _proof(model, artefact, settings.interval, check)
    size = _write(path, artefact.content(proof), form.files)
    return Exported(os.fspath(path), size, tuple(each.to_dict() for each in artefact.inputs), proof)


def _write(
    path: str | os.PathLike[str], content: bytes | Mapping[str, bytes], names: tuple[str, ...] = ()
) -> int:
    """Write a file or a folder, and tell its bytes."""
    if isinstance(content, bytes):
        with write_atomically(path) as file:
            return file.write(content)
    with write_folder(path, names) as folder:
        return sum(_write(folder / name, part) for name, part in content.items())


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
        taken = pa.concat_tables([_as_taken(table, artefact.inputs) for table in rows])
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
    columns = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in columns
    ]
    typed = [field.with_type(column.type) for field, column in zip(fields, columns, strict=True)]
    return pa.table(columns, schema=pa.schema(typed))

"""A model that was exported as an ONNX file, computed by onnxruntime; without torch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.deploy.contract.facts import FORMAT, Facts, facts_from
from netable.errors import ConfigError, FileError, ModelFileError
from netable.model.guard.guard import Guard
from netable.model.prediction import checked
from netable.model.table_model import TableModel
from netable.table.encode import Encoded

# The key of the metadata that holds the facts about the model.
FACTS = "netable"
_LONGEST_REASON = 300  # characters


@dataclass(frozen=True)
class Rows:
    """Rows as an exported file takes them.

    Attributes
    ----------
    feeds : dict of arrays
        The inputs of the file by name, each (rows, 1).
    encoded : Encoded or None
        The same rows for the guard, if the file has a reference of the training rows.
    """

    feeds: Mapping[str, NDArray[Any]]
    encoded: Encoded | None

    def take(self, rows: slice) -> Rows:
        """Some of the rows."""
        feeds = {name: cells[rows] for name, cells in self.feeds.items()}
        return Rows(feeds, self.encoded and self.encoded.take(rows))


class ExportedModel(TableModel):
    """A model whose predictions an ONNX file computes.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    facts : Facts
    """

    is_exported: ClassVar[bool] = True

    def __init__(self, session: Any, facts: Facts) -> None:
        self._session, self._inputs = session, facts.inputs
        self.recipe, self.target, self.encoder = facts.recipe, facts.target, facts.encoder
        self.schema, self.intervals = facts.encoder.schema, facts.intervals
        self.reference = facts.reference
        self._output = "prediction" if self.task == "regression" else "probabilities"

    def encode(self, source: object, *, warns: bool = True) -> Rows:
        """A canonical table, or what `read` makes one of, as the file takes it; it warns of no new levels."""
        table = source if isinstance(source, pa.Table) else self.read(source)
        feeds = {each.name: each.feed(table.column(each.column.name)) for each in self._inputs}
        if self.reference is None:
            return Rows(feeds, None)
        return Rows(feeds, self.encode_by(table, self.reference.scales.values.dtype))

    def outcome_of(self, encoded: Rows) -> NDArray[np.float64]:
        """Target values or class probabilities: (rows, d_out or classes).

        Raises
        ------
        DataError
            If a prediction is not finite.
        """
        (outcome,) = self._session.run([self._output], encoded.feeds)
        return checked(outcome.reshape(-1, self.target.width))

    def guard_of(self, encoded: Rows) -> Guard | None:
        """How the rows differ from those of training; None if the file has no reference of these."""
        if self.reference is None or encoded.encoded is None:
            return None
        return Guard(self.reference, encoded.encoded)


def load(path: str | os.PathLike[str]) -> ExportedModel:
    """Read a file that `netable export` wrote.

    Raises
    ------
    ConfigError
        If onnxruntime is not installed.
    FileError
        If there is no such file, or it cannot be read.
    ModelFileError
        If it is no ONNX file that can be run, not an export of netable, or newer than this version.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"The model {path} cannot be read: {error.strerror}.") from error
    session = _session(path, content)
    text = session.get_modelmeta().custom_metadata_map.get(FACTS)
    if text is None:
        raise ModelFileError(f"{path} is an ONNX file, but not one that netable export wrote.")
    try:
        plain = json.loads(text)
        is_ours = plain["format"] == FORMAT
        facts = facts_from(plain) if is_ours else None
    except Exception as error:  # a forged file may have anything
        raise ModelFileError(f"{path} does not hold a complete export: {_reason(error)}.") from error
    if facts is None:
        raise ModelFileError(
            f"{path} has facts of format {plain['format']!r:.20}; this netable reads {FORMAT}. "
            "Export the model again."
        )
    if {each.name for each in facts.inputs} != {each.name for each in session.get_inputs()}:
        raise ModelFileError(f"{path} does not hold a complete export: its inputs are not its columns.")
    return ExportedModel(session, facts)


def _session(path: str | os.PathLike[str], content: bytes) -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise ConfigError(
            "onnxruntime is not installed, which an ONNX file needs. Try: pip install 'netable[export]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # such as notes on threads
    # Threads that wait for the next request would keep all cores busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of its own for each reason
        raise ModelFileError(f"{path} is no ONNX file that can be run: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    reason = " ".join(f"{error}".split()) or type(error).__name__
    return f"{reason[:_LONGEST_REASON]}…" if len(reason) > _LONGEST_REASON else reason.rstrip(".")

"""What is asked of a model and what it answers, whatever the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.errors import ConfigError, DataError
from netable.model.guard.guard import Guard
from netable.model.prediction import check_threshold, predicted_labels
from netable.model.table_model import TableModel

if TYPE_CHECKING:  # it loads torch
    from netable.explanation import Contributions

Floats = NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Served:
    """A model of a server.

    Attributes
    ----------
    name : str
        The name of its file, without the ending.
    model : TableModel
    version : int
        1, and one more each time that its file was read again.
    explain : callable or None
        From rows to the contributions of columns; None without rows to compare with.
    """

    name: str
    model: TableModel
    version: int = 1
    explain: Callable[[Sequence[Row]], Contributions] | None = None


@dataclass(frozen=True)
class Question:
    """Rows to predict.

    Attributes
    ----------
    rows : sequence of mapping
        From the name of each column that the model uses to a value of JSON.
    coverage : float or None
        That of the intervals to give with predictions.
    threshold : float or None
        As of `Model.predict`.
    contributions : bool
        Give those of the columns.
    rest : dict
        What a protocol needs for its answer.
    """

    rows: Sequence[Row]
    coverage: float | None = None
    threshold: float | None = None
    contributions: bool = False
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The outcome for each row, (rows, d_out or classes), how rows differ from training, and what was asked for."""

    served: Served
    question: Question
    outcome: Floats
    interval: tuple[Floats, Floats] | None = None
    contributions: Contributions | None = None
    guard: Guard | None = None

    @property
    def model(self) -> TableModel:
        """The model that answers."""
        return self.served.model

    def predictions(self) -> list[Any]:
        """A label or number for each row; for several targets a list of numbers."""
        if self.model.task != "regression":
            labels: list[Any] = predicted_labels(
                self.model.target, self.outcome, self.question.threshold
            ).tolist()
            return labels
        return plain_rows(self.outcome)


def plain_rows(values: Floats) -> list[Any]:
    """A number for each row, or a list of several: (rows, d) → (rows,) or (rows, d)."""
    plain: list[Any] = (values[:, 0] if values.shape[1] == 1 else values).tolist()
    return plain


class Dialect(NamedTuple):
    """A protocol: how a body of JSON is understood, and how an answer is written."""

    ask: Callable[[Any, Served], Question]
    tell: Callable[[Answer], dict[str, Any]]


def check_question(question: Question, served: Served, rows: int, explained_rows: int) -> None:
    """Refuse more rows than are allowed, and what the model cannot give.

    Raises
    ------
    DataError, ConfigError
    """
    model, count = served.model, len(question.rows)
    most = explained_rows if question.contributions else rows
    if not count:
        raise DataError("There are 0 rows; send one or more.")
    if count > most:
        what = " with contributions" if question.contributions else ""
        raise DataError(f"There are {count:,} rows; send at most {most:,} at once{what}.")
    check_threshold(model.target, question.threshold)
    if question.coverage is not None:
        model.intervals.check(question.coverage)
    if question.contributions and served.explain is None:
        if model.is_exported:
            raise ConfigError("An exported model has no contributions; serve the model file itself for them.")
        raise ConfigError(
            "Contributions compare with rows that this service does not have; start it with a background."
        )

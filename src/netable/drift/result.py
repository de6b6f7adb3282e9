"""The results of a look at new rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from netable.system.brief import brief


@dataclass(frozen=True)
class ColumnDrift:
    """A column in new rows beside training.

    Attributes
    ----------
    psi, distance : float
        See `netable.drift.distances.Distance`; of present values for columns on a scale, of levels and gaps for others.
    chance : float
        The probability of its distances if both tables are of one source, raised for the number of columns (Holm 1979).
    missing, missing_before : float
        Shares of rows without a value.
    before, now : str
        The values, in words.
    weight : float
        Its share of what the predictions depend on: by how much they change when its cells are exchanged among the new
        rows, of the sum over columns.
    moved : bool
    is_time : bool
        A date; that new rows are later is no alarm.
    what, advice : str
        What moved and what to do, if it moved.
    """

    name: str
    kind: str
    psi: float
    distance: float
    chance: float
    missing: float
    missing_before: float
    before: str
    now: str
    weight: float
    moved: bool
    is_time: bool = False
    what: str = ""
    advice: str = ""


@dataclass(frozen=True)
class OutcomeDrift:
    """The predictions of one target or class beside those of training rows by networks that had not seen them."""

    name: str
    psi: float
    distance: float
    chance: float
    before: str
    now: str
    moved: bool


@dataclass(frozen=True)
class TogetherDrift:
    """How the columns go together.

    Attributes
    ----------
    unusual : float
        The share of rows whose columns do not go together as in training.
    distance, chance : float
        Of the rows' distances from the cloud of training rows, beside those of training rows.
    auc : float or None
        Of networks that tell new rows from those of the reference table, on rows that they have not seen: 0.5 if they
        cannot. None without such a table.
    auc_chance : float or None
    moved : bool
    """

    unusual: float
    distance: float
    chance: float
    auc: float | None
    auc_chance: float | None
    moved: bool


@dataclass(frozen=True)
class ErrorDrift:
    """The errors on new rows with answers.

    Attributes
    ----------
    rows : int
        With an answer.
    metrics, metrics_before : dict
        On these rows, and out of fold in training.
    distance, chance : float
        Of the errors of rows, beside those of training rows, both by networks that had not seen the row.
    moved, rose : bool
    """

    rows: int
    metrics: dict[str, float | None]
    metrics_before: dict[str, float | None]
    distance: float
    chance: float
    moved: bool
    rose: bool


@dataclass(frozen=True)
class Drift:
    """New rows beside those of training.

    Attributes
    ----------
    rows, rows_before : int
        Those that were compared.
    source : {"model", "table"}
        The reference in the model file, or a reference table.
    columns : tuple of ColumnDrift
        Those that moved first, the heaviest first.
    outcomes : tuple of OutcomeDrift
        Empty if the model keeps no reference of its predictions.
    together : TogetherDrift
    error : ErrorDrift or None
        None without answers, or without a reference of errors.
    verdict : tuple of str
        What moved, whether it matters, and what to do.
    drawn_from, before_drawn_from : int or None
        Rows of the tables of which those are random samples.
    """

    target: str
    rows: int
    rows_before: int
    source: str
    columns: tuple[ColumnDrift, ...]
    outcomes: tuple[OutcomeDrift, ...]
    together: TogetherDrift
    error: ErrorDrift | None
    verdict: tuple[str, ...] = ()
    drawn_from: int | None = None
    before_drawn_from: int | None = None

    __repr__ = brief

    @property
    def moved(self) -> list[ColumnDrift]:
        """The columns that moved."""
        return [column for column in self.columns if column.moved]

    @property
    def is_alarm(self) -> bool:
        """True if anything moved."""
        return (
            any(column.moved and not column.is_time for column in self.columns)
            or any(outcome.moved for outcome in self.outcomes)
            or self.together.moved
            or (self.error is not None and self.error.moved)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"alarm": self.is_alarm, **asdict(self)}

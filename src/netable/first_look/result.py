"""The results of a look at a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from netable.doctor import Verdict
from netable.system.brief import brief
from netable.system.notebook import fragment, paragraph, table
from netable.system.wording import counted, percent
from netable.table.labels import Label
from netable.table.spread import Spread

Role = Literal["input", "left out", "target", "weight", "group", "time"]


@dataclass(frozen=True)
class ColumnLook:
    """A column of the table.

    Attributes
    ----------
    role : str
        What training would use it for.
    kind, why : str
        The kind that was inferred or set, and the reason.
    storage, form : str
        The storage type that its values have, and the notation of its texts if it is not plain.
    spread : Spread
    values : str
        The spread in words.
    examples : tuple of str
        The first different values.
    odd : tuple of str
        What looks odd in it.
    """

    name: str
    role: Role
    kind: str
    why: str
    storage: str
    form: str
    spread: Spread
    values: str
    examples: tuple[str, ...]
    odd: tuple[str, ...] = ()

    @property
    def missing(self) -> float:
        """The share of rows without a value."""
        return self.spread.missing / max(self.spread.rows, 1)


@dataclass(frozen=True)
class TargetLook:
    """The target.

    Attributes
    ----------
    task : {"regression", "binary", "multiclass"}
    note : str
        A decision that may need attention; often empty.
    transform : {"none", "log", "auto"}
        What of the target is learned; "auto" if short runs at the start of training decide it.
    classes : tuple of (label, rows)
        The most frequent first; empty for a regression.
    constant : str
        The best prediction without any column, and how often it is right or how far it is off.
    """

    names: tuple[str, ...]
    task: str
    note: str
    transform: str
    classes: tuple[tuple[Label, int], ...]
    constant: str


@dataclass(frozen=True)
class CandidateLook:
    """A column that could be the target.

    Attributes
    ----------
    task : str
        What it would be predicted as.
    missing : int
        Rows without a value, which would have to be left out.
    """

    name: str
    task: str
    values: str
    missing: int


@dataclass(frozen=True)
class SplitLook:
    """The rows that each network would learn from, and those that it would be judged by.

    Attributes
    ----------
    kind : {"random", "group", "time"}
    column : str, optional
        Of groups or times.
    parts : int
        Held-out parts.
    learned, judged : int
        Rows of the largest part.
    text, why : str
    """

    kind: str
    column: str | None
    parts: int
    learned: int
    judged: int
    text: str
    why: str


@dataclass(frozen=True)
class TimeLook:
    """How long training will take on this machine.

    Attributes
    ----------
    seconds : float
        From reading the table to the end of what was asked for, if networks stop where they usually do.
    at_most : float
        If they take every epoch.
    parts : dict of str to float
        The seconds of each part.
    how : str
        How the estimate was made.
    """

    seconds: float
    at_most: float
    parts: dict[str, float]
    how: str


@dataclass(frozen=True)
class Look:
    """What was read, what would be decided, and what is odd, before any training.

    Attributes
    ----------
    source : str
        Where the table is from.
    facts : dict of str to str
        How it was read, such as format, encoding and header.
    rows : int
    columns : tuple of ColumnLook
        In the order of the table.
    notes : tuple of str
        The notes that training would show.
    target : TargetLook or None
        None if none was named; then `candidates` says which columns could be it.
    findings : tuple of Verdict
        What the doctor says without a network, the gravest first.
    split : SplitLook or None
    time : TimeLook or None
    sampled : tuple of str
        What was not looked at in every row.
    """

    source: str
    facts: dict[str, str]
    rows: int
    columns: tuple[ColumnLook, ...]
    notes: tuple[str, ...]
    target: TargetLook | None = None
    candidates: tuple[CandidateLook, ...] = ()
    findings: tuple[Verdict, ...] = ()
    split: SplitLook | None = None
    time: TimeLook | None = None
    sampled: tuple[str, ...] = ()

    __repr__ = brief

    def _repr_html_(self) -> str:
        header = ("column", "used as", "kind", "missing", "distinct", "values")
        rows = [
            (c.name, c.role, c.kind, percent(c.missing), c.spread.distinct, c.values) for c in self.columns
        ]
        split = [paragraph(self.split.text)] if self.split else []
        findings = (finding._repr_html_() for finding in self.findings)
        title = f"A look at {self.source}: {counted(self.rows, 'row')}"
        return fragment(title, table(header, rows), *findings, *split)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"findings": [finding.to_dict() for finding in self.findings]}

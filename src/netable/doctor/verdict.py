"""A verdict of the doctor: an observation, why it matters, and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from netable.system.brief import brief
from netable.system.notebook import fragment, marked, paragraph

Severity = Literal["serious", "warning", "note"]
# The gravest first.
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")
_COLORS: dict[Severity, str] = {"serious": "#d7483c", "warning": "#bd8412", "note": "#5b8fc7"}


@dataclass(frozen=True)
class Verdict:
    """A problem that the doctor found in the data, the training or the predictions.

    Attributes
    ----------
    id : str
        A stable name in snake_case, such as "vanishing_gradient".
    severity : {"serious", "warning", "note"}
        "serious" if metrics or predictions cannot be trusted as they are.
    seen : str
        The observation, with its number.
    why : str
        The reason why it matters.
    try_ : str
        The remedy, as settings to give.
    """

    id: str
    severity: Severity
    seen: str
    why: str
    try_: str

    def to_dict(self) -> dict[str, Any]:
        """The verdict as `metrics.json` holds it.

        >>> Verdict("dead_units", "warning", "seen", "why", "more").to_dict()["try"]
        'more'
        """
        return {
            "id": self.id,
            "severity": self.severity,
            "seen": self.seen,
            "why": self.why,
            "try": self.try_,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Verdict:
        """The inverse of `to_dict`."""
        return cls(values["id"], values["severity"], values["seen"], values["why"], values["try"])

    def advised(self, advise: Callable[[str], str]) -> Verdict:
        """The verdict with its texts as a reader types settings, such as `netable.config.typed.as_options`."""
        return replace(self, seen=advise(self.seen), why=advise(self.why), try_=advise(self.try_))

    def __str__(self) -> str:
        return "\n".join([self._heading, self.seen, self.why, f"Try: {self.try_}"])

    __repr__ = brief

    @property
    def _heading(self) -> str:
        return f"{self.severity}: {self.id.replace('_', ' ')}"

    def _repr_html_(self) -> str:
        return marked(_COLORS[self.severity], self._heading, [self.seen, self.why, f"Try: {self.try_}"])


class Verdicts(list[Verdict]):
    """The verdicts on a model, the gravest first, which a notebook shows as text."""

    __repr__ = brief

    def _repr_html_(self) -> str:
        if not self:
            return paragraph("The doctor found no problems.")
        return fragment("The doctor's verdicts", *(verdict._repr_html_() for verdict in self))

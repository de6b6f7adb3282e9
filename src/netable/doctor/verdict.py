"""What the doctor says: what was seen, why it matters, what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["serious", "warning", "note"]
# From the gravest on.
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")


@dataclass(frozen=True)
class Verdict:
    """One finding.

    Attributes
    ----------
    id : str
        A stable name in snake_case, such as "vanishing_gradient".
    severity : {"serious", "warning", "note"}
        "serious" where figures or predictions cannot be trusted as they are.
    seen : str
        With the number that was seen.
    why : str
        Why it matters.
    try_ : str
        What to do, as settings to give.
    """

    id: str
    severity: Severity
    seen: str
    why: str
    try_: str

    def to_dict(self) -> dict[str, Any]:
        """As `metrics.json` has it.

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
    def from_dict(cls, told: Mapping[str, Any]) -> Verdict:
        """The opposite of `to_dict`."""
        return cls(told["id"], told["severity"], told["seen"], told["why"], told["try"])

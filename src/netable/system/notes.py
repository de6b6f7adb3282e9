"""What was noticed while a table was read: one warning for each kind of thing."""

from __future__ import annotations

from netable.errors import warn


class Notes:
    """Findings about one table, gathered by what they have in common."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._findings: dict[str, list[str]] = {}

    def add(self, finding: str, item: str) -> None:
        """Remember that `item`, a column for instance, shows a finding: a sentence with a {} for items."""
        items = self._findings.setdefault(finding, [])
        if item not in items:
            items.append(item)

    def has(self, finding: str) -> bool:
        """Whether some item shows a finding."""
        return finding in self._findings

    def warn(self) -> None:
        """Say everything, with one `DataWarning` for each finding."""
        for finding, items in self._findings.items():
            warn(f"{self.source}: {finding.format('; '.join(items))}")

"""A model as a notebook shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netable.doctor import Verdicts
from netable.system.notebook import fragment, paragraph, table
from netable.system.wording import counted, quoted


def summary(
    heading: str, columns: Sequence[str], members: int, results: dict[str, Any], verdicts: Verdicts
) -> str:
    """The columns, the metrics beside those of a constant, and the verdicts, as HTML."""
    baseline = results.get("baseline", {})
    valid = [(name, value, baseline.get(name)) for name, value in results.get("valid", {}).items()]
    size = f"{counted(len(columns), 'column')}, {counted(members, 'network')}"
    if "rows" in results:
        size = f"{counted(results['rows'], 'row')}, {size}"
    parts = [
        paragraph(f"Columns: {quoted(columns, 12)}."),
        table(["out of fold", "netable", "constant"], valid) if valid else "",
        verdicts._repr_html_() if "diagnosis" in results else "",
    ]
    return fragment(f"{heading} ({size})", *parts)

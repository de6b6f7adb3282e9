"""How verdicts name columns, rows and shares."""

from __future__ import annotations

from collections.abc import Sequence

NAMES_SHOWN = 5
ROWS_SHOWN = 20


def names(of: Sequence[object]) -> str:
    """Quoted names, the first few of them.

    >>> names(["age", "city"])
    "'age' and 'city'"
    """
    quoted = [repr(name) for name in of]
    if len(quoted) > NAMES_SHOWN:
        quoted = [*quoted[: NAMES_SHOWN - 1], f"{len(quoted) - NAMES_SHOWN + 1} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def setting(name: str, values: Sequence[str]) -> str:
    """A setting that takes a list, as Python has it.

    >>> setting("ignore_columns", ["age", "city"])
    'ignore_columns=["age", "city"]'
    """
    quoted = ", ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return f"{name}=[{quoted}]"


def row_numbers(rows: Sequence[int]) -> str:
    """Rows as people count them, the first twenty.

    >>> row_numbers([0, 4])
    'rows 1, 5 (counted from 1)'
    """
    shown = ", ".join(str(int(row) + 1) for row in rows[:ROWS_SHOWN])
    more = f" and {len(rows) - ROWS_SHOWN} more" if len(rows) > ROWS_SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more} (counted from 1)"


def share(part: float, *, digits: int = 1) -> str:
    """A share in percent, never rounded to all or to nothing.

    >>> share(0.0412), share(0.99999)
    ('4.1%', 'over 99.9%')
    """
    least = 10.0 ** -(digits + 2)
    if 0 < part < least / 2:
        return f"under {least:.{digits}%}"
    if 1 - least / 2 < part < 1:
        return f"over {1 - least:.{digits}%}"
    return f"{part:.{digits}%}"

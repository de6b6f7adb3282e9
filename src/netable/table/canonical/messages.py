"""Lists of columns and rows in one-line messages, and the check for missing columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike

from netable.errors import SchemaError, did_you_mean
from netable.system.wording import first_of, row_numbers, shortened

_NAMES_SHOWN = 12
_ROWS_SHOWN = 5
_LETTERS_SHOWN = 100


def name_list(names: Collection[object]) -> str:
    """The first dozen names, quoted.

    >>> name_list(["age", "city"])
    "'age', 'city'"
    """
    return first_of((shortened(repr(name), _LETTERS_SHOWN) for name in names), len(names), _NAMES_SHOWN)


def row_list(rows: ArrayLike) -> str:
    """The first few row numbers, counted from 1, of a mask or of positions.

    >>> row_list([False, True, True])
    'rows 2, 3 (counted from 1)'
    """
    rows = np.asarray(rows)
    if rows.dtype == np.bool_:
        rows = np.flatnonzero(rows)
    return row_numbers(rows.tolist(), _ROWS_SHOWN)


def check_columns(names: Iterable[str], available: Collection[str], what: str) -> None:
    """Refuse names that are not among the available columns.

    Raises
    ------
    SchemaError
        If names are missing; the error gives the nearest column of each.
    """
    known = set(available)
    missing = [name for name in names if name not in known]
    if len(missing) == 1:
        raise SchemaError(f"{what} {missing[0]!r} is not in the table. {did_you_mean(missing[0], available)}")
    if missing:
        near = (_with_nearest(name, available) for name in missing)
        listed = first_of(near, len(missing), _NAMES_SHOWN)
        raise SchemaError(f"The table lacks {len(missing)} columns that are needed: {listed}.")


def _with_nearest(name: str, available: Collection[str]) -> str:
    near = get_close_matches(name, available, n=1)
    return f"{name!r} (nearest: {near[0]!r})" if near else repr(name)

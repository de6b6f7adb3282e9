from __future__ import annotations

import numpy as np

from netable.table.canonical.messages import name_list, row_list


def test_name_list__more_than_a_dozen__shows_the_first_and_counts_the_rest() -> None:
    assert name_list(["a", "b"]) == "'a', 'b'"
    assert name_list([str(i) for i in range(14)]).endswith("'10', '11' and 2 more")


def test_row_list__mask_or_positions__counts_from_one() -> None:
    assert row_list([2]) == "row 3 (counted from 1)"
    assert row_list(np.array([True, False, True])) == "rows 1, 3 (counted from 1)"
    assert row_list(range(8)) == "rows 1, 2, 3, 4, 5 and 3 more (counted from 1)"


def test_name_list__long_names__are_cut() -> None:
    shown = name_list(["x" * 5000, "y"])

    assert shown == f"'{'x' * 98}…, 'y'"

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

from benchmarks.quality import growth


def row(table: str, method: str, cut: int, error: float | None = 0.5) -> dict[str, Any]:
    failure = None if error else "out of memory"
    return {
        "table": table,
        "method": method,
        "cut": cut,
        "error": error,
        "fit_seconds": 1.0,
        "failure": failure,
    }


def test_made_table__more_rows__begins_with_the_same_law() -> None:
    frame = growth.made_table(20_000)

    features = np.column_stack(
        [np.sin(np.pi * frame.x0 * frame.x1), (frame.x2 - 0.5) ** 2, frame.x3, frame.x4]
    )
    features = np.column_stack([features, np.ones(len(frame))])
    coefficients = np.linalg.lstsq(features, frame.y, rcond=None)[0]

    np.testing.assert_allclose(coefficients[:4], [10, 20, 10, 5], rtol=0.1)
    assert frame.place.nunique() == 200
    assert frame.kind.nunique() == 4


def test_draw__two_tables_one_failed_fit__are_four_panels_without_it(tmp_path: Path) -> None:
    rows = [row(table, method, cut) for table in "ab" for method in growth.STYLES for cut in (1000, 3000)]
    rows.append(row("a", "catboost", 10_000, None))

    growth.draw(rows, tmp_path / "growth.svg")

    picture = (tmp_path / "growth.svg").read_text()
    assert all(f">{method}<" in picture for method in growth.STYLES)
    assert picture.count(">rows<") == 2

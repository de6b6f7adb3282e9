from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pandas")

from benchmarks.quality import ablation
from netable.config.settings import config_from


def row(table: str, variant: str, error: float, seconds: float) -> dict[str, Any]:
    return {"table": table, "variant": variant, "error": error, "seconds": seconds}


def test_summary__worked_rows__are_ratios_to_the_default_on_the_same_tables() -> None:
    rows = [
        row("a", "default", 0.2, 1.0),
        row("b", "default", 0.4, 2.0),
        row("a", "other", 0.4, 3.0),
        row("b", "other", 0.2, 4.0),
        row("c", "other", 0.9, 9.0),  # the default was not measured there
        row("a", "worse", 0.22, 1.0),
    ]

    lines = ablation.summary(rows).splitlines()

    assert "| other | +0.0 % | 1 of 2 | 7 |" in lines
    assert "| worse | +10.0 % | 0 of 1 | 1 |" in lines


@pytest.mark.parametrize("settings", ablation.VARIANTS.values(), ids=ablation.VARIANTS)
def test_variants__all__are_configurations(settings: dict[str, Any]) -> None:
    config_from({"target": "y"} | settings)

"""The importance of columns in a report."""

from __future__ import annotations

import pytest

from netable.model.model import Model
from netable.report import effects
from netable.report.judged import judged_in_training


def test_measure_importances__many_columns__measures_the_first_ones_on_more_rows(
    regression_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = judged_in_training(regression_model)
    assert judged is not None
    whole = effects.measure_importances(judged)
    monkeypatch.setattr(effects, "_CELLS_AT_MOST", 1)  # then 50 of the 120 rows for all
    monkeypatch.setattr(effects, "_BARS_SHOWN", 2)

    found = effects.measure_importances(judged)

    assert found[:2] == [each for each in whole if each.name in {found[0].name, found[1].name}]
    assert sorted(each.name for each in found) == sorted(each.name for each in whole)
    assert found[2:] != whole[2:]

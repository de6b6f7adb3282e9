from __future__ import annotations

from netable.model.several_tests import holm


def test_holm__several__are_raised_and_stay_in_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.9]) == [0.04, 0.09, 0.09, 0.9]
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []

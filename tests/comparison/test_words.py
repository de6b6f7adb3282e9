"""The verdict of a comparison in sentences."""

from __future__ import annotations

from comparisons import compared
from netable.comparison.words import verdict


def test_verdict__clear_winner__wins_by_so_much() -> None:
    said = verdict(
        compared(("auto", 2.0, 5.0, 0), ("catboost", 2.5, 9.0, 0.01), ("constant", 9.0, 0.0, 0.0001))
    )

    assert said == (
        "netable's auto wins: rmse 2, the mean of 2 folds. CatBoost, the next, is 25% higher, which is more than "
        "chance (p = 0.01).",
        "The lead over a constant is more than chance.",
    )


def test_verdict__chance_could_have_it_otherwise__is_said() -> None:
    said = verdict(
        compared(("auto", 2.0, 5.0, 0), ("catboost", 2.15, 9.0, 0.2), ("constant", 9.0, 0.0, 0.0001))
    )

    assert said[0] == (
        "netable's auto is ahead: rmse 2, the mean of 2 folds. CatBoost, the next, is 7.5% higher, which may be "
        "chance (p = 0.2)."
    )


def test_verdict__another_wins__says_that_netable_does_not() -> None:
    found = compared(
        ("lightgbm", 2.0, 1.0, 0),
        ("mlp", 2.5, 1.0, 0.03),
        ("auto", 3.0, 1.0, 0.2),
        ("constant", 9.0, 0.0, 0.0001),
    )

    assert (
        "netable does not win here: the error of its best, mlp, is 25% higher, by more than chance."
        in verdict(found)
    )
    assert "The lead over netable's auto may be chance." in verdict(found)


def test_verdict__nobody_surely_better_than_a_constant__is_said() -> None:
    found = compared(("auto", 2.0, 1.0, 0), ("constant", 2.2, 0.0, 0.3))
    worse = compared(("constant", 2.0, 0.0, 0), ("auto", 2.2, 1.0, 0.3))

    for said in (verdict(found), verdict(worse)):
        assert said[-1].startswith("No method is significantly better than a constant")


def test_verdict__about_as_good_and_much_quicker__is_named() -> None:
    found = compared(
        ("auto", 2.0, 9.0, 0),
        ("linear", 2.04, 0.5, 0.3),
        ("mlp", 2.05, 2.0, 0.3),
        ("constant", 9.0, 0.0, 0.0001),
    )

    assert verdict(found)[-1] == "About as good and faster: netable's linear, 0.5 s per fit instead of 9 s."


def test_verdict__error_of_zero__has_no_share() -> None:
    said = verdict(compared(("auto", 0.0, 1.0, 0), ("constant", 2.0, 0.0, 0.01)))

    assert "A constant, the next, is 2 higher, which is more than chance" in said[0]


def test_verdict__one_method__has_nothing_beside_it() -> None:
    assert verdict(compared(("auto", 2.0, 1.0, 0))) == (
        "netable's auto has rmse 2, the mean of 2 folds; there is no other method to compare with.",
    )

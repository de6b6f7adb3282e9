from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from netable.fit.evidence.formulas import find_formula

Floats = NDArray[np.float64]
NAMES = ("a", "b", "c", "p", "q", "n1", "n2", "n3")


def columns(rows: int = 600, seed: int = 0) -> Floats:
    """Three positive columns, two of both signs, and noise."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.lognormal(0, 1, (rows, 3)), rng.normal(size=(rows, 5))])


def found(x: Floats, y: Floats) -> str:
    formula = find_formula(x, y, 0.9995)
    return formula.written(NAMES[: x.shape[1]]) if formula else ""


def parts(text: str) -> list[str]:
    return sorted(text.replace(" − ", " + −").split(" + "))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("law", "terms"),
    [
        (lambda a, b, c, p, q: p + q, ["'p'", "'q'"]),
        (lambda a, b, c, p, q: a + b + p, ["'a'", "'b'", "'p'"]),
        (lambda a, b, c, p, q: 2.5 * p - 1.5 * q + 7, ["2.5 × 'p'", "7", "−1.5 × 'q'"]),
        (lambda a, b, c, p, q: a / b, ["'a' / 'b'"]),
        (lambda a, b, c, p, q: a / b**2, ["'a' / 'b'^2"]),
        (lambda a, b, c, p, q: a * b + c, ["'a' × 'b'", "'c'"]),
        (lambda a, b, c, p, q: (p - q) / a, ["'p' / 'a'", "−'q' / 'a'"]),
    ],
)
def test_find_formula__law_of_a_few_columns__is_written(
    law: Callable[..., Floats], terms: list[str], seed: int
) -> None:
    x = columns(seed=seed)

    assert parts(found(x, law(*x.T[:5]))) == terms


@pytest.mark.parametrize("signed", [False, True])
def test_find_formula__product_of_two_or_three__is_found_with_any_sign(signed: bool) -> None:
    x = columns()
    one, other = (3, 4) if signed else (0, 1)

    assert set(found(x, x[:, one] * x[:, other]).split(" × ")) == {repr(NAMES[one]), repr(NAMES[other])}
    assert set(found(x, x[:, one] * x[:, other] * x[:, 2]).split(" × ")) == {
        repr(NAMES[one]),
        repr(NAMES[other]),
        "'c'",
    }


def test_find_formula__share_of_a_sum__is_one_over_a_formula() -> None:
    x = columns()
    a, b, c = x.T[:3]

    assert found(x, a / (a + b)) == "1 / ('b' / 'a' + 1)"
    assert parts(found(x, a / (b + c))[5:-1]) == ["'b' / 'a'", "'c' / 'a'"]


def test_find_formula__small_difference_of_two_large_columns__is_found() -> None:
    x = columns()
    x[:, 0] = 1e6 + 100 * x[:, 3]
    x[:, 1] += x[:, 0]

    assert parts(found(x, x[:, 1] - x[:, 0])) == ["'b'", "−'a'"]


def test_find_formula__rounded_target_and_missing_cells__is_found() -> None:
    x = columns()
    y = np.round(10 * x[:, 0] * x[:, 1], 1)
    x[np.random.default_rng(1).random(x.shape) < 0.05] = np.nan

    assert set(found(x, y).split(" × ")) == {"10", "'a'", "'b'"}


def test_find_formula__columns_that_follow_from_others__do_not_hide_it() -> None:
    x = columns()
    x[:, 5], x[:, 6] = x[:, 3] + x[:, 4], 2 * x[:, 3]

    assert found(x, x[:, 3] - x[:, 4])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "law",
    [
        lambda x, e: x[:, 3] + x[:, 4] + 0.1 * e,
        lambda x, e: x[:, 0] * x[:, 1] * np.exp(0.1 * e),
        lambda x, e: np.sin(2 * x[:, 3]) + x[:, 4],
        lambda x, e: 3 * x[:, 3],
        lambda x, e: e,
    ],
)
def test_find_formula__noise_or_another_law_or_one_column__is_none(
    law: Callable[..., Floats], seed: int
) -> None:
    x = columns(seed=seed)

    assert not found(x, law(x, np.random.default_rng(seed + 100).normal(size=len(x))))


def test_find_formula__formula_that_only_fits_the_rows_it_was_fitted_to__is_none() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(120, 60)), rng.normal(size=120)

    assert find_formula(x, y, 0.2) is None


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_find_formula__numbers_as_large_as_there_are__do_not_overflow(size: float) -> None:
    x = columns()
    y = size * (x[:, 3] + x[:, 4])

    formula = find_formula(x, y, 0.9995)

    assert formula is not None
    assert formula.factors == pytest.approx((size, size), rel=1e-6)
    assert found(size * x, y)


def test_find_formula__constant_target_or_few_rows__is_none() -> None:
    x = columns(80)

    assert find_formula(x, x[:, 3] + x[:, 4], 0.5) is None
    assert find_formula(columns(), np.ones(600), 0.5) is None
    assert find_formula(columns()[:, :0], np.arange(600.0), 0.5) is None

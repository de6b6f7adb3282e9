"""Formulas of a few columns that give a numeric target: sums, differences, products and ratios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.fit.evidence.terms import (
    COLUMNS,
    FEWEST,
    LEAST,
    ROWS_A_TERM,
    Term,
    by_correlation,
    by_t,
    in_turn,
    singles,
    standardized,
)
from netable.system.wording import number

Floats = NDArray[np.float64]
# Half of the rows fit formulas, the others judge them.
ROWS = 1200
# Columns of which all products and ratios of two are tried.
PAIRED = 12
# Columns, or terms, of a formula, and products or ratios that are added to a linear law.
MOST_TERMS, MOST_PRODUCTS = 5, 2
# From this share on nothing but rounding is left, and a longer formula is the true one.
EXACT = 1 - 1e-6
# Columns with more missing cells are left out.
MOSTLY_KNOWN = 0.5
# Exponents are whole or half numbers, and coefficients nearly whole ones are written as such, within this.
NEARLY = 0.02
# A constant that is smaller, in deviations of the target, is not written.
NO_CONSTANT = 1e-3


class Formula(NamedTuple):
    """A constant and a sum of terms, each with a factor; or one over it."""

    terms: tuple[Term, ...]
    factors: tuple[float, ...]
    constant: float
    share: float  # of the target's variance on rows that it was not fitted to
    rows: int  # of those
    is_inverse: bool = False  # True for one over the sum

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of its terms, each once."""
        return tuple(dict.fromkeys(column for term in self.terms for column in term.columns))

    def times(self, unit: float) -> Formula:
        """The formula of a target that is so many times as large."""
        return self._replace(factors=tuple(unit * f for f in self.factors), constant=unit * self.constant)

    def written(self, names: Sequence[str]) -> str:
        """The formula in words, as in "2 × 'a' − 'b' / 'c'"."""
        text = ""
        in_order = sorted(zip(self.terms, self.factors, strict=True), key=lambda part: (part[1] < 0, part[0]))
        for term, factor in in_order:
            size = _rounded(abs(factor))
            text += (" − " if factor < 0 else " + ") if text else ("−" if factor < 0 else "")
            text += ("" if size == 1 else f"{number(size)} × ") + term.written(names)
        if self.constant:
            text += f" {'−' if self.constant < 0 else '+'} {number(_rounded(abs(self.constant)))}"
        return f"1 / ({text})" if self.is_inverse else text


def find_formula(x: Floats, y: Floats, enough: float) -> Formula | None:
    """The shortest formula of at least two columns that explains enough of other rows, if there is one.

    A linear law and a power law are fitted by least squares, and products and ratios are added one by one; the terms
    with the largest t-values then make the formula. The second half of the rows judges it. If there is none for the
    target, one for its inverse is looked for, as a share is `1 / (1 + b / a)`.

    Parameters
    ----------
    x : (rows, columns), NaN where missing
        In random order.
    y : (rows,)
    enough : float
        The share of the variance.
    """
    formula = _find(x, y, enough)
    if formula:
        return formula
    with np.errstate(all="ignore"):
        inverse = 1 / y
    rows = np.isfinite(inverse)
    if rows.mean() < MOSTLY_KNOWN:
        return None
    formula = _find(x[rows], inverse[rows], enough)
    return formula and formula._replace(is_inverse=True)


def _find(x: Floats, y: Floats, enough: float) -> Formula | None:
    x, y = x[:ROWS], y[:ROWS]
    unit = float(np.abs(y).max(initial=LEAST))  # squares of the largest numbers would overflow
    y = y / unit
    fits = np.arange(len(y)) < len(y) // 2
    if fits.sum() < FEWEST or not y[fits].std() or not y[~fits].std():
        return None
    known = np.isfinite(x[fits])
    varies = np.where(known, x[fits], np.inf).min(0) < np.where(known, x[fits], -np.inf).max(0)
    columns = np.flatnonzero(varies & (known.mean(0) >= MOSTLY_KNOWN))
    found = []
    for terms in _candidates(x[fits], y[fits], columns):
        lengths = range(1, 1 + min(MOST_TERMS, len(terms)))
        formulas = [formula for length in lengths if (formula := _judged(terms[:length], x, y, fits))]
        for least in (EXACT, enough):
            found += [formula for formula in formulas if formula.share >= least][:1]
        if found and found[0].share >= EXACT:
            break
    found = [formula for formula in found if 1 < len(formula.columns) <= MOST_TERMS]
    best = max(found, key=lambda formula: (formula.share >= EXACT, -len(formula.columns)), default=None)
    return best and best.times(unit)


def _candidates(x: Floats, y: Floats, columns: NDArray[np.intp]) -> Iterator[list[Term]]:
    """Lists of terms, the most important first."""
    targets = y[:, None]
    columns = columns[by_correlation(x[:, columns], targets)[: min(COLUMNS, len(y) // ROWS_A_TERM)]]
    linear = _sorted(singles(columns), x, targets)
    yield linear
    power, by_power = _power_law(x, y, columns)
    if power:
        yield [power]
    paired = in_turn([term.columns[0] for term in linear], by_power)[:PAIRED]
    terms = [
        Term(two, powers)
        for two in combinations(paired, 2)
        for powers in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0))
    ]
    basis = singles(paired)
    if not terms:
        return
    values = standardized(terms, x)
    for _ in range(MOST_PRODUCTS):
        basis.append(terms[_closest(values, standardized(basis, x), y)])
        yield _sorted(basis, x, targets)
        longer = [basis[-1].times(column) for column in paired if column not in basis[-1].columns]
        if longer:
            terms += longer
            values = np.concatenate([values, standardized(longer, x)], axis=1)


def _sorted(terms: Sequence[Term], x: Floats, targets: Floats) -> list[Term]:
    return [terms[place] for place in by_t(terms, x, targets)]


def _power_law(x: Floats, y: Floats, columns: NDArray[np.intp]) -> tuple[Term | None, list[int]]:
    """The product of powers that comes closest to the target, and the columns by their importance in it."""
    rows = y != 0
    logs = np.log(np.maximum(np.abs(y[rows]), LEAST))
    # A factor that is zero would make the target zero, or infinite.
    columns = columns[(x[np.ix_(rows, columns)] != 0).all(0)]
    if rows.sum() < FEWEST or not len(columns):
        return None, []
    size = np.log(np.abs(x[np.ix_(rows, columns)]))
    order = by_t(singles(range(len(columns))), size, logs[:, None])
    by_power = columns[order].tolist()
    for length in range(2, 1 + min(MOST_TERMS, len(order))):
        used = order[:length]
        known = np.isfinite(size[:, used]).all(1)
        if known.sum() < FEWEST:
            break
        design = np.column_stack([size[np.ix_(known, used)], np.ones(known.sum())])
        fitted, *_ = np.linalg.lstsq(design, logs[known], rcond=None)
        error = logs[known] - design @ fitted
        halves = np.round(2 * fitted[:-1]) / 2
        if (
            error.std() < NEARLY * logs.std()
            and halves.all()
            and (np.abs(halves - fitted[:-1]) < NEARLY).all()
        ):
            return Term(tuple(by_power[:length]), tuple(halves.tolist())), by_power
    return None, by_power


def _closest(values: Floats, basis: Floats, y: Floats) -> int:
    """The term that explains most of what a basis leaves over."""
    q, _ = np.linalg.qr(basis)
    rest = y - y.mean()
    rest = rest - q @ (q.T @ rest)
    values = values - q @ (q.T @ values)
    length = np.square(values).sum(0)
    gain = np.square(values.T @ rest) / np.maximum(length, LEAST)
    return int(np.argmax(np.where(length > 1e-6 * len(y), gain, -1.0)))


def _judged(terms: Sequence[Term], x: Floats, y: Floats, fits: NDArray[np.bool_]) -> Formula | None:
    """The terms with factors of some rows, and the share that they explain of the other rows."""
    values = np.stack([term.of(x) for term in terms], 1)
    known = np.isfinite(values).all(1)
    learned, judged = known & fits, known & ~fits
    if min(learned.sum(), judged.sum()) < FEWEST // 2:
        return None
    scale = np.maximum(np.abs(values[learned]).max(0), LEAST)
    design = values / scale
    center = design[learned].mean(0)
    factors, *_ = np.linalg.lstsq(design[learned] - center, y[learned] - y[learned].mean(), rcond=None)
    constant = float(y[learned].mean() - center @ factors)
    error = y[judged] - design[judged] @ factors - constant
    away = y[judged] - y[judged].mean()
    # Of a target with heavy tails, few rows make the variance, so the middle of the rows must agree too.
    shares = [
        1 - middle(np.square(error)) / max(middle(np.square(away)), LEAST) for middle in (np.mean, np.median)
    ]
    constant = constant if abs(constant) > NO_CONSTANT * y.std() else 0.0
    factors = factors / scale
    return Formula(tuple(terms), tuple(factors.tolist()), constant, float(min(shares)), int(judged.sum()))


def _rounded(value: float) -> float:
    """A whole number if the value is nearly one."""
    whole = round(value)
    return float(whole) if whole and abs(value - whole) < NEARLY * NEARLY * whole else value

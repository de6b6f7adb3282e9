from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netable.errors import ConfigError, DataError
from netable.model.intervals import BIN_ROWS, MOST_BINS, TAILS, Intervals, cross_measure, measure

Floats = NDArray[np.float64]


def learned(prediction: Floats, y: Floats, weight: Floats | None = None, unit: str = "own") -> Intervals:
    weight = np.ones(len(y)) if weight is None else weight
    return Intervals.learn(prediction[:, None], y[:, None], weight, (unit,))


def around(intervals: Intervals, prediction: Floats, coverage: float) -> tuple[Floats, Floats]:
    lower, upper = intervals.around(np.asarray(prediction, dtype=np.float64)[:, None], coverage)
    return lower[:, 0], upper[:, 0]


def drawn(rng: np.random.Generator, noise: str, n: int) -> tuple[Floats, Floats]:
    """Predictions that are about right, and targets with this noise."""
    prediction = rng.normal(size=n)
    spread = np.exp(0.7 * prediction)
    error = {
        "even": lambda: rng.normal(size=n),
        "growing": lambda: spread * rng.normal(size=n),
        "skewed": lambda: rng.exponential(size=n),
        "growing and skewed": lambda: spread * rng.exponential(size=n),
        "heavy": lambda: rng.standard_t(2, size=n),
    }[noise]()
    return prediction, prediction + 0.5 * error


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.96])
def test_around__errors_in_one_bin__are_conformal_order_statistics(
    rng: np.random.Generator, coverage: float
) -> None:
    prediction, y = drawn(rng, "skewed", 99)
    error = np.sort(y - prediction)

    lower, upper = around(learned(prediction, y), [2.0], coverage)

    k = round(100 * (1 - coverage) / 2)  # ⌊(n + 1) α / 2⌋-th smallest and largest
    assert lower[0] == pytest.approx(2.0 + error[k - 1])
    assert upper[0] == pytest.approx(2.0 + error[99 - k])


@pytest.mark.parametrize("noise", ["even", "growing", "skewed", "growing and skewed", "heavy"])
@pytest.mark.parametrize(("n", "tolerance"), [(400, 0.07), (3000, 0.03)])
def test_around__fresh_rows__are_covered_as_asked(noise: str, n: int, tolerance: float) -> None:
    rng = np.random.default_rng(1)
    intervals = learned(*drawn(rng, noise, n))
    prediction, y = drawn(rng, noise, 20_000)

    for coverage in (0.5, 0.8, 0.9, 0.95, 0.99):
        lower, upper = around(intervals, prediction, coverage)
        # Half the width of the interval within which nearly all of such calibration sets fall.
        assert np.mean((lower <= y) & (y <= upper)) == pytest.approx(coverage, abs=tolerance)


def test_around__noise_that_grows_with_the_prediction__is_followed() -> None:
    rng = np.random.default_rng(1)
    intervals = learned(*drawn(rng, "growing", 4000))
    prediction, y = drawn(rng, "growing", 40_000)
    lower, upper = around(intervals, prediction, 0.9)
    within, width = (lower <= y) & (y <= upper), upper - lower

    for tenth in np.array_split(np.argsort(prediction), 10):
        assert within[tenth].mean() == pytest.approx(0.9, abs=0.06)
    low, high = prediction < -1, prediction > 1
    assert width[high].mean() > 3 * width[low].mean()


def test_around__skewed_noise__is_longer_on_the_long_side() -> None:
    prediction, y = drawn(np.random.default_rng(0), "skewed", 2000)
    lower, upper = around(learned(prediction, y), [0.0], 0.9)

    # Exponential noise of mean 1/2: its quantiles of 5 and 95 percent.
    assert lower[0] == pytest.approx(-0.5 * np.log(0.95), abs=0.02)
    assert upper[0] == pytest.approx(-0.5 * np.log(0.05), rel=0.15)


def test_around__greater_coverage__is_wider_and_between_bins_straight() -> None:
    intervals = learned(*drawn(np.random.default_rng(0), "growing", 3000))
    places = np.linspace(-4, 4, 501)
    ends = [around(intervals, places, coverage) for coverage in (0.5, 0.613, 0.8, 0.9, 0.954, 0.99)]

    for (lower, upper), (wider, higher) in pairwise(ends):
        assert (wider <= lower).all()
        assert (higher >= upper).all()
    jumps = np.abs(np.diff(ends[2][0] - places))
    assert jumps.max() < 0.2


@pytest.mark.parametrize(
    ("rows", "bins"), [(20, 1), (2 * BIN_ROWS - 1, 1), (2 * BIN_ROWS, 2), (900, 4), (9000, MOST_BINS)]
)
def test_learn__rows__make_as_many_bins_as_they_fill(rows: int, bins: int) -> None:
    intervals = learned(*drawn(np.random.default_rng(0), "even", rows))

    assert len(intervals.errors[0].centers) == bins


def test_learn__very_many_rows__are_covered_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.model.intervals.ROWS_AT_MOST", 100_000)
    rng = np.random.default_rng(0)
    intervals = learned(*drawn(rng, "growing and skewed", 150_000))
    prediction, y = drawn(rng, "growing and skewed", 50_000)
    lower, upper = around(intervals, prediction, 0.9)

    assert np.mean((lower <= y) & (y <= upper)) == pytest.approx(0.9, abs=0.01)


def test_learn__more_rows_than_are_looked_at__are_chosen_in_no_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netable.model.intervals.ROWS_AT_MOST", 5_000)
    prediction, y = drawn(np.random.default_rng(0), "growing and skewed", 20_000)
    order = np.argsort(prediction)
    intervals = learned(prediction[order], y[order])

    assert len(intervals.errors[0].centers) == 10
    assert intervals.errors[0].centers[-1] > np.quantile(prediction, 0.9)


def test_learn__equal_predictions__make_one_bin() -> None:
    y = np.random.default_rng(0).normal(size=1000)
    intervals = learned(np.full(1000, 0.3), y)

    assert len(intervals.errors[0].centers) == 1
    assert around(intervals, [0.3], 0.9)[1][0] == pytest.approx(np.quantile(y, 0.95), abs=0.02)


def test_learn__weights__count_by_their_proportions() -> None:
    rng = np.random.default_rng(0)
    prediction, y = drawn(rng, "growing", 1000)
    weight = rng.integers(0, 3, 1000).astype(float)
    is_kept = weight > 0
    ends = [
        around(intervals, [-1.0, 0.0, 2.0], 0.9)
        for intervals in (
            learned(prediction, y, weight),
            learned(prediction, y, 10 * weight),
            learned(prediction[is_kept], y[is_kept], weight[is_kept]),
        )
    ]

    for other in ends[1:]:
        np.testing.assert_allclose(other, ends[0])
    heavy = np.where(y > prediction, 9.0, 1.0)
    for moved, end in zip(around(learned(prediction, y, heavy), [0.0], 0.9), ends[0], strict=True):
        assert moved[0] > end[1]


def test_learn__one_row_that_weighs_most__is_too_little() -> None:
    prediction, y = drawn(np.random.default_rng(0), "even", 100)
    weight = np.ones(100)
    weight[0] = 1e6

    assert learned(prediction, y, weight).why_none == "too few rows were held out"


@pytest.mark.parametrize("unit", ["log", "log1p", "root"])
def test_learn__units__fit_noise_of_their_kind_with_few_rows(unit: str) -> None:
    rng = np.random.default_rng(0)

    def example(n: int) -> tuple[Floats, Floats]:
        rate = np.exp(rng.normal(size=n) + 1)
        if unit == "root":
            return rate, rng.poisson(rate).astype(float)
        moved = 0.0 if unit == "log" else 1.0
        return rate, np.maximum((rate + moved) * np.exp(0.4 * rng.normal(size=n)) - moved, 0.0)

    intervals = learned(*example(300), unit=unit)
    prediction, y = example(20_000)
    lower, upper = around(intervals, prediction, 0.8)
    within = (lower <= y) & (y <= upper)

    assert (lower >= 0).all()
    for part in np.array_split(np.argsort(prediction), 4):
        assert within[part].mean() == pytest.approx(0.8, abs=0.12)


@pytest.mark.parametrize("unit", ["own", "log", "log1p", "root"])
def test_around__prediction_of_zero__is_finite(unit: str) -> None:
    rng = np.random.default_rng(0)
    intervals = learned(rng.uniform(1, 2, 300), rng.uniform(1, 2, 300), unit=unit)

    assert np.isfinite(around(intervals, [0.0, 1e12], 0.9)).all()


@pytest.mark.parametrize(
    ("coverage", "message"),
    [
        (0.49, "The coverage of an interval must be between 0.5 and 0.99; got 0.49."),
        (90, "The coverage of an interval must be between 0.5 and 0.99; got 90."),
        (float("nan"), "The coverage of an interval must be between 0.5 and 0.99; got nan."),
        ("most", "The coverage of an interval must be a number; got 'most'."),
        (True, "The coverage of an interval must be a number; got True."),
    ],
)
def test_check__coverage_out_of_bounds__is_refused(coverage: Any, message: str) -> None:
    intervals = learned(*drawn(np.random.default_rng(0), "even", 300))

    with pytest.raises(ConfigError) as caught:
        intervals.check(coverage)
    assert str(caught.value) == message


@pytest.mark.parametrize(("rows", "most"), [(3, 0.5), (19, 0.9), (60, 0.96), (198, 0.98), (199, 0.99)])
def test_check__too_few_rows_for_a_coverage__says_what_they_are_enough_for(rows: int, most: float) -> None:
    intervals = learned(*drawn(np.random.default_rng(0), "even", rows))
    intervals.check(most)

    assert intervals.most_coverage == most
    if most < 0.99:
        message = f"Too few rows were held out in training for a coverage of 0.99; ask for at most {most:g}."
        with pytest.raises(DataError) as caught:
            intervals.check(0.99)
        assert str(caught.value) == message


def test_check__no_intervals__says_why() -> None:
    for intervals, why in (
        (Intervals(), "its errors were not measured on rows that it had not seen"),
        (Intervals(why_none="it predicts classes"), "it predicts classes"),
        (learned(np.ones(2), np.ones(2)), "too few rows were held out"),
        (learned(np.ones(0), np.ones(0)), "too few rows were held out"),
    ):
        with pytest.raises(DataError) as caught:
            intervals.around(np.ones((1, 1)), 0.9)
        assert str(caught.value) == f"This model has no intervals: {why}."


def test_cross_measure__coverage__is_that_of_fresh_rows() -> None:
    rng = np.random.default_rng(0)
    prediction, y = drawn(rng, "growing and skewed", 4000)
    fold = rng.integers(0, 5, 4000)
    rows = prediction[:, None], y[:, None], np.ones(4000)

    crossed = cross_measure(*rows, fold, ("own",))
    fresh_prediction, fresh_y = drawn(rng, "growing and skewed", 20_000)
    fresh = measure(
        Intervals.learn(*rows, ("own",)), fresh_prediction[:, None], fresh_y[:, None], np.ones(20_000)
    )

    assert list(crossed) == ["0.5", "0.8", "0.9", "0.95"]
    for asked, actual in crossed.items():
        assert actual["coverage"] == pytest.approx(float(asked), abs=0.025)
        assert actual["coverage"] == pytest.approx(fresh[asked]["coverage"], abs=0.03)
        assert actual["mean_width"] == pytest.approx(fresh[asked]["mean_width"], rel=0.1)


def test_cross_measure__a_fold_that_is_far_off__has_no_part_in_its_own_intervals() -> None:
    prediction, y = drawn(np.random.default_rng(0), "even", 600)
    fold = np.repeat([0, 1, 2], 200)
    y[fold == 2] += 100
    actual = cross_measure(prediction[:, None], y[:, None], (fold == 2).astype(float), fold, ("own",))

    assert actual == {}  # nothing is left to learn from where only the third fold has a weight
    weight = np.where(fold == 2, 1.0, 1e-9)
    assert cross_measure(prediction[:, None], y[:, None], weight, fold, ("own",))["0.9"]["coverage"] < 0.01


def test_cross_measure__in_order__judges_no_row_of_the_first_fold() -> None:
    prediction, y = drawn(np.random.default_rng(0), "even", 400)
    fold = np.repeat([0, 1], 200)
    y[fold == 0] *= 50  # which makes intervals of the second fold too wide, and cannot be judged itself
    actual = cross_measure(prediction[:, None], y[:, None], np.ones(400), fold, ("own",), in_order=True)

    assert actual["0.5"]["coverage"] > 0.9


def test_cross_measure__several_targets__has_a_figure_for_each() -> None:
    rng = np.random.default_rng(0)
    outcome = rng.normal(size=(1000, 2))
    y = outcome + rng.normal(size=(1000, 2)) * [1, 10]
    actual = cross_measure(outcome, y, np.ones(1000), np.arange(1000) % 4, ("own", "own"))["0.9"]

    assert actual["coverage"] == pytest.approx([0.9, 0.9], abs=0.03)
    assert actual["mean_width"][1] == pytest.approx(10 * actual["mean_width"][0], rel=0.15)


def test_tails__grid__holds_the_whole_percents() -> None:
    assert {round((1 - percent / 100) / 2, 12) for percent in range(50, 100)} <= set(TAILS.tolist())

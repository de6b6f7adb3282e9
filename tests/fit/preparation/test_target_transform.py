from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from scipy.stats import skew

from netable.config.settings import Settings
from netable.errors import ConfigError, DataError
from netable.fit.preparation.target_transform import (
    _skewness,
    check_later_targets,
    check_targets,
    choose_transform,
    may_need_log,
    task_for,
)
from netable.table.target import Target
from netable.train import TargetScale

TARGET = Target(("price", "값"), "regression")
Y = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 5.0]])
ONES = np.ones(3)


def changed(row: int, column: int, value: float) -> np.ndarray:
    y = Y.copy()
    y[row, column] = value
    return y


@pytest.mark.parametrize(
    ("settings", "task"),
    [
        ({}, "auto"),
        ({"loss": "poisson"}, "regression"),
        ({"target_transform": "log"}, "regression"),
        ({"loss": "poisson", "task": "multiclass"}, "multiclass"),
        ({"loss": "poisson", "target": ("visits", "other")}, "regression"),
        ({"loss": "poisson", "target": "city"}, "auto"),
        ({"loss": "poisson", "target": "not there"}, "auto"),
    ],
)
def test_task_for__loss_of_numbers__makes_a_few_whole_numbers_a_regression(
    settings: dict[str, Any], task: str
) -> None:
    table = pa.table({"visits": [0.0, 1.0, 1.0], "other": [0.5, 1.0, 2.0], "city": ["a", "b", "a"]})

    assert task_for(Settings(**({"target": "visits"} | settings)), table) == task


@pytest.mark.parametrize(
    ("settings", "power", "expected"),
    [({}, 1.0, True), ({}, 0.1, False), ({"loss": "mae"}, 1.0, False), ({"loss": "poisson"}, 1.0, False)],
)
def test_may_need_log__long_tails_of_squared_losses__are_worth_a_trial(
    settings: dict[str, Any], power: float, expected: bool
) -> None:
    y = np.random.default_rng(0).lognormal(size=(1000, 1)) ** power

    assert may_need_log(Settings(**settings), y) is expected
    assert not may_need_log(Settings(**settings), y - 1)
    assert not may_need_log(Settings(**settings), y[:100])


@pytest.mark.parametrize(("asked", "settled"), [("auto", "none"), ("none", "none"), ("log", "log")])
def test_choose_transform__transform__is_resolved(asked: str, settled: str) -> None:
    assert choose_transform(Settings(target_transform=asked), TARGET, Y, ONES) == settled


def test_choose_transform__classes__have_no_transform() -> None:
    classes = Target(("dear",), "binary", ("no", "yes"), "object")

    assert choose_transform(Settings(), classes, np.array([0, 1, 1]), ONES) == "none"


@pytest.mark.bad_input(115)
@pytest.mark.parametrize("setting", [{"loss": "mae"}, {"target_transform": "log"}])
def test_choose_transform__what_is_not_for_classes__is_refused(setting: dict[str, str]) -> None:
    classes = Target(("dear",), "binary", ("no", "yes"), "object")
    ((name, value),) = setting.items()
    message = f"{name}={value!r} is for regression; the target 'dear' holds classes."

    with pytest.raises(ConfigError) as caught:
        choose_transform(Settings(**setting), classes, np.array([0, 1, 1]), ONES)
    assert str(caught.value) == message


@pytest.mark.bad_input(114)
@pytest.mark.parametrize("setting", [{"loss": "poisson"}, {"target_transform": "log"}])
def test_choose_transform__negative_values__name_the_first_row(setting: dict[str, str]) -> None:
    ((name, value),) = setting.items()
    message = f"The target '값' is -0.5 in row 2 (counted from 1); {name}={value!r} takes none below 0."

    with pytest.raises(DataError) as caught:
        choose_transform(Settings(**setting), TARGET, changed(1, 1, -0.5), ONES)
    assert str(caught.value) == message


@pytest.mark.parametrize("weight", [ONES, np.array([0.0, 0.0, 1.0])])
def test_choose_transform__counts_without_any_event__are_refused(weight: np.ndarray) -> None:
    y = np.where(weight[:, None] > 0, 0.0, Y)
    with pytest.raises(DataError) as caught:
        choose_transform(Settings(loss="poisson"), TARGET, y, weight)
    assert str(caught.value) == "loss='poisson' takes targets with a mean above 0; 'price' is 0 in all rows."


@pytest.mark.parametrize("settings", [{}, {"loss": "mae"}, {"loss": "quantile", "quantile": 0.1}])
def test_check_targets__other_losses__take_any_number(settings: dict[str, Any]) -> None:
    check_targets(Settings(**settings), TARGET, -Y)


def test_check_later_targets__zero__is_refused_where_the_logarithm_has_no_shift() -> None:
    one = torch.ones(2, 1, 2)
    shift = torch.tensor([[[0.0, 1.0]]]).expand(2, 1, 2)
    check_later_targets(TargetScale(one, one, shift), TARGET, changed(2, 0, 0.1))
    check_later_targets(TargetScale(one, one), TARGET, Y)
    check_later_targets(None, TARGET, Y)
    message = (
        "The target 'price' is 0 in row 3 (counted from 1); the model learns its logarithm, "
        "because it was above 0 in the first rows."
    )

    with pytest.raises(DataError) as caught:
        check_later_targets(TargetScale(one, one, shift), TARGET, changed(0, 1, 0.0))
    assert str(caught.value) == message


def test_skewness__values_from_0_on__is_that_of_scipy() -> None:
    y = np.random.default_rng(0).exponential(size=(600, 2)) * [1.0, 1e-9]

    np.testing.assert_allclose(_skewness(y), skew(y), rtol=1e-9)


def test_skewness__huge_or_equal_values__is_finite() -> None:
    rng = np.random.default_rng(0)
    huge, equal = 1e307 * rng.exponential(size=600), np.full(600, 0.1)

    np.testing.assert_allclose(_skewness(np.stack([huge, equal], 1)), [skew(huge / 1e307), 0.0], rtol=1e-9)

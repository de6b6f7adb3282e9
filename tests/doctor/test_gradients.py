from __future__ import annotations

import numpy as np
import pytest

from netable.doctor.gradients import dead_units, exploding_gradient, saturated_units, vanishing_gradient

LEVEL = np.ones((5, 3))


def test_vanishing_gradient__falls_by_orders__names_activation_and_layers() -> None:
    norms = np.array([[0.0, 0.0, 0.0]] + [[1e-6, 1e-4, 1e-2]] * 4)
    verdict = vanishing_gradient(norms, "sigmoid", "serious")

    assert verdict
    assert verdict.severity == "serious"
    assert verdict.seen == (
        "In the first steps of 3 sigmoid layers, the gradient in the first one was 1.0e-04 of that in the last one."
    )
    assert verdict.try_.startswith("activation='relu'")


@pytest.mark.parametrize(
    "norms", [LEVEL, LEVEL[:, :1], LEVEL[:1], np.empty((0, 0)), np.zeros((5, 3)), LEVEL * np.nan]
)
def test_gradients__level_or_unknown__have_no_verdict(norms: np.ndarray) -> None:
    assert vanishing_gradient(norms, "relu", "warning") is None
    assert exploding_gradient(np.ones((5, 2)), norms, "finished") is None


def test_vanishing_gradient__only_later__is_no_verdict() -> None:
    norms = np.array([[1.0, 1.0]] * 4 + [[1e-9, 1.0]] * 9)
    assert vanishing_gradient(norms, "tanh", "warning") is None


@pytest.mark.bad_input(94)
@pytest.mark.parametrize(("last", "found"), [(50.0, False), (500.0, True), (np.inf, True)])
def test_exploding_gradient__grows_in_time__is_found_in_any_member(last: float, found: bool) -> None:
    lengths = np.array([[1.0, 1.0], [2.0, 1.0], [1.0, last]])
    verdict = exploding_gradient(lengths, LEVEL, "finished")
    assert (verdict is not None) == found


def test_exploding_gradient__grows_towards_the_inputs__is_found() -> None:
    verdict = exploding_gradient(np.ones((5, 1)), np.array([[1e5, 1e2, 1.0]] * 5), "finished")
    assert verdict
    assert "1e+05 times" in verdict.seen


def test_dead_units__most_of_a_layer__names_it() -> None:
    assert dead_units({"a": 0.5, "b": 0.7}, "warning") is None
    assert dead_units({}, "warning") is None
    verdict = dead_units({"a": 0.5, "b": 0.95}, "warning")
    assert verdict
    assert verdict.seen.startswith("In ReLU layer 2 of 2, 95% of the units")


def test_saturated_units__most_values__name_the_layer() -> None:
    assert saturated_units({"a": 0.3}, "tanh", "warning") is None
    verdict = saturated_units({"a": 0.97, "b": 0.3}, "", "warning")
    assert verdict
    assert verdict.seen.startswith("In sigmoid or tanh layer 1 of 2, 97% of the values")

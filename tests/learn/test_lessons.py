"""The numbers of the lessons are those that the engine computes, and those that can be worked out by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch

from netable.learn import activations, minibatches, neuron, optimizers, overfitting, vanishing
from netable.learn.shown.activations import value_and_slope
from netable.learn.shown.minibatches import losses
from netable.learn.shown.optimizers import path
from netable.learn.shown.overfitting import fit, measure, rows
from netable.learn.shown.vanishing import gradients
from netable.nn import ACTIVATIONS
from netable.pages.blocks import Interactive

Figure = Callable[[str], Interactive]


def numbers(caption: object) -> list[float]:
    """The numbers of a caption that stand alone."""
    found = re.findall(r"(?<![\w.])−?\d[\d,]*\.?\d*(?![\w.]*\d)", str(caption))
    return [float(text.replace("−", "-").replace(",", "")) for text in found]


def test_neuron__output__is_that_of_the_formula(figure: Figure) -> None:
    for frame, (w, b) in zip(figure("neuron").frames, product(neuron.WEIGHTS, neuron.BIASES), strict=True):
        total = w * 1 + 2 * 0.5 + b
        assert numbers(frame.caption)[-1] == pytest.approx(1 / (1 + math.exp(-total)), abs=5e-4)
        assert f"= {total:g}, and".replace("-", "−") in str(frame.caption)


CLOSED = {
    "sigmoid": lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2,
    "tanh": lambda x: 1 - math.tanh(x) ** 2,
    "relu": lambda x: float(x > 0),
    "leaky_relu": lambda x: 1.0 if x > 0 else 0.01,
}


@pytest.mark.parametrize("name", CLOSED)
def test_activations__slopes__are_those_worked_by_hand(name: str) -> None:
    x = torch.tensor(activations.POINTS)

    _, slope = value_and_slope(name, x)

    assert slope.tolist() == pytest.approx([CLOSED[name](p) for p in activations.POINTS], abs=1e-6)


@pytest.mark.parametrize("name", activations.NAMES)
def test_activations__slopes__are_the_limit_of_differences(name: str) -> None:
    x, step = torch.tensor(activations.POINTS, dtype=torch.float64), 1e-6
    function = ACTIVATIONS[name]()

    _, slope = value_and_slope(name, x)

    torch.testing.assert_close(
        slope, (function(x + step) - function(x - step)) / (2 * step), rtol=1e-5, atol=1e-7
    )


def test_activations__captions__have_value_and_slope(figure: Figure) -> None:
    settings = product(activations.NAMES, activations.POINTS)
    for frame, (name, x) in zip(figure("activations").frames, settings, strict=True):
        value, slope = (part.item() for part in value_and_slope(name, torch.tensor([x])))
        assert numbers(frame.caption) == pytest.approx([x, value, slope], abs=5e-4)


def test_optimizers__gradient_descent__is_the_closed_form() -> None:
    places = path("sgd", 0.03, steps=10).numpy()

    steps = np.arange(11)[:, None]
    np.testing.assert_allclose(places, [0.8, -2.6] * (1 - 0.03 * np.array([20.0, 1.0])) ** steps)


def test_optimizers__momentum__repeats_its_last_step() -> None:
    places = path("momentum", 0.01, steps=2).numpy()

    first = places[1] - places[0]
    np.testing.assert_allclose(places[2] - places[1], 0.9 * first - 0.01 * places[1] * [20.0, 1.0])


@pytest.mark.parametrize(("lr", "falls"), [(0.09, True), (0.11, False)])
def test_optimizers__gradient_descent__diverges_beyond_two_over_the_curvature(lr: float, falls: bool) -> None:
    loss = optimizers.losses(path("sgd", lr, steps=60))

    assert bool(loss[-1] < loss[0]) is falls


def test_optimizers__captions__tell_the_last_loss(figure: Figure) -> None:
    frames = dict(zip(product(optimizers.NAMES, optimizers.RATES), figure("optimizers").frames, strict=True))

    last = optimizers.losses(path("momentum", 0.03))[-1]
    assert f"{last:.2g} after 40 steps" in str(frames["momentum", 0.03].caption)
    assert "× 10" in str(frames["sgd", 0.3].caption)  # it diverges


def test_vanishing__sigmoids__lose_the_gradient_and_relu_keeps_it(figure: Figure) -> None:
    ratio = {
        name: [(g := gradients(name, depth))[0] / g[-1] for depth in vanishing.DEPTHS]
        for name in ("sigmoid", "relu")
    }

    assert all(
        later < earlier / 4 for earlier, later in zip(ratio["sigmoid"], ratio["sigmoid"][1:], strict=False)
    )
    assert ratio["sigmoid"][-1] < 1e-6
    assert min(ratio["relu"]) > 0.3
    assert f"{ratio['relu'][0]:.2g} times" in str(
        figure("vanishing").frames[2 * len(vanishing.DEPTHS)].caption
    )


def test_minibatches__steps__are_counted_and_small_batches_fall_fastest(figure: Figure) -> None:
    told = [numbers(frame.caption) for frame in figure("minibatches").frames]

    assert [n[:2] for n in told] == [[size, math.ceil(569 / size)] for size in minibatches.SIZES]
    last = [n[-1] for n in told]
    assert last == sorted(last)
    assert np.mean(losses(569, 20)[-1:]) == pytest.approx(last[-1], abs=5e-4)


def test_overfitting__losses__are_those_of_the_networks(figure: Figure) -> None:
    frames = dict(
        zip(product(overfitting.UNITS, overfitting.EPOCHS), figure("overfitting").frames, strict=True)
    )

    net = fit(2, [20])[20]
    loss, right = measure(net, *rows(*overfitting.LEARNED))
    told = numbers(frames[2, 20].caption)
    assert told[:2] == [2, 20]
    assert f"loss {loss:.2f} on the 60 rows" in str(frames[2, 20].caption)
    assert f"{right:.0%} and" in str(frames[2, 20].caption)


def test_overfitting__wide_and_long__fits_the_rows_and_not_others(figure: Figure) -> None:
    def held_out(units: int, epochs: int) -> tuple[float, float]:
        caption = str(
            figure("overfitting")
            .frames[list(product(overfitting.UNITS, overfitting.EPOCHS)).index((units, epochs))]
            .caption
        )
        learned, others = re.findall(r"(\d+\.\d\d) on", caption)
        return float(learned), float(others)

    assert held_out(64, 800)[0] < 0.1 < 1 < held_out(64, 800)[1]
    assert held_out(64, 60)[1] < held_out(0, 800)[1] + 0.05
    straight = held_out(0, 800)
    assert abs(straight[0] - straight[1]) < 0.1

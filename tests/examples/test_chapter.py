"""The chapter's figures, met by the examples that people read."""

from __future__ import annotations

import math
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

CHAPTER = Path(__file__).parents[2] / "examples" / "chapter"


@cache
def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(CHAPTER / f"{name}.py"))


@cache
def figures(name: str) -> dict[str, Any]:
    return example(name)["main"]()


def assert_among(chapter: list[float], curves: Tensor, deviations: float = 3) -> None:
    """Every figure of the chapter is one that our first weights could have led to."""
    distance = (torch.tensor(chapter) - curves.mean(0)) / curves.std(0)
    assert distance.abs().max() < deviations, distance


def test_linear_regression__losses__are_the_chapters() -> None:
    curves = figures("linear_regression")["losses"]

    assert_among(example("linear_regression")["CHAPTER"], curves)
    assert curves[:, -1].min() == pytest.approx(72.18, rel=0.005)
    assert curves.std(0).max() < 2


def test_linear_regression__columns_standardized_apart__gain() -> None:
    found = figures("linear_regression")

    assert found["standardized as a whole"][0] == pytest.approx(71.7, rel=0.02)
    assert found["standardized by column"][0] < 36
    assert found["standardized by column"][1] < 30 < found["standardized as a whole"][1]
    assert found["least squares"] == pytest.approx(21.894831, abs=1e-5)


def test_logistic_regression__losses_and_count__are_the_chapters() -> None:
    found = figures("logistic_regression")

    assert_among(example("logistic_regression")["CHAPTER"], found["losses"])
    assert found["losses"][:, -1].max() == pytest.approx(0.33, rel=0.02)
    assert min(found["right"]) >= 517
    assert max(found["right"]) <= 525
    assert all(share > 0.88 for share in found["held out"])


def test_neural_network__losses_and_accuracy__are_the_chapters() -> None:
    found = figures("neural_network")
    chapter = torch.tensor(example("neural_network")["CHAPTER"])

    curves = found["losses"]["256, 256, 57"]
    assert ((curves.amin(0) <= chapter) & (chapter <= curves.amax(0))).all()
    for shares in found["accuracies"].values():
        assert min(shares) > 0.9
        assert max(shares) < 0.93


def test_neural_network__batches_of_one_size__learn_as_much() -> None:
    means = [float(curves[:, -1].mean()) for curves in figures("neural_network")["losses"].values()]

    assert means[0] == pytest.approx(means[1], rel=0.05)


def test_neural_network__loaded__is_as_accurate() -> None:
    learned, held_out, loaded = figures("neural_network")["held out"]

    assert loaded == held_out > 0.88
    assert learned > 0.9


def test_softmax_iris__from_one_third_each__separates_the_classes() -> None:
    found = figures("softmax_iris")

    assert found["losses"][0] == pytest.approx(math.log(3))
    assert found["losses"][-1] < 0.15
    torch.testing.assert_close(found["probability"].sum(-1), torch.ones(150))
    assert min(found["accuracy"], found["held_out_accuracy"]) >= 0.93


def test_vanishing__ten_sigmoid_layers__are_found_and_ten_relu_layers_are_healthy(tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    found = example("vanishing")["main"](path)

    sigmoid, verdicts = found["sigmoid"]
    assert [verdict.id for verdict in verdicts] == ["vanishing_gradient"]
    assert "10 sigmoid layers" in verdicts[0].seen
    norms = list(sigmoid.readings[1].gradient_norms.values())[:10]
    assert norms[1:] == sorted(norms[1:])
    assert norms[0] < norms[-1] / 1000
    assert sigmoid.epochs[-1].train_loss[0] > 0.9 * sigmoid.constant_loss

    relu, verdicts = found["ReLU"]
    assert not verdicts
    norms = list(relu.readings[1].gradient_norms.values())[:10]
    assert max(norms) < 10 * min(norms)
    assert relu.epochs[-1].train_loss[0] < 0.1 * relu.constant_loss
    assert "<svg" in path.read_text()


def test_activations__slopes__are_the_guides() -> None:
    found = figures("activations")

    assert not found["step"]["slope"].any()
    assert found["step"]["value"].tolist() == found["relu"]["slope"].tolist() == [0, 0, 0, 1, 1, 1]
    assert found["relu"]["value"].tolist() == pytest.approx([0, 0, 0, 0.1, 1, 4])
    assert found["leaky_relu"]["slope"].tolist() == pytest.approx([0.01] * 3 + [1] * 3)
    assert found["sigmoid"]["steepest"] == pytest.approx(0.25)


def test_backpropagation__by_hand__is_autograds() -> None:
    distances = figures("backpropagation")

    assert len(distances) == 4
    assert max(distances.values()) < 1e-15


def test_losses__formula_pytorch_and_netable__agree_until_float_ends() -> None:
    *ordinary, mistake = figures("losses").values()

    for formula, torchs, ours in ordinary:
        assert formula == pytest.approx(torchs) == pytest.approx(ours)
    assert mistake == (200.0, 100.0, 200.0)


def test_optimizers__large_gradients__get_a_smaller_rate_from_rmsprop() -> None:
    found = figures("optimizers")

    for name in ("sgd", "momentum"):
        assert found[name]["large"] == pytest.approx(100 * found[name]["small"])
    for name in ("rmsprop", "adam"):
        assert found[name]["large"] == pytest.approx(found[name]["small"], rel=1e-5)
    assert found["momentum"]["loss"] < found["sgd"]["loss"] / 100
    assert max(run["loss"] for run in found.values()) < 0.1  # from 50.5


def test_sequence_or_class__same_first_weights__lose_the_same() -> None:
    curves = list(figures("sequence_or_class").values())

    assert curves[0] == curves[1] == curves[2]


def test_tensors__target_without_its_second_dimension__is_caught() -> None:
    found = figures("tensors")

    assert found["caught"].startswith("The network returns (6, 1) but the target is (6,)")
    assert math.isfinite(found["loss"])


def test_estimators__held_out_rows__are_predicted_and_the_same_after_loading() -> None:
    found = figures("estimators")

    assert all(same for _, _, same in found.values())
    scores = {name: held_out for name, (_, held_out, _) in found.items()}
    assert scores["linear regression, R²"] == pytest.approx(0.57, abs=0.05)
    assert min(score for name, score in scores.items() if "accuracy" in name) > 0.93

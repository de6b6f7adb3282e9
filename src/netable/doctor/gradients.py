"""Gradients that vanish or explode on their way to the inputs, and units that hand nothing on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from netable.doctor.verdict import Severity, Verdict

Floats = NDArray[np.float64]

# Between the last hidden layer and the first: healthy networks stay within a factor of six either way.
VANISHED, EXPLODED = 15.0, 1000.0
# How much longer than in the beginning a gradient may get; healthy runs stay below ten.
GROWN = 100.0
# Readings from the beginning, without the first step: there the output layer may be zero and hides the others.
FIRST_READINGS = slice(1, 4)
# Shares of a layer. Healthy layers of ReLU units stay below 0.6, those of sigmoids and tanh below 0.3.
DEAD, SATURATED = 0.8, 0.6

_WHAT = {"relu": "ReLU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "leaky_relu": "leaky ReLU"}


def vanishing_gradient(norms: Floats, activation: str, severity: Severity) -> Verdict | None:
    """A gradient that falls by orders from the last hidden layer to the first, in the first steps.

    *Reference*: Y. Bengio, P. Simard, P. Frasconi (1994), "Learning long-term dependencies with gradient descent is
    difficult", IEEE Transactions on Neural Networks 5.

    Parameters
    ----------
    norms : (readings, hidden layers), input side first
    """
    fall = _fall(norms)
    if not fall > VANISHED:
        return None
    layers = (
        f"{norms.shape[1]} {named(activation)} layers" if activation else f"{norms.shape[1]} hidden layers"
    )
    why = "Every layer multiplies the gradient on its way back to the inputs"
    if activation == "sigmoid":
        why += ", a sigmoid by a slope of at most a quarter"
    size = "zero" if np.isinf(fall) else f"{1 / fall:.1e} of that in the last one"
    remedy = "fewer layers in hidden_layer_sizes"
    return Verdict(
        "vanishing_gradient",
        severity,
        f"In the first steps of {layers} the gradient in the first one was {size}.",
        f"{why}. Layers next to the inputs then hardly learn, and the others only see what those make of the inputs at "
        "random.",
        f"{remedy}." if activation == "relu" else f"activation='relu'; or {remedy}.",
    )


def exploding_gradient(lengths: Floats, norms: Floats, ending: str) -> Verdict | None:
    """A gradient that grows by orders, in time or on its way to the inputs, or a loss that is no longer finite.

    *Reference*: R. Pascanu, T. Mikolov, Y. Bengio (2013), "On the difficulty of training recurrent neural networks",
    arXiv:1211.5063.

    Parameters
    ----------
    lengths : (readings, members), of the whole gradient
    norms : (readings, hidden layers), input side first
    """
    seen = ""
    growth, fall = _growth(lengths), _fall(norms)
    if fall < 1 / EXPLODED:
        seen = f"In the first steps the gradient in the first hidden layer was {1 / fall:.3g} times that in the last."
    elif growth > GROWN:
        seen = f"The gradient grew to {growth:.3g} times the length that it had in the beginning."
    elif ending == "diverged":
        seen = "The loss was no longer a finite number, and training ended there."
    if not seen:
        return None
    serious = ending == "diverged" or not np.isfinite(growth)
    return Verdict(
        "exploding_gradient",
        "serious" if serious else "warning",
        seen,
        "A step along such a gradient throws the weights far away from where they were any good.",
        "clip_norm=1, which bounds the gradient's length; or a lower lr.",
    )


def dead_units(dead: Mapping[str, float], severity: Severity) -> Verdict | None:
    """Layers of ReLU units of which most are zero for every row that was looked at."""
    layer, share = _worst(dead)
    if not share > DEAD:
        return None
    return Verdict(
        "dead_units",
        severity,
        f"In ReLU layer {layer} of {len(dead)}, {share:.0%} of the units were zero for all rows that were looked at.",
        "A ReLU unit that is always zero has no gradient, so it stays so: the network is as good as narrower.",
        "a lower lr; or activation='leaky_relu'.",
    )


def saturated_units(saturated: Mapping[str, float], activation: str, severity: Severity) -> Verdict | None:
    """Layers of sigmoids or tanh whose values lie where the curve is flat.

    *Reference*: X. Glorot, Y. Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS.
    """
    layer, share = _worst(saturated)
    if not share > SATURATED:
        return None
    what = named(activation) if activation in ("sigmoid", "tanh") else "sigmoid or tanh"
    return Verdict(
        "saturated_units",
        severity,
        f"In {what} layer {layer} of {len(saturated)}, {share:.0%} of the values lay where the slope is below a "
        "twentieth of the steepest.",
        "There the gradient is nearly zero: the units answer with yes or no and can hardly change their minds.",
        "a lower lr; or activation='relu'.",
    )


def named(activation: str) -> str:
    """An activation as people write it.

    >>> named("relu")
    'ReLU'
    """
    return _WHAT.get(activation, activation)


def _fall(norms: Floats) -> float:
    """How many times the first hidden layer's gradient is shorter than the last one's, in the first steps."""
    early = norms[FIRST_READINGS]
    early = early[np.isfinite(early).all(1) & (early > 0).any(1)] if early.size else early
    if not early.size or early.shape[1] < 2:
        return 1.0
    with np.errstate(divide="ignore"):
        return float(np.median(early[:, -1] / early[:, 0]))


def _growth(lengths: Floats) -> float:
    """The longest gradient of a member, as a multiple of its first one, or of the middle one if that is longer."""
    if not lengths.size:
        return 1.0
    usual = np.fmax(lengths[0], np.nanmedian(lengths, axis=0))
    usual = np.where(usual > 0, usual, np.inf)
    return float(np.nanmax(np.where(np.isnan(lengths), np.inf, lengths) / usual))


def _worst(shares: Mapping[str, float]) -> tuple[int, float]:
    """The number, from 1, of the layer with the greatest share, and the share."""
    if not shares:
        return 0, 0.0
    values = list(shares.values())
    worst = int(np.argmax(values))
    return worst + 1, values[worst]

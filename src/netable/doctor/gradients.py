"""Verdicts on gradients that vanish or explode, and on units that pass nothing on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from netable.doctor.verdict import Severity, Verdict

Floats = NDArray[np.float64]

# The ratio of the last hidden layer's gradient to the first one's; clean runs stay within a factor of six.
VANISHED, EXPLODED = 15.0, 1000.0
# The growth of a gradient's length since the start; clean runs stay below ten.
GROWN = 100.0
# The first readings, but not the first step, in which an output layer of zeros hides the others.
FIRST_READINGS = slice(1, 4)
# Shares of a layer; in clean runs ReLU layers stay below 0.6, sigmoid and tanh layers below 0.3.
DEAD, SATURATED = 0.8, 0.6

_WHAT = {"relu": "ReLU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "leaky_relu": "leaky ReLU"}


def vanishing_gradient(norms: Floats, activation: str, severity: Severity) -> Verdict | None:
    """A gradient that shrinks by orders of magnitude from the last hidden layer to the first, in the first steps.

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
        f"In the first steps of {layers}, the gradient in the first one was {size}.",
        f"{why}. The first layers then hardly learn, so the others only get random features of the inputs.",
        f"{remedy}." if activation == "relu" else f"activation='relu'; or {remedy}.",
    )


def exploding_gradient(lengths: Floats, norms: Floats, ending: str) -> Verdict | None:
    """A gradient that grows by orders of magnitude, over time or towards the inputs, or an infinite loss.

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
        seen = f"The gradient grew to {growth:.3g} times its initial length."
    elif ending == "diverged":
        seen = "The loss became infinite or NaN, and training ended there."
    if not seen:
        return None
    serious = ending == "diverged" or not np.isfinite(growth)
    return Verdict(
        "exploding_gradient",
        "serious" if serious else "warning",
        seen,
        "A step along such a gradient moves the weights far away from any useful value.",
        "clip_norm=1, which bounds the gradient's length; or a lower lr.",
    )


def dead_units(dead: Mapping[str, float], severity: Severity) -> Verdict | None:
    """ReLU layers most of whose units are zero for every row that was probed."""
    layer, share = _worst(dead)
    if not share > DEAD:
        return None
    return Verdict(
        "dead_units",
        severity,
        f"In ReLU layer {layer} of {len(dead)}, {share:.0%} of the units were zero for all probed rows.",
        "A ReLU unit that is always zero has no gradient and stays zero: the network is effectively narrower.",
        "a lower lr; or activation='leaky_relu'.",
    )


def saturated_units(saturated: Mapping[str, float], activation: str, severity: Severity) -> Verdict | None:
    """Sigmoid or tanh layers most of whose values lie where the curve is flat.

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
        f"In {what} layer {layer} of {len(saturated)}, {share:.0%} of the values lay where the slope is below "
        "5% of the steepest.",
        "The gradient is nearly zero there, so these units hardly learn.",
        "a lower lr; or activation='relu'.",
    )


def named(activation: str) -> str:
    """The usual spelling of an activation.

    >>> named("relu")
    'ReLU'
    """
    return _WHAT.get(activation, activation)


def _fall(norms: Floats) -> float:
    """The ratio of the last hidden layer's gradient to the first one's, in the first steps."""
    early = norms[FIRST_READINGS]
    early = early[np.isfinite(early).all(1) & (early > 0).any(1)] if early.size else early
    if not early.size or early.shape[1] < 2:
        return 1.0
    with np.errstate(divide="ignore"):
        return float(np.median(early[:, -1] / early[:, 0]))


def _growth(lengths: Floats) -> float:
    """The longest gradient of a member as a multiple of its first one, or of its median if that is longer."""
    if not lengths.size:
        return 1.0
    usual = np.fmax(lengths[0], np.nanmedian(lengths, axis=0))
    usual = np.where(usual > 0, usual, np.inf)
    return float(np.nanmax(np.where(np.isnan(lengths), np.inf, lengths) / usual))


def _worst(shares: Mapping[str, float]) -> tuple[int, float]:
    """The layer with the greatest share, counted from 1, and the share."""
    if not shares:
        return 0, 0.0
    values = list(shares.values())
    worst = int(np.argmax(values))
    return worst + 1, values[worst]

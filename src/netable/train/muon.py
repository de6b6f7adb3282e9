"""Muon: steps along orthogonal matrices, for the weights of hidden layers, alone or in a stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

# (a, b, c) of polynomials ax + bx³ + cx⁵ that, one after the other, bring singular values x from .15 to 1 within .02 of
# 1 (each the best for what the last one leaves; Amsel et al. 2025, arXiv:2505.16932). Smaller ones, mostly noise, stay
# below 1: about 10 times as large.
POLYNOMIALS = ((4.8111, -10.8487, 7.352), (1.9879, -1.3704, 0.3872))


class Muon(Optimizer):
    """Momentum whose steps are made nearly orthogonal, so that they have the same length in every direction.

    Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks". The weights decay apart from the
    gradient. A step of a matrix (d_in, d_out) has a spectral norm of about lr · max(1, √(d_out / d_in)).

    Parameters
    ----------
    params : iterable of (\\*members, d_in, d_out) parameters
        Each member's matrix is stepped as if it were alone; the products of all members are computed together.
    lr, weight_decay : float
    momentum : float
        Of an exponential average of gradients; Nesterov's variant.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._step(weight, weight.grad, group)

    def _step(self, weight: nn.Parameter, gradient: Tensor, group: dict[str, Any]) -> None:
        if weight not in self.state:
            self.state[weight]["momentum"] = torch.zeros_like(weight)
        average = self.state[weight]["momentum"].lerp_(gradient, 1 - group["momentum"])
        direction = orthogonal(gradient.lerp(average, group["momentum"]))
        d_in, d_out = weight.shape[-2:]
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.sub_(direction, alpha=group["lr"] * max(1.0, (d_out / d_in) ** 0.5))


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices (\\*members, d_in, d_out) with the same singular vectors, and singular values of about 1.

    DIFF: five steps of one polynomial, from the Frobenius norm, are usual (Jordan et al. 2024). Two suffice here, as
    the bound on the largest singular value, (Σσ⁸)^⅛, is close and costs nothing.

    A polynomial multiplies a matrix X by one of its Gram matrix, which is as small as the smaller side of X. So the
    factors are multiplied first, and X at last.
    """
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    is_tall = flat.shape[1] > flat.shape[2]
    # Scaled, so that no square is too small or too large; no gradient stays zero.
    farthest = flat.abs().amax((1, 2), keepdim=True)  # ten times as fast as torch's infinity norm
    x = flat / farthest.clamp(min=torch.finfo(flat.dtype).tiny)
    gram = x.mT @ x if is_tall else x @ x.mT
    square = gram @ gram
    shrink = torch.linalg.vector_norm(square, dim=(1, 2), keepdim=True).clamp(min=1e-18).rsqrt()
    (a, b, c), (a2, b2, c2) = POLYNOMIALS
    gram.mul_(shrink)
    inner = square.mul_(c * shrink.square()).add_(gram, alpha=b)
    inner.diagonal(dim1=1, dim2=2).add_(a)
    gram = inner @ gram @ inner
    outer = torch.baddbmm(gram, gram, gram, beta=b2, alpha=c2)
    outer.diagonal(dim1=1, dim2=2).add_(a2)
    factor = (inner @ outer).mul_(shrink.sqrt())
    moved: Tensor = x @ factor if is_tall else factor @ x
    return moved.view_as(matrices)

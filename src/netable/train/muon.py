"""Muon: steps along orthogonal matrices, for the weights of hidden layers, alone or in a stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

# Of a polynomial whose repeated use moves singular values towards 1, fastest where they are small (Jordan et al. 2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


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
    """Matrices (\\*members, d_in, d_out) with about the same singular vectors, and singular values from 0.7 to 1.2.

    The iteration multiplies a matrix X by polynomials of its Gram matrix. These are as small as the smaller side of
    X, so they are multiplied first, and X at last.
    """
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    is_tall = flat.shape[1] > flat.shape[2]
    x = flat / flat.norm(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(flat.dtype).tiny)
    gram = x.mT @ x if is_tall else x @ x.mT
    a, b, c = COEFFICIENTS
    identity = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    product = None
    for i in range(ITERATIONS):
        factor = torch.baddbmm(a * identity + b * gram, gram, gram, alpha=c)
        product = factor if product is None else product @ factor
        if i < ITERATIONS - 1:
            gram = factor @ gram @ factor
    assert product is not None
    moved: Tensor = x @ product if is_tall else product @ x
    return moved.view_as(matrices)

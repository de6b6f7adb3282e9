from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from netable.nn import MLP
from netable.train import make_optimizer
from netable.train.muon import POLYNOMIALS, Muon, orthogonal

SHAPES = [(5, 7), (7, 5), (6, 6), (1, 4), (40, 3)]


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal__any_shape__is_the_polynomials_of_singular_values(shape: tuple[int, int]) -> None:
    u, values, vh = torch.linalg.svd(normal(*shape), full_matrices=False)
    expected = values / values.pow(8).sum().pow(1 / 8)
    for a, b, c in POLYNOMIALS:
        expected = a * expected + b * expected**3 + c * expected**5

    torch.testing.assert_close(orthogonal((u * values) @ vh), (u * expected) @ vh)


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal__stack__is_each_matrix_alone(shape: tuple[int, int]) -> None:
    stack = normal(2, 3, *shape)

    torch.testing.assert_close(orthogonal(stack)[1, 2], orthogonal(stack[1, 2]))


def test_orthogonal__values_above_a_sixth_of_the_largest__are_nearly_one() -> None:
    u, _, vh = torch.linalg.svd(normal(9, 9))
    values = torch.logspace(0, -0.75, 9, dtype=torch.float64)

    moved = u.mT @ orthogonal((u * values) @ vh) @ vh.mT

    torch.testing.assert_close(moved, torch.eye(9, dtype=torch.float64), rtol=0, atol=0.025)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_orthogonal__any_length__is_the_same(size: float) -> None:
    matrix = normal(5, 7).float()

    torch.testing.assert_close(orthogonal(size * matrix), orthogonal(matrix))


def test_orthogonal__no_gradient__is_none() -> None:
    assert torch.equal(orthogonal(torch.zeros(2, 3, 4)), torch.zeros(2, 3, 4))


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="PyTorch before 2.9 has no Muon")
@pytest.mark.parametrize("shape", [(4, 4), (3, 8), (8, 3)])
def test_muon__one_matrix__takes_pytorchs_steps(shape: tuple[int, int]) -> None:
    ours, theirs = (nn.Parameter(normal(*shape).float()) for _ in range(2))
    factor = max(1.0, (shape[1] / shape[0]) ** 0.5)  # theirs is of the transposed matrix
    optimizers = (
        Muon([ours], lr=0.02, weight_decay=0.1),
        torch.optim.Muon(
            [theirs],
            lr=0.02,
            weight_decay=0.1,
            momentum=0.95,
            adjust_lr_fn=None,
            ns_coefficients=(15 / 8, -10 / 8, 3 / 8),  # these end at 1
            ns_steps=30,
        ),
    )
    before = theirs.detach().clone()

    for step in range(1, 4):
        gradient = normal(*shape, seed=step).float()
        ours.grad = theirs.grad = gradient
        for optimizer in optimizers:
            optimizer.step()
        if step == 1:
            decayed = before * (1 - 0.02 * 0.1)
            their_factor = max(1.0, (shape[0] / shape[1]) ** 0.5)
            # They compute in bfloat16.
            torch.testing.assert_close(
                (ours - decayed) / factor, (theirs - decayed) / their_factor, rtol=0.05, atol=0.0005
            )


def test_muon__members__step_as_each_alone() -> None:
    stack = nn.Parameter(normal(3, 4, 5))
    alone = [nn.Parameter(matrix.clone()) for matrix in stack.detach()]
    together, apart = Muon([stack], lr=0.1, weight_decay=0.1), Muon(alone, lr=0.1, weight_decay=0.1)

    for step in range(3):
        stack.grad = normal(3, 4, 5, seed=step)
        for matrix, gradient in zip(alone, stack.grad, strict=True):
            matrix.grad = gradient
        together.step()
        apart.step()

    torch.testing.assert_close(stack.detach(), torch.stack(alone).detach())


def test_muon__net__has_hidden_weights_and_adamw_the_rest() -> None:
    net = MLP(3, 1, hidden_layer_sizes=(4, 4), members=(2,))
    muon, adamw = make_optimizer("muon", net.named_parameters(), lr=0.1, weight_decay=0.1).parts

    assert [p.shape for p in muon.param_groups[0]["params"]] == [(2, 3, 4), (2, 4, 4)]
    assert {group["lr"] for group in adamw.param_groups} == {0.1 * 0.05}

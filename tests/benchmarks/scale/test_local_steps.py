from __future__ import annotations

import torch
from torch import nn

from benchmarks.scale.local_steps import average, part_of


def test_part_of__all_parts__have_each_row_once() -> None:
    numbers, codes, y = (
        torch.arange(20.0).view(1, 10, 2),
        torch.arange(10).view(1, 10, 1),
        torch.arange(10.0)[None],
    )

    parts = [part_of(((numbers, codes), y), number, 4) for number in range(4)]

    assert torch.equal(torch.cat([part[0][0] for part in parts], 1), numbers)
    assert torch.equal(torch.cat([part[0][1] for part in parts], 1), codes)
    assert torch.equal(torch.cat([part[1] for part in parts], 1), y)
    assert [part[1].shape[1] for part in parts] == [3, 3, 2, 2]


def test_average__two_networks__both_have_the_mean() -> None:
    first, second = nn.Linear(2, 1), nn.Linear(2, 1)
    mean = (first.weight.detach() + second.weight.detach()) / 2

    average([first, second])

    assert torch.allclose(first.weight, mean)
    assert torch.equal(second.weight, first.weight)
    assert torch.equal(second.bias, first.bias)

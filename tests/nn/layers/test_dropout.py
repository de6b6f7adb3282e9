from __future__ import annotations

import math

import pytest
import torch

from netable.nn.layers.dropout import Dropout


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_dropout__training__silences_the_share_and_scales_up_the_rest(generator: torch.Generator) -> None:
    dropout = Dropout(0.25)
    dropout.generator = generator

    dropped = dropout(torch.ones(400, 1000))

    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (dropped == 0).float().mean().item() == pytest.approx(
        0.25, abs=4 * math.sqrt(0.25 * 0.75 / 400_000)
    )


def test_dropout__mask__differs_between_units_and_rows(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator

    dropped = dropout(torch.ones(64, 64))

    assert len(dropped.unique(dim=0)) == 64
    assert len(dropped.unique(dim=1).T) == 64


def test_dropout__stack__silences_the_same_units_of_all_members(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator
    x = torch.randn(4, 64, 64, generator=generator)

    dropped = dropout(x)

    is_kept = dropped != 0
    assert torch.equal(is_kept, is_kept[:1].expand(4, 64, 64))
    torch.testing.assert_close(dropped[is_kept], 2 * x[is_kept])
    assert len(is_kept[0].unique(dim=0)) == 64


@pytest.mark.parametrize("p", [0.1, 0.25, 0.7])
def test_dropout__stack__keeps_every_members_mean(p: float, generator: torch.Generator) -> None:
    dropout = Dropout(p)
    dropout.generator = generator

    means = dropout(torch.ones(3, 400, 1000)).mean((1, 2))

    assert means.unique().numel() == 1
    assert means[0].item() == pytest.approx(1, abs=5 * math.sqrt(p / (1 - p) / 400_000))


def test_dropout__gradient__passes_where_the_unit_was_kept(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator
    x = torch.ones(3, 5, requires_grad=True)

    dropped = dropout(x)
    dropped.sum().backward()

    assert torch.equal(x.grad, dropped.detach())


@pytest.mark.parametrize("p", [0.0, 0.001])
def test_dropout__share_below_half_a_byte_step__does_nothing(p: float) -> None:
    x = torch.ones(7)

    assert Dropout(p)(x) is x


def test_dropout__evaluation__hands_on_its_input() -> None:
    x = torch.ones(7)

    assert Dropout(0.5).eval()(x) is x


def test_dropout__share_of_almost_one__stays_finite(generator: torch.Generator) -> None:
    dropout = Dropout(0.999)
    dropout.generator = generator

    dropped = dropout(torch.ones(1000, 100))

    assert dropped.isfinite().all()
    assert dropped.mean().item() == pytest.approx(1, abs=0.2)


def test_dropout__own_generator__leaves_the_global_one_alone(generator: torch.Generator) -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator
    before = torch.get_rng_state()

    first = dropout(torch.ones(1, 20))
    generator.manual_seed(0)

    assert torch.equal(dropout(torch.ones(1, 20)), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout__rows_of_a_batch_in_parts__have_the_masks_of_the_whole() -> None:
    dropout, masks = Dropout(0.5), []
    for batch in (None, (7, slice(0, 3)), (7, slice(3, 7))):
        dropout.generator, dropout.batch = torch.Generator().manual_seed(0), batch
        rows = 7 if batch is None else batch[1].stop - batch[1].start
        masks.append([dropout(torch.ones(2, rows, 5)) for _ in range(2)])

    for whole, *parts in zip(*masks, strict=True):
        assert torch.equal(torch.cat(parts, 1), whole)


def test_dropout__printed__shows_its_share() -> None:
    assert str(Dropout(0.1)) == "Dropout(p=0.1016)"

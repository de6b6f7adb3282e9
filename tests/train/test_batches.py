from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from netable.compute.executor import SOLO, Team
from netable.errors import ConfigError, DataError
from netable.train import Batches
from together import teams_of


def row_numbers(n: int, batch_size: int, **options: object) -> Batches:
    """Batches whose only input is the row's number."""
    return Batches(torch.arange(n), batch_size=batch_size, **options)


@given(n=st.integers(1, 300), batch_size=st.integers(1, 300))
def test_batches__any_sizes__are_equal_and_hold_every_row(n: int, batch_size: int) -> None:
    batches = row_numbers(n, batch_size)

    epoch = [rows for (rows,) in batches]

    sizes = {len(rows) for rows in epoch}
    assert len(sizes) == 1
    assert max(sizes) <= batch_size
    assert len(epoch) == len(batches) == -(-n // batch_size)
    counts = Counter(torch.cat(epoch).tolist())
    assert set(counts) == set(range(n))
    assert max(counts.values()) <= 2
    assert counts.total() - n < len(epoch)  # fewer repeated rows than batches


@pytest.mark.parametrize(("n", "sizes"), [(257, [129, 129]), (569, [190, 190, 190]), (256, [256]), (1, [1])])
def test_batches__of_256__never_leave_a_straggler(n: int, sizes: list[int]) -> None:
    assert [len(rows) for (rows,) in row_numbers(n, 256)] == sizes


@pytest.mark.parametrize("size", [2, 3])
def test_batches__of_a_team__are_parts_of_those_of_one_process(size: int) -> None:
    def source(team: Team = SOLO) -> Batches:
        return row_numbers(50, 11, generator=torch.Generator().manual_seed(0), team=team)

    parts = zip(*(source(team) for team in teams_of(size)), strict=True)

    for (whole,), batch in zip(source(), parts, strict=True):
        assert torch.equal(torch.cat([rows for (rows,) in batch]), whole)


@pytest.mark.bad_input(161)
def test_batches__161_fewer_rows_than_processes__is_an_error() -> None:
    with pytest.raises(
        ConfigError, match=r"^Batches of 2 rows cannot be divided among 3 workers; start fewer"
    ):
        row_numbers(50, 2, team=teams_of(3)[0])


def test_batches__two_epochs__have_two_orders() -> None:
    batches = row_numbers(100, 100, generator=torch.Generator().manual_seed(0))
    ((first,),), ((second,),) = batches, batches

    assert not torch.equal(first, second)
    assert torch.equal(first.sort().values, second.sort().values)


def test_batches__same_generator__repeat_and_leave_the_global_one_alone() -> None:
    before = torch.get_rng_state()
    epochs = [list(row_numbers(50, 20, generator=torch.Generator().manual_seed(3))) for _ in range(2)]

    assert all(torch.equal(a, b) for (a,), (b,) in zip(*epochs, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_batches__unshuffled__come_as_they_stand() -> None:
    assert [rows.tolist() for (rows,) in row_numbers(4, 2, shuffle=False)] == [[0, 1], [2, 3]]


def test_batches__targets__stay_beside_their_rows() -> None:
    x = torch.arange(30.0).view(10, 3)
    batches = Batches((x, x[:, :1]), x.sum(1), torch.arange(10), batch_size=4)

    for (inputs, first), total, row in batches:
        assert torch.equal(inputs, x[row])
        assert torch.equal(first, inputs[:, :1])
        assert torch.equal(total, inputs.sum(1))


def test_batches__members__each_see_their_own_rows_once() -> None:
    rows = [torch.arange(0, 6), torch.arange(4, 10)]
    batches = row_numbers(10, 3, rows=rows)

    epoch = torch.cat([batch for (batch,) in batches], -1)

    assert [batch.shape for (batch,) in batches] == [(2, 3), (2, 3)]
    assert epoch.sort().values.tolist() == [r.tolist() for r in rows]


def test_batches__member_with_fewer_rows__starts_over_from_its_beginning() -> None:
    rows = [torch.arange(0, 10), torch.arange(10, 14)]
    batches = row_numbers(14, 5, rows=rows)

    long, short = torch.cat([batch for (batch,) in batches], -1).tolist()

    assert sorted(long) == list(range(10))
    assert sorted(short[:4]) == [10, 11, 12, 13]
    assert short[4:] == short[:4] + short[:2]


def test_batches__members_with_the_same_rows__have_orders_of_their_own() -> None:
    everything = torch.arange(50)
    ((batch,),) = row_numbers(
        50, 50, rows=[everything, everything], generator=torch.Generator().manual_seed(0)
    )

    assert not torch.equal(batch[0], batch[1])


def test_batches__single_member__keeps_the_member_dimension() -> None:
    ((batch,),) = row_numbers(5, 5, rows=[torch.arange(5)])

    assert batch.shape == (1, 5)


def test_batches__no_rows__say_so() -> None:
    with pytest.raises(DataError, match=r"^There are no rows to learn from\.$"):
        row_numbers(0, 4)
    with pytest.raises(DataError, match=r"^There are no rows to learn from\.$"):
        row_numbers(5, 4, rows=[torch.arange(5), torch.arange(0)])


def test_batches__tensors_of_different_lengths__are_counted() -> None:
    with pytest.raises(DataError, match=r"^All tensors need the same number of rows; got \[5, 4\]\.$"):
        Batches(torch.zeros(5, 2), torch.zeros(4), batch_size=2)


def test_batches__size_zero__names_the_argument() -> None:
    with pytest.raises(ConfigError, match=r"^batch_size must be an integer of at least 1; got 0\.$"):
        row_numbers(5, 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_batches__on_a_gpu__stay_there_in_the_cpus_order() -> None:
    def epoch(device: str) -> list[Tensor]:
        generator = torch.Generator().manual_seed(0)
        return [
            rows for (rows,) in Batches(torch.arange(50, device=device), batch_size=20, generator=generator)
        ]

    for on_gpu, on_cpu in zip(epoch("cuda"), epoch("cpu"), strict=True):
        assert on_gpu.is_cuda
        assert torch.equal(on_gpu.cpu(), on_cpu)


def test_batches__some_of_the_members__have_the_order_that_they_have_among_all() -> None:
    rows = [torch.arange(7), torch.arange(20, 25), torch.arange(40, 46)]

    def epochs(**options: object) -> list[Tensor]:
        generator = torch.Generator().manual_seed(3)
        batches = row_numbers(46, 3, rows=rows, generator=generator, **options)
        return [batch for _ in range(2) for (batch,) in batches]

    for all_members, some in zip(epochs(), epochs(members=[2, 0]), strict=True):
        assert torch.equal(all_members[[2, 0]], some)

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from netable.errors import DataError, FileError
from netable.train.stored import BLOCK, RowFile, StoredBatches
from together import teams_of

ROW = np.dtype([("x", np.int64), ("y", np.float32)])


@pytest.fixture
def file_of(tmp_path: Path) -> Iterator[Callable[[range], RowFile]]:
    """A file of rows that hold their numbers."""
    with ExitStack() as stack:

        def write(rows: range) -> RowFile:
            records = np.zeros(len(rows), ROW)
            records["x"] = records["y"] = rows
            path = tmp_path / f"{rows.start}.rows"
            path.write_bytes(records.tobytes())
            return stack.enter_context(closing(RowFile(path, ROW)))

        yield write


def unpacked(records: np.ndarray) -> tuple[Tensor, Tensor]:
    x, y = (torch.from_numpy(np.ascontiguousarray(records[name])) for name in ("x", "y"))
    assert torch.equal(x.float(), y)
    return x, y


def batches(
    files: list[list[RowFile]], batch_size: int, seed: int = 0, epoch_rows: int | None = None
) -> StoredBatches:
    generator = torch.Generator().manual_seed(seed)
    return StoredBatches(files, unpacked, batch_size=batch_size, generator=generator, epoch_rows=epoch_rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(first=st.integers(1, 900), second=st.integers(0, 900), batch_size=st.integers(1, 300))
def test_epoch__any_sizes__has_nearly_all_rows_of_each_member(file_of, first, second, batch_size):
    files = [file_of(range(first)), file_of(range(first, first + second))]
    source = batches([files, files[:1]], batch_size)

    epoch = [x for x, _ in source]

    sizes = {tuple(x.shape) for x in epoch}
    assert len(sizes) == 1
    assert sizes.pop()[1] <= batch_size
    assert len(epoch) == len(source)
    for member, count in enumerate([first + second, first]):
        counts = Counter(torch.cat(epoch, 1)[member].tolist())
        assert set(counts) <= set(range(count))
        assert len(counts) > count - BLOCK
    assert min(counts.values()) >= max(counts.values()) - 1 - max(0, second // max(1, first))


@pytest.mark.parametrize("batch_size", [16, 100])
def test_batches__of_a_team__are_parts_of_those_of_one_process(file_of, batch_size):
    files = [[file_of(range(700))], [file_of(range(700, 1_000))]]

    def source(**more):
        generator = torch.Generator().manual_seed(0)
        return StoredBatches(files, unpacked, batch_size=batch_size, generator=generator, **more)

    parts = zip(*(source(team=team, members=[1]) for team in teams_of(3)), strict=True)

    for (whole, _), batch in zip(source(), parts, strict=True):
        assert torch.equal(torch.cat([x for x, _ in batch], 1), whole[[1]])


def test_epochs__in_turn__leave_out_other_rows_in_other_orders(file_of):
    source = batches([[file_of(range(1_000))]], 256)

    epochs = [torch.cat([x for x, _ in source], 1)[0].tolist() for _ in range(40)]

    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)
    assert set().union(*epochs) == set(range(1_000))


def test_epochs__of_some_rows__go_on_until_all_were_taken(file_of):
    source = batches([[file_of(range(1_024))]], 64, epoch_rows=256)

    taken = [torch.cat([x for x, _ in source], 1)[0].tolist() for _ in range(8)]

    assert [len(epoch) for epoch in taken] == [256] * 8
    first, second = ([row for epoch in part for row in epoch] for part in (taken[:4], taken[4:]))
    assert sorted(first) == sorted(second) == [*range(1_024)]
    assert first != second


@pytest.mark.parametrize("epoch_rows", [None, 250])
@pytest.mark.parametrize("stop", [0, 3, 4, 9])
def test_batches__resumed_anywhere__are_the_same(file_of, epoch_rows, stop):
    files = [[file_of(range(700))], [file_of(range(700, 1_000))]]
    source, expected = (batches(files, 64, epoch_rows=epoch_rows) for _ in range(2))
    whole = [x for _ in range(7) for x, _ in expected]
    saved: list[Tensor] = []
    while len(saved) < stop:
        for x, _ in source:
            saved.append(x)
            if len(saved) == stop:
                break
    state = source.state_dict()

    resumed = batches(files, 64, seed=9, epoch_rows=epoch_rows)
    resumed.load_state_dict(state)
    rest = [x for _ in range(5) for x, _ in resumed]

    found = [*saved, *rest]
    assert torch.equal(torch.stack(found), torch.stack(whole[: len(found)]))


def test_batches__without_rows__are_an_error(file_of):
    with pytest.raises(DataError, match="There are no rows to learn from"):
        batches([[file_of(range(0))]], 8)


def test_read__file_that_was_cut__names_it(file_of):
    file = file_of(range(100))
    file.path.write_bytes(b"short")

    with pytest.raises(FileError, match=r"0\.rows: expected 100 rows; it was cut off while it was read"):
        file.read(0, 10)

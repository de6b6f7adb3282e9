from __future__ import annotations

from typing import get_args

import pytest
from matplotlib.figure import Figure

from netable.train import Epoch, History
from netable.train.history import _ENDINGS, Ending


def run(losses: list[list[float]], valid: list[list[float | None]], **told: object) -> History:
    epochs = [
        Epoch(i, train, judged, 0.1, 1.0, 9)
        for i, (train, judged) in enumerate(zip(losses, valid, strict=True), start=1)
    ]
    return History(epochs, **told)  # type: ignore[arg-type]


def test_of_stacks__two_runs__are_one_that_tells_them_apart() -> None:
    first = run(
        [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, None]], best_epochs=[1, 2], judged_members=[0, 1]
    )
    second = run([[9.0, 8.0]], [[7.0, 6.0]], best_epochs=[1, 1], judged_members=[0, 1])

    merged = History.of_stacks([first, second])

    assert [(e.stack, e.epoch) for e in merged.epochs] == [(0, 1), (0, 2), (1, 1)]
    assert (merged.n_epochs, merged.best_epochs, merged.judged_members) == (2, [1, 2, 1, 1], [0, 1])
    assert [
        (r["stack"], r["epoch"], r["member"], r["train_loss"], r["valid_loss"]) for r in merged.rows()
    ] == [
        (0, 1, 0, 1.0, 5.0),
        (0, 1, 1, 2.0, 6.0),
        (0, 2, 0, 3.0, 7.0),
        (0, 2, 1, 4.0, None),
        (1, 1, 0, 9.0, 7.0),
        (1, 1, 1, 8.0, 6.0),
    ]


def test_of_stacks__one_run__is_itself() -> None:
    history = run([[1.0]], [[2.0]])

    assert History.of_stacks([history]) is history


@pytest.mark.parametrize(
    ("endings", "told"),
    [
        (["finished", "finished"], "finished"),
        (["stopped early", "finished"], "stopped early"),
        (["stopped early", "out of time"], "out of time"),
        (["interrupted", "out of time"], "interrupted"),
        (["interrupted", "diverged"], "diverged"),
    ],
)
def test_of_stacks__ending__is_the_most_telling(endings: list[Ending], told: str) -> None:
    assert History.of_stacks([History(ending=ending) for ending in endings]).ending == told


def test_endings__every_one__has_a_rank() -> None:
    assert sorted(_ENDINGS) == sorted(get_args(Ending))


def test_mean_valid_loss__parts_that_no_row_judges__are_left_out() -> None:
    epoch = Epoch(1, [1.0], [2.0, None, 4.0], 0.1, 1.0, 9)

    assert epoch.mean_valid_loss == 3.0
    assert epoch._replace(valid_loss=[None]).mean_valid_loss is None


def test_of_stacks__endings__are_kept_beside_the_most_telling() -> None:
    merged = History.of_stacks([History(ending="finished"), History(ending="diverged")])

    assert merged.endings == ["finished", "diverged"]
    assert merged.ending == "diverged"


def test_rows__plotted__are_the_mean_losses_of_each_stack() -> None:
    first = run([[1.0, 2.0], [3.0, 4.0]], [[5.0, 7.0], [6.0, None]], judged_members=[0, 1])
    merged = History.of_stacks([first, run([[9.0, 8.0]], [[None, None]])])

    ax = merged.rows().plot(Figure().add_subplot())

    lines = {str(line.get_label()): line.get_xydata().tolist() for line in ax.lines}
    assert lines == {
        "stack 1, training": [[1, 1.5], [2, 3.5]],
        "stack 1, held out": [[1, 6.0], [2, 6.0]],
        "stack 2, training": [[1, 8.5]],
    }
    assert ax.get_yscale() == "linear"


def test_rows__of_no_epochs__are_empty_axes() -> None:
    assert not History().rows().plot(Figure().add_subplot()).lines

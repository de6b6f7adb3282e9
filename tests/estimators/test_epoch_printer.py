from __future__ import annotations

import pytest

from netable.estimators.callbacks import EpochPrinter
from netable.fit.members.watcher import RunningStack
from netable.train import Epoch


def test_epoch_printer__losses__go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    stack = RunningStack(None, None, 0.0, None)  # type: ignore[arg-type]
    EpochPrinter().on_epoch(Epoch(3, [0.5, 0.25], [0.75], 0.1, 0.01, 10), stack)
    EpochPrinter().on_epoch(Epoch(4, [0.5], [], 0.1, 0.01, 10), stack)

    assert capsys.readouterr() == (
        "",
        "epoch 3, stack 0: train 0.375, valid 0.75\nepoch 4, stack 0: train 0.5\n",
    )

"""The advice of messages about devices and memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from advice import Case, advice, check_complete, follow
from netable.compute.device import find_device
from netable.compute.memory import RowsAtOnce
from netable.errors import memory_errors

MESSAGES = [*advice("compute"), *advice("errors.py")]


def device(device: str) -> None:
    """Find a device, on a machine without a GPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        find_device(device)


def short_of_memory(batch_size: int) -> None:
    """Compute a batch in parts of at most 4 rows."""
    rows, batch = RowsAtOnce(), (torch.zeros(batch_size, 1),)
    rows.most = 4
    if len(rows.parts(batch)) > 1:
        rows.warn_of_parts(batch)


def allocating(rows: int) -> None:
    """Take memory for so many rows of a very wide table."""
    with memory_errors():
        np.zeros((rows, 1 << 40))


NAMES: list[dict[str, Any]] = [{"device": "auto"}, {"device": "cpu"}]
CASES = [
    Case("Try narrower hidden_layer_sizes", allocating, {"rows": 1 << 15}, [{"rows": 0}]),
    Case("use auto, cpu, cuda, cuda:1 or mps", device, {"device": "gpu"}, NAMES),
    Case("device='auto' takes what there is", device, {"device": "cuda"}, NAMES[:1]),
    Case("would fit as a whole", short_of_memory, {"batch_size": 16}, [{"batch_size": 4}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

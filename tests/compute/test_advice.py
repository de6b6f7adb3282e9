"""The advice of messages about devices and memory."""

from __future__ import annotations

from socket import socket
from typing import Any

import numpy as np
import pytest
import torch

from advice import Case, advice, check_complete, follow
from netable.compute.device import find_device
from netable.compute.memory import RowsAtOnce
from netable.compute.workers import Workers
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


def meeting(port: str) -> None:
    """Be the only worker of a job with this port, while another job has one."""
    with socket() as taken, pytest.MonkeyPatch.context() as patch:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1] if port == "taken" else 0
        for name, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_PORT": number}.items():
            patch.setenv(name, str(value))
        patch.setenv("MASTER_ADDR", "127.0.0.1")
        with Workers():
            pass


NAMES: list[dict[str, Any]] = [{"device": "auto"}, {"device": "cpu"}]
CASES = [
    Case("Try narrower hidden_layer_sizes", allocating, {"rows": 1 << 15}, [{"rows": 0}]),
    Case("use auto, cpu, cuda, cuda:1 or mps", device, {"device": "gpu"}, NAMES),
    Case("device='auto' takes what there is", device, {"device": "cuda"}, NAMES[:1]),
    Case("Give this one a free port", meeting, {"port": "taken"}, [{"port": "free"}]),
    Case("would fit as a whole", short_of_memory, {"batch_size": 16}, [{"batch_size": 4}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

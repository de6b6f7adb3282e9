"""The device and the precision of a run."""

from __future__ import annotations

import os

import torch

from netable.compute.executor import beside
from netable.errors import ConfigError

# Functions of torch.cpu, which older versions lack, that tell of instructions for products in bfloat16.
_BFLOAT16_CHECKS = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")


def find_device(name: str, dtype: torch.dtype = torch.float32) -> torch.device:
    """The device of this name; for "auto" CUDA, then Apple's MPS, then the CPU; for float64 always the CPU.

    Networks in float64 are those of tiny tables, which gain nothing elsewhere, and MPS has no float64.

    Raises
    ------
    ConfigError
        If the device does not exist here.
    """
    if name == "auto":
        if dtype == torch.float64:
            return torch.device("cpu")
        if torch.cuda.is_available():
            return _own_device()
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device cannot be {name!r}: use auto, cpu, cuda, cuda:1 or mps.") from error
    here = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not here.get(device.type, False):
        raise ConfigError(
            f"device {name!r} is not available on this machine; device='auto' takes what there is."
        )
    if dtype == torch.float64:
        return torch.device("cpu")
    return _own_device() if device == torch.device("cuda") else device


def _own_device() -> torch.device:
    """The CUDA device of this process: processes that were started together have one each, as far as there are any."""
    if beside() == 1:
        return torch.device("cuda")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


def find_precision(name: str) -> str:
    """The precision of this name; for "auto" bfloat16 where the processor has instructions for products of it.

    Decided by what the processor can do, never by a stopwatch, so that a seed gives the same bits every time.
    Without such instructions (AMX or AVX512_BF16) products in bfloat16 are slower than those in float32.
    """
    if name != "auto":
        return name
    can_multiply = (getattr(torch.cpu, check, lambda: False) for check in _BFLOAT16_CHECKS)
    return "bfloat16" if any(has() for has in can_multiply) else "float32"

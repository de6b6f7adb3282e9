"""Optimizers without the wrappers of torch's compiler, whose import takes as long as that of torch itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer

# Methods that torch wraps so that `torch.compile` leaves them alone; a wrapper imports the compiler when it is called.
_WRAPPED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")


@cache
def uncompiled(optimizer: type[Optimizer]) -> Callable[..., Optimizer]:
    """A subclass that computes the same and never imports `torch._dynamo`; its steps are not for `torch.compile`."""

    def reduced(self: Optimizer) -> tuple[Any, ...]:
        return _new, (optimizer,), self.__getstate__()

    methods = {name: inspect.unwrap(getattr(optimizer, name)) for name in _WRAPPED}
    # The wrapper of a step also turns gradients off. The first instance adds that of hooks and profilers again.
    methods["step"] = torch.no_grad()(inspect.unwrap(optimizer.step))
    return type(optimizer.__name__, (optimizer,), {**methods, "__reduce__": reduced})


def _new(optimizer: Any) -> Optimizer:
    same: Any = uncompiled(optimizer)
    new: Optimizer = same.__new__(same)
    return new

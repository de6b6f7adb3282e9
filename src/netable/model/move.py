"""A model on another device."""

from __future__ import annotations

from dataclasses import replace

from netable.compute.device import find_device
from netable.model.model import Model


def move(model: Model, device: str) -> Model:
    """The model with its network on another device."""
    where = find_device(device, model.net.dtype)
    return replace(model, net=model.net.to(where), objective=model.objective.to(where))

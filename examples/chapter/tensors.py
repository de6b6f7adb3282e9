"""Tensors: types, the target's second dimension, the mistake it prevents, and the device."""

from typing import Any

import numpy as np
import torch
from torch import nn

from netable.compute.device import find_device
from netable.errors import DataError
from netable.nn import LinearRegression
from netable.train import make_optimizer, train_epoch


def main() -> dict[str, Any]:
    """Print types and shapes from NumPy arrays to a training step."""
    rows = np.random.default_rng(0).normal(size=(6, 3))
    x = torch.tensor(rows, dtype=torch.float32)
    y = torch.tensor(rows.sum(1), dtype=torch.float32)  # a numeric target, (6,)
    classes = torch.tensor([0, 2, 1, 1, 0, 2])  # class codes are integers
    for name, tensor in (("x", x), ("y", y), ("classes", classes)):
        print(f"{name:8} {tuple(tensor.shape)!s:7} {tensor.dtype}")

    # (6, 1) - (6,) broadcasts to every output minus every target: no error, but the wrong loss.
    torch.manual_seed(0)
    model = LinearRegression(3)
    print(f"output {tuple(model(x).shape)} - target {tuple(y.shape)} = {tuple((model(x) - y).shape)}")
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.01)
    try:
        train_epoch(model, nn.MSELoss(), optimizer, [(x, y)])
        caught = ""
    except DataError as error:
        caught = str(error)
        print(f"caught: {caught}")
    loss = train_epoch(model, nn.MSELoss(), optimizer, [(x, y.unsqueeze(-1))])
    print(f"with y.unsqueeze(-1), {tuple(y.unsqueeze(-1).shape)}: loss {loss:.4f}")

    device = find_device("auto")  # CUDA, then Apple's MPS, then the CPU
    print(f"on {device}: {model.to(device)(x.to(device)).device}")
    return {"caught": caught, "loss": loss, "device": device.type}


if __name__ == "__main__":
    main()

"""Outputs and losses of the three tasks, by formula, by PyTorch and by netable."""

import torch
from torch import nn

from netable.train import Objective


def main() -> dict[str, tuple[float, float, float]]:
    """Print each loss on a few rows, by its formula, by PyTorch, and by `Objective`."""
    ones = torch.ones(3)
    result = {}

    output, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[1.5], [2.0], [1.0]])
    result["regression: no activation, mean squared error"] = (
        ((output - y) ** 2).mean(),
        nn.MSELoss()(output, y),
        Objective("regression")(output, y, ones),
    )

    logit, code = torch.tensor([[0.5], [-1.0], [2.0]]), torch.tensor([1, 0, 0])
    p = logit.sigmoid().squeeze(-1)
    result["two classes: sigmoid, binary cross-entropy"] = (
        -torch.where(code == 1, p, 1 - p).log().mean(),
        nn.BCELoss()(p, code.float()),
        Objective("binary")(logit, code, ones),
    )

    logits, code = torch.tensor([[1.0, 0.0, -1.0], [0.2, 0.1, 0.0], [3.0, 0.0, 0.0]]), torch.tensor([0, 2, 1])
    probability = logits.exp() / logits.exp().sum(1, keepdim=True)
    result["several classes: softmax, cross-entropy"] = (
        -probability[torch.arange(3), code].log().mean(),
        nn.CrossEntropyLoss()(logits, code),
        Objective("multiclass")(logits, code, ones),
    )

    # In float32, sigmoid(-200) is 0 and its logarithm is lost (PyTorch clamps it at -100). From the logit the
    # loss is exact, so netable's networks return logits and apply the sigmoid at prediction.
    logit, code = torch.tensor([[-200.0]]), torch.tensor([1])
    result["a confident mistake: the loss is 200"] = (
        torch.tensor(200.0),
        nn.BCELoss()(logit.sigmoid().squeeze(-1), code.float()),
        Objective("binary")(logit, code, torch.ones(1)),
    )
    result = {name: tuple(map(float, values)) for name, values in result.items()}
    print(f"{'':52}   formula   PyTorch   netable")
    for name, values in result.items():
        print(f"{name:52}" + "".join(f"{value:10.4f}" for value in values))
    return result


if __name__ == "__main__":
    main()

"""What an output means and what being wrong costs, for the three tasks: by formula, PyTorch and netable."""

import torch
from torch import nn

from netable.train import Objective


def main() -> dict[str, tuple[float, float, float]]:
    """Print each loss on a few rows, by its formula, as PyTorch computes it, and as `Objective` does."""
    ones = torch.ones(3)
    result = {}

    output, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[1.5], [2.0], [1.0]])
    result["regression: the output as it is, mean squared error"] = (
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
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    result["several classes: softmax, cross-entropy"] = (
        -shares[torch.arange(3), code].log().mean(),
        nn.CrossEntropyLoss()(logits, code),
        Objective("multiclass")(logits, code, ones),
    )

    # A sigmoid of -200 is 0 in float32 and its logarithm is lost (PyTorch cuts it at -100). From the logit
    # the loss is exact, which is why our networks return logits and leave the sigmoid to prediction.
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

"""One model as `nn.Sequential` and as a class: the same parameters, the same losses."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from netable.nn import LogisticRegression
from netable.train import make_optimizer, train_epoch


class AsClass(nn.Module):
    """Logistic regression: the constructor creates the layers, `forward` applies them."""

    def __init__(self, d_in: int) -> None:
        super().__init__()
        self.linear = nn.Linear(d_in, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Probabilities, (rows, 1)."""
        return self.sigmoid(self.linear(x))


def main() -> dict[str, list[float]]:
    """Train all three from the same initial weights and print their losses."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    x = (x - x.mean()) / x.std()
    makers = {
        "as a sequence": lambda: nn.Sequential(nn.Linear(30, 1), nn.Sigmoid()),
        "as a class": lambda: AsClass(30),
        "netable's": lambda: LogisticRegression(30),
    }
    curves = {}
    for name, make in makers.items():
        torch.manual_seed(0)
        model = make()
        optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.1)
        criterion = nn.BCELoss()
        curves[name] = [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(100)]
        print(f"{name:13}  loss {curves[name][0]:.6f} at epoch 1, {curves[name][-1]:.6f} at epoch 100")
    return curves


if __name__ == "__main__":
    torch.set_num_threads(1)  # for a small network, several would only wait for each other
    main()

"""One network, trained with batches of different sizes."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from netable.nn import NeuralNetwork
from netable.train import Batches, make_optimizer, train_epoch


def read() -> tuple[Tensor, Tensor]:
    """569 tumours: 30 standardized measurements, and 1 for a benign one."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    return (x - x.mean(0)) / x.std(0), torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)


def losses(batch_size: int, epochs: int) -> list[float]:
    """The loss of each batch, before the step that it makes."""
    x, y = read()
    torch.manual_seed(0)
    net = NeuralNetwork(30)
    optimizer = make_optimizer("sgd", net.named_parameters(), lr=0.1)
    batches = Batches(x, y, batch_size=batch_size, generator=torch.Generator().manual_seed(0))
    criterion = nn.BCELoss()
    return [train_epoch(net, criterion, optimizer, [batch]) for _ in range(epochs) for batch in batches]

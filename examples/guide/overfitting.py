"""Overfitting: a wide network, few noisy rows, and the epoch at which to stop."""

import sys
from pathlib import Path

import torch
from torch import nn

from picture import GREY, INK, picture

PICTURE = Path(__file__).with_suffix(".svg")

NOISE, EPOCHS, EVERY = 0.4, 4000, 20


def rows(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy samples of a sine."""
    x = torch.rand(count, 1, generator=generator) * 6 - 3
    return x, torch.sin(x) + NOISE * torch.randn(count, 1, generator=generator)


def main(path: Path = PICTURE) -> None:
    """Train far too long, print the losses, and draw the fitted curve at the best and at the last epoch."""
    generator = torch.Generator().manual_seed(3)
    (x_train, y_train), (x_valid, y_valid) = rows(20, generator), rows(200, generator)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 100), nn.Tanh(), nn.Linear(100, 100), nn.Tanh(), nn.Linear(100, 1))
    optimizer, criterion = torch.optim.Adam(net.parameters(), lr=0.003), nn.MSELoss()
    line = torch.linspace(-3, 3, 121).unsqueeze(-1)
    seen, best = [], (float("inf"), 0, line)
    for epoch in range(1, EPOCHS + 1):
        optimizer.zero_grad()
        loss = criterion(net(x_train), y_train)
        if epoch == 1 or epoch % EVERY == 0:
            with torch.no_grad():
                valid = criterion(net(x_valid), y_valid).item()
                best = min(best, (valid, epoch, net(line)), key=lambda candidate: candidate[0])
            seen.append((epoch, loss.item(), valid))
        loss.backward()
        optimizer.step()
    print(f"loss of a perfect model, from the noise: {NOISE**2:.2f}")
    print("epoch   training loss   validation loss")
    for epoch, loss, valid in (seen[0], *(row for row in seen if row[0] == best[1]), seen[-1]):
        print(f"{epoch:5} {loss:15.3f} {valid:17.3f}")
    epochs, losses, valids = zip(*seen, strict=True)
    with picture(path, 8, 3, ncols=2) as (left, right):
        left.loglog(epochs, losses, label="20 training rows")
        left.loglog(epochs, valids, label="200 validation rows")
        left.axvline(best[1], color=GREY, linestyle=":")
        left.set(title="loss; dotted: best epoch", xlabel="epoch")
        left.legend()
        right.plot(x_train, y_train, "o", color=INK, markersize=3)
        right.plot(line, best[2], label=f"epoch {best[1]}")
        right.plot(line, net(line).detach(), label=f"epoch {EPOCHS}")
        right.set(title="fitted curves", xlabel="x", ylim=(-2.5, 2.5))
        right.legend()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

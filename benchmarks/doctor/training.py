"""Problems of training, provoked by settings and by badly built networks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.doctor.cases import Case, Provocation, quiet
from netable.config.settings import DEFAULTS
from netable.doctor import Verdict
from netable.fit.evidence.diagnosis import diagnose_run
from netable.fit.preparation.prepare import prepare
from netable.train import Batches, make_optimizer, train


def fitted(case: Case, **settings: object) -> list[Verdict]:
    """A network of our own with these settings."""
    return case.fit(**({"model": "mlp"} | settings))


def by_heart(case: Case) -> list[Verdict]:
    """Few rows, of which a third has another row's target, columns of noise, and nothing that stops training."""
    table, rng = case.table.slice(0, 200), np.random.default_rng(case.seed)
    place, rows = table.column_names.index(case.target), np.arange(len(table))
    rows[: len(rows) // 3] = rng.permutation(len(rows) // 3)
    table = table.set_column(place, case.target, table.column(case.target).take(pa.array(rows)))
    for i in range(60):
        table = table.append_column(f"noise {i}", pa.array(rng.normal(size=len(table))))
    return fitted(
        case,
        table=table,
        early_stopping=False,
        schedule="constant",
        max_epochs=150,
        optimizer="adamw",
        lr=0.002,
        dropout=0.0,
        weight_decay=0.0,
        hidden_layer_sizes=(256, 256),
    )


def plain_run(
    case: Case,
    *,
    depth: int = 2,
    factor: float = 1.0,
    bias: float = 0.0,
    shift: float = 0.0,
    lr: float = 1e-3,
) -> list[Verdict]:
    """A plain PyTorch network in `train`, its first weights multiplied, a bias and the targets moved."""
    x, y = _arrays(case)
    torch.manual_seed(case.seed)
    d_out = 1 if y.ndim == 2 else int(y.max()) + 1
    widths = [x.shape[1]] + [32] * depth
    linears = [nn.Linear(before, after) for before, after in pairwise([*widths, d_out])]
    net = nn.Sequential(*(part for linear in linears for part in (linear, nn.ReLU())))[:-1]
    with torch.no_grad():
        for linear in linears:
            linear.weight.mul_(factor)
            linear.bias.add_(bias if linear is not linears[-1] else shift)
    criterion: nn.Module = nn.MSELoss() if y.ndim == 2 else nn.CrossEntropyLoss()
    if y.ndim == 1 and shift:  # the bias of one class alone
        with torch.no_grad():
            linears[-1].bias[1:] -= shift
    batches = Batches(
        torch.from_numpy(x),
        torch.from_numpy(y),
        batch_size=128,
        generator=torch.Generator().manual_seed(case.seed),
    )
    optimizer = make_optimizer("adam", net.named_parameters(), lr=lr)
    return diagnose_run(train(net, criterion, optimizer, batches, max_epochs=10))


def _arrays(case: Case) -> tuple[NDArray[np.float32], NDArray[np.float32] | NDArray[np.int64]]:
    """Standardized numbers (gaps filled, codes as they are), and a standardized target or codes."""
    with quiet():
        prepared = prepare(case.table, replace(DEFAULTS, target=case.target), None, None, None)
    encoded, y = prepared.rows.encoded, prepared.rows.y
    x = np.concatenate([np.nan_to_num(encoded.numbers), encoded.codes], axis=1).astype(np.float64)
    x = (x - x.mean(0)) / (x.std(0) + 1e-9)
    if prepared.target.task == "regression":
        y = ((y - y.mean(0)) / y.std(0)).astype(np.float32)
    return x.clip(-5, 5).astype(np.float32), y


PROVOCATIONS: dict[str, Provocation] = {
    "ten sigmoid layers": Provocation(
        "vanishing_gradient", partial(fitted, activation="sigmoid", hidden_layer_sizes=(32,) * 10)
    ),
    "five sigmoid layers": Provocation(
        "vanishing_gradient", partial(fitted, activation="sigmoid", hidden_layer_sizes=(32,) * 5)
    ),
    "ReLU layers, first weights a fifth": Provocation(
        "vanishing_gradient", partial(plain_run, depth=6, factor=0.2)
    ),
    "sgd, rate 30": Provocation("exploding_gradient", partial(fitted, optimizer="sgd", lr=30.0)),
    "adamw, rate 10": Provocation("exploding_gradient", partial(fitted, optimizer="adamw", lr=10.0)),
    "adamw, rate 1": Provocation("lr_too_high", partial(fitted, optimizer="adamw", lr=1.0)),
    "adamw, rate 0.3": Provocation("lr_too_high", partial(fitted, optimizer="adamw", lr=0.3)),
    "linear, rate 30": Provocation("lr_too_high", partial(fitted, model="linear", lr=30.0)),
    "adamw, rate 1e-6": Provocation("lr_too_low", partial(fitted, optimizer="adamw", lr=1e-6)),
    "sgd, rate 1e-4": Provocation("lr_too_low", partial(fitted, optimizer="sgd", lr=1e-4)),
    "two stacks, rate 3e-6": Provocation("lr_too_low", lambda case: case.fit(lr=3e-6)),
    "ReLU, rate 3": Provocation("dead_units", partial(fitted, optimizer="adamw", lr=3.0)),
    "ReLU, biases -20": Provocation("dead_units", partial(plain_run, bias=-20.0)),
    "tanh, rate 1": Provocation(
        "saturated_units", partial(fitted, optimizer="adamw", activation="tanh", lr=1.0)
    ),
    "sigmoid, rate 1": Provocation(
        "saturated_units", partial(fitted, optimizer="adamw", activation="sigmoid", lr=1.0)
    ),
    "output bias 10": Provocation("bad_first_loss", partial(plain_run, shift=10.0)),
    "last weights times 30": Provocation("bad_first_loss", partial(plain_run, factor=30.0, depth=1)),
    "one epoch": Provocation("stopped_early", lambda case: case.fit(max_epochs=1)),
    "three epochs": Provocation("stopped_early", lambda case: case.fit(max_epochs=3, schedule="constant")),
    "noise by heart": Provocation("overfitting", by_heart),
}

HEALTHY = {
    "default": lambda case: case.fit(),
    "linear": lambda case: case.fit(model="linear"),
    "mlp, constant rate": lambda case: case.fit(model="mlp", schedule="constant"),
    "hold-out": lambda case: case.fit(folds=1),
}

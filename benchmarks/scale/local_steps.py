"""The error of local steps, simulated: networks learn from parts of each batch, and are averaged now and then.

    python -m benchmarks.scale.local_steps --every 1 8 63 --seeds 0 1 2

Copies of one network each take steps of their own, every copy on its part of each batch, with the learning rate of the
whole. One network that learns from whole batches stands for adding up gradients in each step, which is the same up to
rounding. Errors are those of rows that no network has seen.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from copy import deepcopy
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.measurements import append_row, circumstances, make_parser
from benchmarks.scale.workers import make_table
from netable.compute.threads import torch_threads
from netable.config.settings import Settings
from netable.fit.members.batches import batches_of
from netable.fit.members.first_members import begin, seeds
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stack import optimizer_for
from netable.fit.preparation.prepare import Prepared, prepare
from netable.nn import TableNet, seed_noise
from netable.table.reading.read import read
from netable.train import Objective
from netable.train.optim import Schedule
from netable.train.step import train_step

RESULTS = Path(__file__).parent / "results" / "local_steps.jsonl"
HELD_OUT, HELD_OUT_SEED = 20_000, 100


def main(arguments: list[str] | None = None) -> None:
    """Measure whole batches and each distance of averages, and append a line for each to the results."""
    options = read_arguments(arguments)
    ways = [(1, 1), *((options.parts, every) for every in options.every)]
    for seed, (parts, every) in product(options.seeds, ways):
        began = process_time()
        with torch_threads(1):
            error = error_of(parts, every, seed, options)
        found = {
            "rows": options.rows,
            "columns": options.columns,
            "batch_size": options.batch_size,
            "epochs": options.epochs,
            "parts": parts,
            "every": every,
            "seed": seed,
            "rmse": error,
            "seconds": process_time() - began,
        }
        print(json.dumps(found), flush=True)
        append_row(options.out, circumstances(("netable", "torch", "numpy"), threads=1) | found)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--every", type=int, nargs="+", default=[1, 8, 63], help="steps between averages")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    return parser.parse_args(arguments)


def error_of(parts: int, every: int, seed: int, options: argparse.Namespace) -> float:
    """Train, and judge; the networks are also averaged after the last step."""
    settings = Settings(
        target="y",
        folds=1,
        model="mlp",
        hidden_layer_sizes=(128, 128),
        batch_size=options.batch_size,
        max_epochs=options.epochs,
        early_stopping=False,
        precision="float32",
        seed=seed,
    )
    prepared = prepare(read(make_table(options.rows, options.columns, seed)), settings)
    recipe = prepared.recipe.of_stacks()[0]
    rows = MemberRows.of(prepared)
    statistics = learn_member_statistics(prepared, [recipe], rows)
    net, objective, rows, *_ = begin(prepared, recipe, rows, statistics, None)
    _, order_seed, noise_seed = seeds(recipe)
    batches = batches_of(rows, prepared, recipe, order_seed, net, range(1))
    nets = [deepcopy(net) for _ in range(parts)]
    for number, each in enumerate(nets):
        seed_noise(each, noise_seed + number, torch.device("cpu"), None, None)
        each.train()
    optimizers = [optimizer_for(each, recipe) for each in nets]
    n_steps = options.epochs * len(batches)
    paces = [Schedule(optimizer, recipe.schedule, n_steps) for optimizer in optimizers]
    for step, batch in enumerate((batch for _ in range(options.epochs) for batch in batches), start=1):
        for number, (each, optimizer, pace) in enumerate(zip(nets, optimizers, paces, strict=True)):
            pace.step()
            part = part_of(batch, number, parts)
            train_step(each, objective, optimizer, part, recipe.clip_norm, recipe.precision)
        if step % every == 0 or step == n_steps:
            average(nets)
    return held_out_error(nets[0], objective, prepared, options.columns, seed)


def part_of(batch: Any, number: int, parts: int) -> Any:
    """One of the parts of the rows of a batch, whose tensors are (members, rows, ...)."""
    if isinstance(batch, Tensor):
        return batch.tensor_split(parts, 1)[number]
    return tuple(part_of(each, number, parts) for each in batch)


@torch.no_grad()
def average(nets: Sequence[nn.Module]) -> None:
    """Give all networks the mean of their weights."""
    for same in zip(*(net.parameters() for net in nets), strict=True):
        mean = torch.stack([*same]).mean(0)
        for weight in same:
            weight.copy_(mean)


@torch.no_grad()
def held_out_error(net: TableNet, objective: Objective, prepared: Prepared, columns: int, seed: int) -> float:
    """The root of the mean squared error on other rows."""
    held = read(make_table(HELD_OUT, columns, HELD_OUT_SEED + seed))
    encoded = prepared.encoder.encode(prepared.schema.select(held, known_extra=["y"]))
    net.eval()
    output = net(torch.from_numpy(encoded.numbers), torch.from_numpy(encoded.codes))
    off = objective.predict(output)[0, :, 0].double().numpy() - held.column("y").to_numpy()
    return float((off**2).mean() ** 0.5)


if __name__ == "__main__":
    main()

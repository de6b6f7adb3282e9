"""Section on training: losses, learning rate, gradients, stacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from netable.model.model import Model
from netable.pages.blocks import Block, Illustration, Panel, Paragraph, Section, Table
from netable.pages.charts import axes, logarithmic, short
from netable.pages.page import shown
from netable.pages.svg import SERIES, new_chart
from netable.system.wording import counted
from netable.train import Epoch

_STACKS_SHOWN = 4
# Above this ratio of the largest to the smallest loss, a linear scale hides the end of a run.
_LOG_FROM = 8
# More layers are drawn in shades of one colour.
_LAYERS_IN_COLORS = 4
_LETTERS = "abcdefgh"
_STACK_SETTINGS = {
    "Embedding": "embedding",
    "Activation": "activation",
    "Dropout": "dropout",
    "lr": "lr",
    "Weight decay": "weight_decay",
}


def section(model: Model) -> Section:
    """The losses of each stack, the learning rate, the gradients, and the settings of the stacks."""
    epochs = model.history.epochs
    if not epochs:
        return Section(
            "Training",
            [Paragraph("The model has no history of epochs: it was trained with partial_fit.")],
        )
    stacks = _heaviest(model)
    panels = [_losses(model, stack) for stack in stacks]
    pace = [Panel(_pace(epochs, stacks), "Learning rate", _rates(epochs)), *_gradients(model, stacks)]
    results = model.results
    members, n_stacks = results.get("members", len(epochs[0].train_loss)), len(results.get("stacks") or [])
    stacks_of_it = f" in {n_stacks} stacks" if n_stacks > 1 else ""
    text = (
        f"The model has {counted(members, 'network')}{stacks_of_it}. Training "
        f"{_ENDINGS[model.history.ending]} after {counted(model.history.n_epochs, 'epoch')}."
    )
    blocks: list[Block] = [Paragraph(text)]
    shown_of = (
        f" The {len(stacks)} stacks of the largest weight are shown."
        if len(stacks) < _n_stacks(model)
        else ""
    )
    judged = any(loss is not None for epoch in epochs for loss in epoch.valid_loss)
    blocks.append(
        Illustration(
            panels,
            "Loss by epoch, on training rows (blue)"
            + (" and on held-out rows (orange)" if judged else "")
            + "; thin lines are single networks, thick lines their mean, dots the epochs whose weights were kept."
            + (
                " Held-out losses that rise while training losses fall indicate overfitting."
                if judged
                else ""
            )
            + shown_of,
        )
    )
    caption = "The learning rate at the end of each epoch."
    if len(pace) > 1:
        caption = (
            f"(a) {caption} ({'b' if len(pace) == 2 else f'b–{_LETTERS[len(pace) - 1]}'}) The norm of the "
            "gradient of each layer's weights, the median over networks. Layers far below the others hardly learn."
        )
    blocks.append(Illustration(pace, caption))
    if n_stacks > 1:
        blocks.append(_stacks(model))
    return Section("Training", blocks)


_ENDINGS = {
    "finished": "ended as planned",
    "stopped early": "stopped early",
    "out of time": "reached the time limit",
    "interrupted": "was interrupted",
    "diverged": "diverged (the best weights before that were kept)",
}


def _n_stacks(model: Model) -> int:
    return 1 + max(epoch.stack for epoch in model.history.epochs)


def _heaviest(model: Model) -> list[int]:
    """The stacks that are shown: those of the largest weight, in their order."""
    present = sorted({epoch.stack for epoch in model.history.epochs})
    weights = {i: stack.get("weight", 0.0) for i, stack in enumerate(model.results.get("stacks") or [])}
    return sorted(sorted(present, key=lambda stack: -weights.get(stack, 0.0))[:_STACKS_SHOWN])


def _losses(model: Model, stack: int) -> Panel:
    epochs = [epoch for epoch in model.history.epochs if epoch.stack == stack]
    places = np.array([epoch.epoch for epoch in epochs])
    train = np.array([epoch.train_loss for epoch in epochs], dtype=float)
    valid = np.array(
        [[np.nan if loss is None else loss for loss in epoch.valid_loss] for epoch in epochs], dtype=float
    )
    chart = new_chart()
    ax = axes(chart, "epoch", "loss")
    finite = [train[np.isfinite(train)], valid[np.isfinite(valid)]]
    every = np.concatenate(finite)
    ends = []
    for losses, color in ((train, SERIES[0]), (valid, SERIES[1])):
        if not losses.size or np.isnan(losses).all():
            continue
        known = losses[:, ~np.isnan(losses).all(0)]
        ax.plot(places, known, color=color, lw=0.8, alpha=0.35, marker="." if len(places) == 1 else "")
        mean = known.mean(1)
        ax.plot(places, mean, color=color, lw=2, marker="o" if len(places) == 1 else "", ms=4)
        ends.append((float(mean[0]), float(mean[-1]), float(np.nanmin(mean))))
    if len(every) and every.min() > 0 and every.max() / every.min() > _LOG_FROM:
        logarithmic(ax)
    elif len(every):
        _crop(ax, every)
    _mark_best(model, stack, places, valid, ax)
    if not finite[0].size:
        return Panel(chart, _name(model, stack), "No training loss is finite.")
    description = f"Training loss from {shown(ends[0][0])} to {shown(ends[0][1])}."
    if len(ends) > 1:
        description += (
            f" Held-out loss from {shown(ends[1][0])} to {shown(ends[1][1])}, at best {shown(ends[1][2])}."
        )
    return Panel(chart, _name(model, stack), description)


def _crop(ax: Axes, every: np.ndarray) -> None:
    """Clip the axis to all but the largest losses."""
    top = float(np.quantile(every, 0.995))
    margin = 0.05 * (top - float(every.min())) or 1.0
    ax.set_ylim(float(every.min()) - margin, top + margin)


def _mark_best(model: Model, stack: int, places: np.ndarray, valid: np.ndarray, ax: Axes) -> None:
    """Mark the held-out loss of each network at the epoch whose weights it kept."""
    history = model.history
    per_stack = len(history.best_epochs) // max(_n_stacks(model), 1)
    best = history.best_epochs[stack * per_stack : (stack + 1) * per_stack]
    for part, member in enumerate(history.judged_members):
        if valid.size and member < len(best) and best[member] in places:
            at = int(np.flatnonzero(places == best[member])[0])
            ax.plot(places[at], valid[at, part], "o", ms=4, color=SERIES[1], mec="none")


def _name(model: Model, stack: int) -> str:
    stacks = model.results.get("stacks") or []
    if len(stacks) < 2:
        return "Losses"
    return f"Stack {stack + 1}, {stacks[stack]['weight']:.0%} of the blend"


def _pace(epochs: Sequence[Epoch], stacks: Sequence[int]) -> Figure:
    chart = new_chart(340, 210)
    ax = axes(chart, "epoch", "learning rate")
    drawn: list[list[tuple[int, float]]] = []
    for stack in stacks:
        rates = [(epoch.epoch, epoch.lr) for epoch in epochs if epoch.stack == stack]
        if rates not in drawn:
            color = SERIES[len(drawn) % len(SERIES)]
            drawn.append(rates)
            ax.plot(*zip(*rates, strict=True), color=color, label=f"stack {stack + 1}")
    if len(drawn) > 1:
        ax.legend()
    ax.set_ylim(bottom=0)
    return chart


def _gradients(model: Model, stacks: Sequence[int]) -> list[Panel]:
    """The gradient norms by layer of the stacks that were probed."""
    panels = []
    readings: Sequence[Any] = getattr(model.history, "readings", ())
    for stack in stacks:
        by_epoch = {  # a model file holds None for an infinite norm
            r.epoch: {name: norm or 0.0 for name, norm in r.gradient_norms.items()}
            for r in readings
            if r.stack == stack
        }
        names = [
            name for name in next(iter(by_epoch.values()), {}) if any(g[name] > 0 for g in by_epoch.values())
        ]
        if len(by_epoch) < 2 or not names:
            continue
        chart = new_chart(340, 210)
        ax = axes(chart, "epoch", "norm of gradient")
        last = next(reversed(by_epoch.values()))
        for place, name in enumerate(names):
            known = [(epoch, norms[name]) for epoch, norms in by_epoch.items() if norms[name] > 0]
            # Darker towards the output.
            alpha = 0.35 + 0.65 * (place + 1) / len(names)
            color = SERIES[place % len(SERIES)] if len(names) <= _LAYERS_IN_COLORS else SERIES[0]
            label = _layer(name) if len(names) <= _LAYERS_IN_COLORS or place in (0, len(names) - 1) else None
            alpha = 1.0 if len(names) <= _LAYERS_IN_COLORS else alpha
            ax.plot(*zip(*known, strict=True), "o-", ms=3, color=color, alpha=alpha, label=label)
        logarithmic(ax)
        ax.legend()
        description = "; ".join(f"{_layer(name)} {shown(last[name], 2)}" for name in names)
        title = "Gradients by layer" + (f", stack {stack + 1}" if _n_stacks(model) > 1 else "")
        panels.append(Panel(chart, title, f"In the last epoch probed: {description}."))
    return panels


def _layer(name: str) -> str:
    """A readable name for the weights of a layer."""
    if match := re.search(r"\.blocks\.(\d+)\.", name):
        return f"hidden layer {int(match[1]) + 1}"
    return "output layer" if name.endswith("head.weight") else short(name.removesuffix(".weight"), 20)


def _rates(epochs: Sequence[Epoch]) -> str:
    rates = [epoch.lr for epoch in epochs]
    return f"At most {shown(max(rates))}, finally {shown(rates[-1])}."


def _stacks(model: Model) -> Table:
    rows = []
    for number, stack in enumerate(model.results["stacks"], 1):
        widths = ", ".join(map(str, stack.get("hidden_layer_sizes") or ())) or "none"
        rows.append(
            (
                number,
                100 * stack["weight"],
                widths,
                *(stack.get(setting) for setting in _STACK_SETTINGS.values()),
            )
        )
    return Table(
        "The stacks of networks. Their weights in the blend minimize the held-out loss.",
        ("Stack", "Blend, %", "Hidden layers", *_STACK_SETTINGS),
        rows,
    )

"""Section on training: losses, learning rate, gradients, stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from netable.config.bodies import BODY_SPECS
from netable.model.model import Model
from netable.pages.blocks import Block, Illustration, Panel, Paragraph, Section, Table
from netable.pages.charts import legend, logarithmic, new_axes, short
from netable.pages.page import shown
from netable.pages.svg import SERIES
from netable.system.wording import counted
from netable.train import Epoch

_STACKS_SHOWN = 4
# Above this ratio of the largest to the smallest loss, a linear scale hides the end of a run.
_LOG_FROM = 8
# More layers are drawn in shades of one colour.
_LAYERS_IN_COLORS = 4
_LETTERS = "abcdefgh"
_ENDINGS = {
    "finished": "ended as planned",
    "stopped early": "stopped early",
    "out of time": "reached the time limit",
    "interrupted": "was interrupted",
    "diverged": "diverged (the best weights before that were kept)",
}
_STACK_SETTINGS = {
    "Network": "model",
    "Embedding": "embedding",
    "Categories": "categories",
    "Activation": "activation",
    "Dropout": "dropout",
    "lr": "lr",
    "Weight decay": "weight_decay",
}


def section(model: Model) -> Section:
    """The losses of each stack, the learning rate, the gradients, and the settings of the stacks."""
    epochs = model.history.epochs
    if not epochs:
        text = "The model has no history of epochs: it was trained with partial_fit."
        return Section("Training", [Paragraph(text)])
    stacks, settings = _heaviest(model), model.results.get("stacks") or []
    in_stacks = f" in {len(settings)} stacks" if len(settings) > 1 else ""
    members = model.results.get("members", len(epochs[0].train_loss))
    blocks: list[Block] = [
        Paragraph(
            f"The model has {counted(members, 'network')}{in_stacks}. Training {_ENDINGS[model.history.ending]} after "
            f"{counted(model.history.n_epochs, 'epoch')}."
        ),
        _losses(model, stacks),
        _pace(model, stacks),
    ]
    if len(settings) > 1:
        blocks.append(_settings(settings))
    return Section("Training", blocks)


def _losses(model: Model, stacks: Sequence[int]) -> Illustration:
    """The losses of each of these stacks by epoch."""
    has_valid = any(loss is not None for epoch in model.history.epochs for loss in epoch.valid_loss)
    caption = (
        f"Loss by epoch, on training rows (blue){' and on held-out rows (orange)' if has_valid else ''}; thin lines "
        "are single networks, thick lines their mean, dots the epochs whose weights were kept."
    )
    if has_valid:
        caption += " Held-out losses that rise while training losses fall indicate overfitting."
    if len(stacks) < _n_stacks(model):
        caption += f" The {len(stacks)} stacks of the largest weight are shown."
    return Illustration([_losses_of(model, stack) for stack in stacks], caption)


def _pace(model: Model, stacks: Sequence[int]) -> Illustration:
    """The learning rate, and the gradients by layer of the stacks that were probed."""
    panels = [_rates(model.history.epochs, stacks), *_gradients(model, stacks)]
    caption = "The learning rate at the end of each epoch."
    if len(panels) > 1:
        caption = (
            f"(a) {caption} ({'b' if len(panels) == 2 else f'b–{_LETTERS[len(panels) - 1]}'}) The norm of the "
            "gradient of each layer's weights, the median over networks. Layers far below the others hardly learn."
        )
    return Illustration(panels, caption)


def _n_stacks(model: Model) -> int:
    return 1 + max(epoch.stack for epoch in model.history.epochs)


def _heaviest(model: Model) -> list[int]:
    """The stacks that are shown: those of the largest weight, in their order."""
    present = sorted({epoch.stack for epoch in model.history.epochs})
    weights = {i: stack.get("weight", 0.0) for i, stack in enumerate(model.results.get("stacks") or [])}
    return sorted(sorted(present, key=lambda stack: -weights.get(stack, 0.0))[:_STACKS_SHOWN])


def _losses_of(model: Model, stack: int) -> Panel:
    epochs = [epoch for epoch in model.history.epochs if epoch.stack == stack]
    places = np.array([epoch.epoch for epoch in epochs])
    train = np.array([epoch.train_loss for epoch in epochs], dtype=float)  # None becomes NaN
    valid = np.array([epoch.valid_loss for epoch in epochs], dtype=float)
    chart, ax = new_axes("epoch", "loss")
    means = []
    for losses, color in ((train, SERIES[0]), (valid, SERIES[1])):
        if not losses.size or np.isnan(losses).all():
            continue
        known = losses[:, ~np.isnan(losses).all(0)]
        ax.plot(places, known, color=color, lw=0.8, alpha=0.35, marker="." if len(places) == 1 else "")
        means.append(known.mean(1))
        ax.plot(places, means[-1], color=color, lw=2, marker="o" if len(places) == 1 else "", ms=4)
    _scale(ax, np.concatenate([train.ravel(), valid.ravel()]))
    _mark_best(model, stack, places, valid, ax)
    description = "No training loss is finite."
    if np.isfinite(train).any():
        description = f"Training loss from {shown(means[0][0])} to {shown(means[0][-1])}."
        if len(means) > 1:
            first, last, best = map(shown, (means[1][0], means[1][-1], np.nanmin(means[1])))
            description += f" Held-out loss from {first} to {last}, at best {best}."
    settings = model.results.get("stacks") or []
    title = (
        f"Stack {stack + 1}, {settings[stack]['weight']:.0%} of the blend" if len(settings) > 1 else "Losses"
    )
    return Panel(chart, title, description)


def _scale(ax: Axes, losses: NDArray[np.float64]) -> None:
    """Use a log scale if the losses span orders of magnitude; else clip the axis to all but the largest losses."""
    losses = losses[np.isfinite(losses)]
    if not len(losses):
        return
    low, top = float(losses.min()), float(np.quantile(losses, 0.995))
    if low > 0 and losses.max() / low > _LOG_FROM:
        logarithmic(ax)
    else:
        margin = 0.05 * (top - low) or 1.0
        ax.set_ylim(low - margin, top + margin)


def _mark_best(model: Model, stack: int, places: np.ndarray, valid: np.ndarray, ax: Axes) -> None:
    """Mark the held-out loss of each network at the epoch whose weights it kept."""
    history = model.history
    per_stack = len(history.best_epochs) // max(_n_stacks(model), 1)
    best = history.best_epochs[stack * per_stack : (stack + 1) * per_stack]
    for part, member in enumerate(history.judged_members):
        if valid.size and member < len(best) and best[member] in places:
            at = int(np.flatnonzero(places == best[member])[0])
            ax.plot(places[at], valid[at, part], "o", ms=4, color=SERIES[1], mec="none")


def _rates(epochs: Sequence[Epoch], stacks: Sequence[int]) -> Panel:
    chart, ax = new_axes("epoch", "learning rate", height=210)
    drawn: list[list[tuple[int, float]]] = []
    for stack in stacks:
        rates = [(epoch.epoch, epoch.lr) for epoch in epochs if epoch.stack == stack]
        if rates not in drawn:
            color = SERIES[len(drawn) % len(SERIES)]
            drawn.append(rates)
            ax.plot(*zip(*rates, strict=True), color=color, label=f"stack {stack + 1}")
    if len(drawn) > 1:
        legend(ax)
    ax.set_ylim(bottom=0)
    most = max(epoch.lr for epoch in epochs)
    return Panel(chart, "Learning rate", f"At most {shown(most)}, finally {shown(epochs[-1].lr)}.")


def _gradients(model: Model, stacks: Sequence[int]) -> list[Panel]:
    """The gradient norms by layer of the stacks that were probed."""
    panels = []
    for stack in stacks:
        by_epoch = {r.epoch: r.gradient_norms for r in model.history.readings if r.stack == stack}
        labels = _layers(list(next(iter(by_epoch.values()), {})))
        curves = {
            # A model file holds None for an infinite norm.
            name: [(epoch, norm) for epoch, norms in by_epoch.items() if (norm := norms[name] or 0.0) > 0]
            for name in labels
        }
        curves = {name: curve for name, curve in curves.items() if curve}
        if len(by_epoch) < 2 or not curves:
            continue
        chart, ax = new_axes("epoch", "norm of gradient", height=210)
        for place, (name, curve) in enumerate(curves.items()):
            color, alpha, label = SERIES[place % len(SERIES)], 1.0, labels[name]
            if len(curves) > _LAYERS_IN_COLORS:  # darker towards the output
                color, alpha = SERIES[0], 0.35 + 0.65 * (place + 1) / len(curves)
                label = label if place in (0, len(curves) - 1) else ""
            ax.plot(*zip(*curve, strict=True), "o-", ms=3, color=color, alpha=alpha, label=label or None)
        logarithmic(ax)
        legend(ax)
        last = next(reversed(by_epoch.values()))
        description = "; ".join(f"{labels[name]} {shown(last[name] or 0.0, 2)}" for name in curves)
        title = "Gradients by layer" + (f", stack {stack + 1}" if _n_stacks(model) > 1 else "")
        panels.append(Panel(chart, title, f"In the last epoch probed: {description}."))
    return panels


def _layers(names: Sequence[str]) -> dict[str, str]:
    """Labels of weights: those of the body are numbered from the input side, and the last one is the output layer."""
    body = [name for name in names if "body." in name]
    labels = {name: short(name.removesuffix(".weight"), 20) for name in names}
    labels |= {name: f"hidden layer {number}" for number, name in enumerate(body, 1)}
    return labels | dict.fromkeys(names[-1:], "output layer")


def _unread(stack: dict[str, Any]) -> set[str]:
    """The settings of networks that those of a stack do not read, such as the hidden layers of a linear model."""
    every = {name for spec in BODY_SPECS.values() for name in spec.settings}
    spec = BODY_SPECS.get(str(stack.get("model")))
    if not spec:
        return set()
    return every - set(spec.settings) | ({"weight_decay"} if spec.is_grown else set())


def _settings(stacks: Sequence[dict[str, Any]]) -> Table:
    rows = []
    for number, stack in enumerate(stacks, 1):
        stack = stack | dict.fromkeys(_unread(stack), "none")
        widths = stack.get("hidden_layer_sizes") or "none"
        widths = widths if isinstance(widths, str) else ", ".join(map(str, widths))
        settings = (stack.get(setting) for setting in _STACK_SETTINGS.values())
        rows.append((number, 100 * stack["weight"], widths, *settings))
    return Table(
        "The stacks of networks. Their weights in the blend minimize the held-out loss.",
        ("Stack", "Blend, %", "Hidden layers", *_STACK_SETTINGS),
        rows,
    )

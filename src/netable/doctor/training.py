"""Verdicts on a training run: losses, learning rates, overfitting, early ends.

Losses are compared with that of the best constant; docs/doctor.md has the source of the thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netable.doctor.gradients import dead_units, exploding_gradient, saturated_units, vanishing_gradient
from netable.doctor.verdict import SEVERITIES, Severity, Verdict
from netable.system.wording import counted

Floats = NDArray[np.float64]

# The ratio of an epoch's loss to a constant's; clean runs stay below 1.1.
TOO_HIGH = 1.25
# A learning rate this many times smaller than the usual one is low.
LOW_RATE = 20
# The ratio of the loss to a constant's, above which hardly anything was learned.
HARDLY = 0.92
# The share of the whole improvement that came in the second half of a run, above which more epochs would help.
STILL_IMPROVING = 0.15
# The rise of the validation loss from its best epoch to the last.
OVERFITTED = 1.15
# The ratio of the validation loss to the training loss, above which rows were memorized.
MEMORIZED = 20
# The ratio of the first loss to the best constant's on the same rows; above the second, recovery takes long.
BAD_START, VERY_BAD_START = 1.5, 10.0
# The ratio of the loss to a constant's, above which a run is useless.
USELESS = 0.99
# Fewer epochs make no curve.
FEWEST_EPOCHS = 4


@dataclass(frozen=True)
class Run:
    """The training of one stack; NaN stands for what is unknown."""

    train_loss: Floats  # (epochs, members)
    valid_loss: Floats  # (epochs,), the mean over held-out parts; NaN where nothing is held out
    constant_loss: float = np.nan  # the approximate loss of the best constant
    first_loss: float = np.nan  # of the first step
    first_ratio: float = np.nan  # of the first loss to the best constant's on the same rows
    ending: str = "finished"  # as in the history
    max_epochs: int = 1
    keeps_best: bool = False  # True if the weights of the best epoch were kept, rather than the last ones
    lr: float = np.nan  # the highest
    usual_lr: float = np.nan  # the default
    activation: str = ""
    # (readings, hidden layers), input side first; and (readings, members), the length of the whole gradient.
    gradient_norms: Floats = field(default_factory=lambda: np.empty((0, 0)))
    lengths: Floats = field(default_factory=lambda: np.empty((0, 0)))
    # The shares of dead units and of saturated values by layer, in the last reading.
    dead: dict[str, float] = field(default_factory=dict)
    saturated: dict[str, float] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """The number of finished epochs."""
        return len(self.train_loss)

    @property
    def judging_loss(self) -> Floats:
        """The validation loss, or the training loss where nothing is held out."""
        return self.train_loss.mean(1) if np.isnan(self.valid_loss).any() else self.valid_loss

    @property
    def is_useless(self) -> bool:
        """True if the weights that were kept are no better than a constant."""
        if not self.epochs:
            return True
        loss = self.judging_loss.min() if self.keeps_best else self.judging_loss[-1]
        return bool(loss > USELESS * self.constant_loss)


def diagnose_training(runs: Sequence[Run]) -> list[Verdict]:
    """The verdicts on the stacks of a model, the gravest of each id."""
    gravest: dict[str, Verdict] = {}
    for run in runs:
        for verdict in _diagnose(run):
            known = gravest.get(verdict.id)
            if known is None or SEVERITIES.index(verdict.severity) < SEVERITIES.index(known.severity):
                gravest[verdict.id] = verdict
    if "stopped_early" in gravest and not all(stopped_early(run) for run in runs):
        del gravest["stopped_early"]  # the blend has little to gain if one stack has converged
    return list(gravest.values())


def diagnose_early(run: Run) -> list[Verdict]:
    """The verdicts that can be given before a run has ended."""
    verdicts = [lr_too_high(run)]
    if run.epochs >= max(FEWEST_EPOCHS, run.max_epochs / 5):
        verdicts.append(lr_too_low(run))
    return [verdict for verdict in verdicts if verdict]


def _diagnose(run: Run) -> list[Verdict]:
    serious: Severity = "serious" if run.is_useless else "warning"
    gradients = [
        exploding_gradient(run.lengths, run.gradient_norms, run.ending),
        vanishing_gradient(run.gradient_norms, run.activation, serious),
        dead_units(run.dead, serious),
        saturated_units(run.saturated, run.activation, serious),
    ]
    losses = [bad_first_loss(run), overfitting(run)]
    verdicts = [verdict for verdict in (lr_too_high(run), *gradients, *losses) if verdict]  # causes first
    if not verdicts:  # otherwise another problem would look like too little training
        verdicts = [verdict for verdict in (lr_too_low(run) or stopped_early(run),) if verdict]
    return verdicts


def lr_too_high(run: Run) -> Verdict | None:
    """Epochs whose loss is higher than a constant's, or an infinite loss."""
    start = np.fmax(run.constant_loss, run.first_loss)
    losses = np.median(run.train_loss, axis=1) if run.epochs else np.zeros(1)
    worst = int(losses.argmax())
    if start > 0 and losses[worst] > TOO_HIGH * start:
        seen = (
            f"In epoch {worst + 1} the training loss was {losses[worst] / start:.3g} times that of a constant"
        )
    elif run.ending == "diverged":
        seen = f"The loss became infinite in epoch {run.epochs + 1}"
    else:
        return None
    is_usual = run.lr <= run.usual_lr and run.ending != "diverged"
    if is_usual and (run.epochs < FEWEST_EPOCHS or not run.is_useless):
        return None  # steps that begin too large are part of the usual rate, and of runs that then go well
    is_default_lower = run.lr > run.usual_lr
    remedy = f"lr={run.usual_lr:g}, the default" if is_default_lower else f"lr={run.lr / 10:.2g}, a tenth"
    return Verdict(
        "lr_too_high",
        "serious" if run.is_useless or run.ending == "diverged" else "warning",
        f"{seen}, at a learning rate of at most {run.lr:.3g}.",
        "Steps that are too large overshoot the minimum; in the end the loss becomes infinite.",
        f"{remedy}; or clip_norm=1.",
    )


def lr_too_low(run: Run) -> Verdict | None:
    """A learning rate far below the usual one with hardly any, or still fast, improvement."""
    if run.epochs < FEWEST_EPOCHS or np.isnan(run.constant_loss):
        return None
    losses = run.train_loss.mean(1)
    hardly = losses.min() > HARDLY * run.constant_loss
    is_low = run.lr < run.usual_lr / LOW_RATE
    if np.isnan(run.usual_lr):  # then it is low if every epoch improves a little
        is_low = hardly and bool((np.diff(losses) < 0).mean() > 0.9)
    if not is_low or not (hardly or _late_gain(run) > STILL_IMPROVING):
        return None
    remedy = f"lr={10 * run.lr:.2g}" if np.isnan(run.usual_lr) else f"lr={run.usual_lr:g}, the default"
    return Verdict(
        "lr_too_low",
        "serious" if hardly else "warning",
        f"After {run.epochs} epochs the training loss was {losses.min() / run.constant_loss:.3g} of a constant's, at a "
        f"learning rate of {run.lr:.3g}"
        + ("." if np.isnan(run.usual_lr) else f"; the usual one is {run.usual_lr:g}."),
        "Steps this small do not get far in the given number of epochs.",
        f"{remedy}.",
    )


def bad_first_loss(run: Run) -> Verdict | None:
    """A first loss far above that of the best constant."""
    if not run.first_ratio > BAD_START:
        return None
    return Verdict(
        "bad_first_loss",
        "warning" if run.first_ratio > VERY_BAD_START else "note",
        f"The first loss was {run.first_loss:.3g}, which is {run.first_ratio:.3g} times the best constant's loss.",
        "An untrained network should predict a constant; otherwise the first epochs are spent undoing its initial "
        "weights.",
        "Initialize the last layer's weights to zero and its bias to the target's mean (for classes: the log odds); "
        "for regression, standardize the target.",
    )


def overfitting(run: Run) -> Verdict | None:
    """Weights that are far better on training rows than on others, or worse on others than earlier weights."""
    if run.epochs < FEWEST_EPOCHS or np.isnan(run.valid_loss).any():
        return None
    train, valid = run.train_loss.mean(1), run.valid_loss
    best = int(valid.argmin())
    chosen = best if run.keeps_best else run.epochs - 1
    rose = valid[chosen] > OVERFITTED * valid[best] and train[chosen] < train[best]
    memorized = train[chosen] < valid[chosen] / MEMORIZED and valid[chosen] > run.constant_loss / 2
    if not (rose or memorized):
        return None
    seen = f"The validation loss was lowest in epoch {best + 1} ({valid[best]:.3g})"
    if rose:
        seen += f" and rose to {valid[chosen]:.3g} by epoch {chosen + 1}"
    seen += f"; the training loss fell to {train[chosen]:.2g}"
    remedies = ["dropout=0.3", "fewer units, such as hidden_layer_sizes=[32, 32]"]
    if not run.keeps_best:
        remedies.insert(0, f"early_stopping, which keeps the best epoch; or max_epochs={best + 1}")
    return Verdict(
        "overfitting",
        "serious" if run.is_useless else "warning",
        f"{seen}{', and the last weights were kept' if rose else ''}.",
        "The network memorized its training rows, which does not help with others.",
        f"{'; or '.join(remedies)}.",
    )


def stopped_early(run: Run) -> Verdict | None:
    """A run that was still improving when its epochs, or its time, ran out."""
    ended = {
        "finished": f"max_epochs={run.max_epochs} was reached",
        "out of time": "the time limit was reached",
        "interrupted": "it was interrupted",
    }.get(run.ending)
    if not ended or not run.epochs:
        return None
    gain = _late_gain(run)
    if run.epochs > 1 and not gain > STILL_IMPROVING:
        return None
    more = {
        "finished": f"max_epochs={4 * run.max_epochs}; by default the number depends on the rows",
        "out of time": "a longer time_limit",
    }
    seen = f"After {counted(run.epochs, 'epoch')} {ended}, and the loss was still falling"
    if run.epochs > 1:
        seen += f": the second half brought {gain:.0%} of the improvement"
    return Verdict(
        "stopped_early",
        "warning",
        f"{seen}.",
        "More training would very likely make a better network.",
        f"{more.get(run.ending, 'an uninterrupted run')}.",
    )


def _late_gain(run: Run) -> float:
    """The share of the whole improvement that came in the second half; 0 if hardly anything was learned."""
    losses = run.judging_loss
    if run.epochs < 2 or np.isnan(run.constant_loss):
        return 0.0
    # A cyclic schedule has just begun its last cycle at half time, so the minimum, not the last loss, is compared.
    half, best = losses[: len(losses) // 2].min(), losses.min()
    learned = run.constant_loss - best
    return float((half - best) / learned) if learned > 0.02 * run.constant_loss else 0.0

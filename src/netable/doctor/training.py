"""What a training run tells: losses that do not fall, and gradients and units that do not do their work.

All losses are compared with what the best constant loses; docs/doctor.md tells where the thresholds come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netable.doctor.gradients import dead_units, exploding_gradient, saturated_units, vanishing_gradient
from netable.doctor.verdict import SEVERITIES, Severity, Verdict

Floats = NDArray[np.float64]

# Epochs whose loss is so many times a constant's: healthy runs stay below 1.1.
TOO_HIGH = 1.25
# A learning rate so many times smaller than the usual one is low.
LOW_RATE = 20
# What is left of a constant's loss where hardly anything was learned.
HARDLY = 0.92
# The share of all that was learned which the second half of a run brought, where more epochs would bring more.
STILL_IMPROVING = 0.15
# The rise of the validation loss from its best epoch to the last.
OVERFITTED = 1.15
# How many times smaller the training loss is than the validation loss where rows were learned by heart.
BY_HEART = 20
# The first loss, as a multiple of the best constant's on the same rows; from the second on it takes long to make good.
BAD_START, VERY_BAD_START = 1.5, 10.0
# How close to a constant's loss a run is that is no use.
USELESS = 0.99
# Fewer epochs are no curve.
FEWEST_EPOCHS = 4


@dataclass(frozen=True)
class Run:
    """One stack's run of the loop.

    Attributes
    ----------
    train_loss : (epochs, members)
    valid_loss : (epochs,), the mean over held-out parts; NaN where nothing is held out
    constant_loss : float
        About what the best constant loses; NaN if that is not known.
    first_loss : float
        That of the first step.
    first_ratio : float
        The first loss as a multiple of the best constant's on the same rows; NaN if that is not known.
    ending : str
        As in the history.
    max_epochs : int
        Epochs that the run may take.
    keeps_best : bool
        Whether the weights of the best epoch were kept; else the last ones were.
    lr, usual_lr : float
        The highest learning rate, and what it would be by default; NaN where there is none.
    activation : str
        The name of what follows the hidden layers; "" if it is not known.
    layers : tuple of str
        The hidden layers' weight matrices, input side first.
    gradient_norms : (readings, layers)
    lengths : (readings, members)
        That of the whole gradient.
    dead, saturated : mapping of layer to the share of its units or values, in the last reading
    """

    train_loss: Floats
    valid_loss: Floats
    constant_loss: float = np.nan
    first_loss: float = np.nan
    first_ratio: float = np.nan
    ending: str = "finished"
    max_epochs: int = 1
    keeps_best: bool = False
    lr: float = np.nan
    usual_lr: float = np.nan
    activation: str = ""
    layers: tuple[str, ...] = ()
    gradient_norms: Floats = field(default_factory=lambda: np.empty((0, 0)))
    lengths: Floats = field(default_factory=lambda: np.empty((0, 0)))
    dead: dict[str, float] = field(default_factory=dict)
    saturated: dict[str, float] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Epochs that were finished."""
        return len(self.train_loss)

    @property
    def judging_loss(self) -> Floats:
        """The validation loss, or the training loss where nothing is held out."""
        return self.train_loss.mean(1) if np.isnan(self.valid_loss).any() else self.valid_loss

    @property
    def is_useless(self) -> bool:
        """Whether what was kept is no better than a constant."""
        if not self.epochs:
            return True
        kept = self.judging_loss.min() if self.keeps_best else self.judging_loss[-1]
        return bool(kept > USELESS * self.constant_loss)


def diagnose_training(runs: Sequence[Run]) -> list[Verdict]:
    """The verdicts on the stacks of a model, one of each id: the gravest."""
    found: dict[str, Verdict] = {}
    for run in runs:
        for verdict in _diagnose(run):
            known = found.get(verdict.id)
            if known is None or SEVERITIES.index(verdict.severity) < SEVERITIES.index(known.severity):
                found[verdict.id] = verdict
    if "stopped_early" in found and not all(stopped_early(run) for run in runs):
        del found["stopped_early"]  # where one stack has come to its end, the blend has little to gain
    return list(found.values())


def diagnose_early(run: Run) -> list[Verdict]:
    """The verdicts that a run need not be over for."""
    told = [lr_too_high(run)]
    if run.epochs >= max(FEWEST_EPOCHS, run.max_epochs / 5):
        told.append(lr_too_low(run))
    return [verdict for verdict in told if verdict]


def _diagnose(run: Run) -> list[Verdict]:
    serious: Severity = "serious" if run.is_useless else "warning"
    gradients = [
        exploding_gradient(run.lengths, run.gradient_norms, run.ending),
        vanishing_gradient(run.gradient_norms, run.activation, serious),
        dead_units(run.dead, serious),
        saturated_units(run.saturated, run.activation, serious),
    ]
    losses = [bad_first_loss(run), overfitting(run)]
    told = [verdict for verdict in (lr_too_high(run), *gradients, *losses) if verdict]  # causes first
    if not told:  # what else is wrong would be taken for too little training
        told = [verdict for verdict in (lr_too_low(run) or stopped_early(run),) if verdict]
    return told


def lr_too_high(run: Run) -> Verdict | None:
    """Epochs that lose more than a constant, or a loss that is no longer finite."""
    why = "Steps that are too large jump over what they look for; in the end they make the loss infinite."
    start = np.fmax(run.constant_loss, run.first_loss)
    losses = np.median(run.train_loss, axis=1) if run.epochs else np.empty(0)
    worst = int(losses.argmax()) if len(losses) else 0
    if len(losses) and start > 0 and losses[worst] > TOO_HIGH * start:
        return Verdict(
            "lr_too_high",
            "serious" if run.is_useless or run.ending == "diverged" else "warning",
            f"In epoch {worst + 1} the training loss was {losses[worst] / start:.3g} times that of a constant, at a "
            f"learning rate of {run.lr:.3g} at most.",
            why,
            f"{_lower(run)}; or clip_norm=1.",
        )
    if run.ending == "diverged":
        seen = f"The loss was no longer finite in epoch {run.epochs + 1}, at a learning rate of {run.lr:.3g} at most."
        return Verdict("lr_too_high", "serious", seen, why, f"{_lower(run)}; or clip_norm=1.")
    return None


def _lower(run: Run) -> str:
    if run.lr > run.usual_lr:
        return f"lr={run.usual_lr:g}, the default"
    return f"lr={run.lr / 10:.2g}, a tenth"


def lr_too_low(run: Run) -> Verdict | None:
    """Hardly anything learned, or far from the end, at a rate far below the usual one."""
    if run.epochs < FEWEST_EPOCHS or np.isnan(run.constant_loss):
        return None
    losses = run.train_loss.mean(1)
    hardly = losses.min() > HARDLY * run.constant_loss
    is_low = run.lr < run.usual_lr / LOW_RATE
    if np.isnan(run.usual_lr):  # then it is low where every epoch brings the same little
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
        "Small steps are safe, but they do not get far in the epochs there are.",
        f"{remedy}.",
    )


def bad_first_loss(run: Run) -> Verdict | None:
    """A first loss far above that of the best constant."""
    if not run.first_ratio > BAD_START:
        return None
    return Verdict(
        "bad_first_loss",
        "warning" if run.first_ratio > VERY_BAD_START else "note",
        f"The first loss was {run.first_loss:.3g}, which is {run.first_ratio:.3g} times what the best constant loses.",
        "A network that knows nothing should begin as a constant; the first epochs go into unlearning what its first "
        "weights say.",
        "Start the last layer's weights at zero, and its bias at the target's mean (for classes: at the log odds); for "
        "numbers, standardize the target.",
    )


def overfitting(run: Run) -> Verdict | None:
    """Weights that are far better on their own rows than on others, or worse on others than earlier ones were."""
    if run.epochs < FEWEST_EPOCHS or np.isnan(run.valid_loss).any():
        return None
    train, valid = run.train_loss.mean(1), run.valid_loss
    best = int(valid.argmin())
    kept = best if run.keeps_best else run.epochs - 1
    rose = valid[kept] > OVERFITTED * valid[best] and train[kept] < train[best]
    by_heart = train[kept] < valid[kept] / BY_HEART and valid[kept] > run.constant_loss / 2
    if not (rose or by_heart):
        return None
    seen = f"The validation loss was lowest in epoch {best + 1} ({valid[best]:.3g})"
    if rose:
        seen += f" and rose to {valid[kept]:.3g} by epoch {kept + 1}"
    seen += f"; the training loss fell to {train[kept]:.2g}"
    remedies = ["dropout=0.3", "fewer units, such as hidden_layer_sizes=32,32"]
    if not run.keeps_best:
        remedies.insert(0, f"early_stopping, which keeps the best epoch; or max_epochs={best + 1}")
    return Verdict(
        "overfitting",
        "serious" if run.is_useless else "warning",
        f"{seen}{', and the last weights were kept' if rose else ''}.",
        "The network learned its own rows by heart, which is no help with others.",
        f"{'; or '.join(remedies)}.",
    )


def stopped_early(run: Run) -> Verdict | None:
    """A run that was still getting better when its epochs, or its time, came to an end."""
    ended = {
        "finished": f"max_epochs={run.max_epochs} was reached",
        "out of time": "the time was up",
        "interrupted": "it was interrupted",
    }.get(run.ending)
    if not ended or not run.epochs:
        return None
    gain = _late_gain(run)
    if run.epochs > 1 and not gain > STILL_IMPROVING:
        return None
    more = {"finished": f"max_epochs={4 * run.max_epochs}", "out of time": "a longer time_limit"}
    seen = f"After {run.epochs} epochs {ended}, and the loss was still falling"
    if run.epochs > 1:
        seen += f": the second half brought {gain:.0%} of all that was learned"
    return Verdict(
        "stopped_early",
        "warning",
        f"{seen}.",
        "More training would very likely make a better network.",
        f"{more.get(run.ending, 'a run that is left to end')}; by default the number of epochs depends on the rows.",
    )


def _late_gain(run: Run) -> float:
    """The share of all that was learned which came in the second half; 0 where hardly anything was learned."""
    losses = run.judging_loss
    if run.epochs < 2 or np.isnan(run.constant_loss):
        return 0.0
    # By a wave's schedule, at the half of a run its last wave has just begun; the one before it has come to its end.
    half, best = losses[: len(losses) // 2].min(), losses.min()
    learned = run.constant_loss - best
    return float((half - best) / learned) if learned > 0.02 * run.constant_loss else 0.0

"""The record of a training run, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from netable.system.brief import brief

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Readings of a stack that `probes` returns at most.
MOST_PROBES = 20
# Of several stacks, the last of these stands for all.
_ENDINGS = ("finished", "stopped early", "out of time", "interrupted", "diverged")
Ending = Literal["finished", "stopped early", "interrupted", "diverged", "out of time"]


class Epoch(NamedTuple):
    """One pass over the training rows.

    Attributes
    ----------
    epoch : int
        From 1.
    train_loss : list of float
        The mean over the steps, one a member.
    valid_loss : list of float or None
        One for each held-out part; None for one without weight.
    lr : float
        The highest learning rate in the last step.
    seconds : float
    max_epochs : int
        Epochs that the run may take.
    stack : int
    """

    epoch: int
    train_loss: list[float]
    valid_loss: list[float | None]
    lr: float
    seconds: float
    max_epochs: int
    stack: int = 0

    @property
    def mean_valid_loss(self) -> float | None:
        """The mean over the held-out parts; None if there are none with a loss."""
        losses = [loss for loss in self.valid_loss if loss is not None]
        return sum(losses) / len(losses) if losses else None


class Phase(NamedTuple):
    """Stacks that are trained side by side, and their share of a fit.

    Attributes
    ----------
    is_trial : bool
        True for short runs that decide something.
    stacks : int
    max_epochs : int
        Epochs that each of them may take.
    runs : int
        Stacks of all phases.
    before, share : float
        The share of all epochs, at most, that come before the phase, and that it takes.
    quick : tuple of int
        The numbers of stacks that take little time beside the others.
    """

    is_trial: bool
    stacks: int
    max_epochs: int
    runs: int
    before: float
    share: float
    quick: tuple[int, ...] = ()


class Reading(NamedTuple):
    """The readings of a probe in one step.

    Attributes
    ----------
    epoch, step : int
        From 1; steps are counted over the run.
    loss : list of float
        One a member.
    gradient_norms : dict of str to float
        The length of each weight matrix's gradient before clipping, the median over members; the input side first.
    lengths : list of float
        That of all matrices together, one a member.
    dead : dict of str to float
        For each ReLU layer the share of units that were zero for all rows of this and the last readings.
    saturated : dict of str to float
        For each sigmoid or tanh layer the share of values where the slope is nearly zero.
    stack : int
    """

    epoch: int
    step: int
    loss: list[float]
    gradient_norms: dict[str, float]
    lengths: list[float]
    dead: dict[str, float]
    saturated: dict[str, float]
    stack: int = 0


class EpochRows(list[dict[str, Any]]):
    """A row for each stack, epoch and member, as of `History.rows`."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the losses of each stack by epoch, the means over its members; dashed on training rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        """
        from netable.pages.plots import LOG_FROM, axes_or_new, draw_legend, name_axes

        ax = axes_or_new(ax)
        drawn: list[float] = []
        for stack in sorted({row["stack"] for row in self}):
            color = f"C{stack % 10}"
            for part, name, style in (("train", "training", "--"), ("valid", "held out", "-")):
                means = self._mean_losses(stack, f"{part}_loss")
                if means:
                    label = f"stack {stack + 1}, {name}"
                    marker = "o" if len(means) == 1 else ""
                    ax.plot(list(means), list(means.values()), style, color=color, marker=marker, label=label)
                    drawn += means.values()
        if drawn:
            draw_legend(ax)
            if max(drawn) > LOG_FROM * min(drawn) > 0:
                ax.set_yscale("log")
        name_axes(ax, "epoch", "loss")
        return ax

    def _mean_losses(self, stack: int, part: str) -> dict[int, float]:
        """The mean loss of a stack in each epoch that has one."""
        losses: dict[int, list[float]] = {}
        for row in self:
            if row["stack"] == stack and row[part] is not None:
                losses.setdefault(row["epoch"], []).append(row[part])
        return {epoch: sum(of_members) / len(of_members) for epoch, of_members in losses.items()}


@dataclass
class History:
    """The epochs of a run.

    Attributes
    ----------
    epochs : list of Epoch
    ending : str
        The reason why training ended.
    endings : list of str
        That of each stack; empty where there is one.
    best_epochs : list of int
        The best epoch of each candidate.
    judged_members : list of int
        The member that each held-out part measures.
    readings : list of Reading
        In order.
    constant_loss : float or None
        The approximate training loss of the best constant output, if known.
    first_ratio : float or None
        The loss of the first step, as a multiple of the best constant's loss in it.
    keeps_best : bool
        True if the weights of the best epochs are used, False for those of the last.
    activation : str
        The name of the first activation among the network's modules; "" if none is known.
    """

    epochs: list[Epoch] = field(default_factory=list)
    ending: Ending = "finished"
    best_epochs: list[int] = field(default_factory=list)
    judged_members: list[int] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    constant_loss: float | None = None
    first_ratio: float | None = None
    keeps_best: bool = False
    activation: str = ""
    endings: list[Ending] = field(default_factory=list)

    __repr__ = brief

    @classmethod
    def of_stacks(cls, histories: Sequence[History]) -> History:
        """The runs of several stacks as one; the ending is the most severe."""
        if len(histories) == 1:
            return histories[0]
        merged = cls()
        for stack, history in enumerate(histories):
            merged.epochs += [epoch._replace(stack=stack) for epoch in history.epochs]
            merged.best_epochs += history.best_epochs
            merged.readings += [reading._replace(stack=stack) for reading in history.readings]
        for name in ("judged_members", "constant_loss", "first_ratio", "keeps_best", "activation"):
            setattr(merged, name, getattr(histories[0], name))
        merged.endings = [history.ending for history in histories]
        merged.ending = max(merged.endings, key=_ENDINGS.index)
        return merged

    @classmethod
    def of_members(cls, histories: Sequence[History], members: Sequence[Sequence[int]]) -> History:
        """One run whose members were trained in several processes, which stopped together.

        Parameters
        ----------
        histories, members : sequences
            The run of each process, and the numbers of its members.
        """
        if len(histories) == 1:
            return histories[0]
        counts = [len(of_one) for of_one in members]
        numbers = [member for of_one in members for member in of_one]
        places = sorted(range(len(numbers)), key=numbers.__getitem__)

        def together(parts: Sequence[Any]) -> Any:
            """A value of all members: a mean of shares, or a list of one a member."""
            if isinstance(parts[0], dict):
                return {name: together([part[name] for part in parts]) for name in parts[0]}
            if isinstance(parts[0], list):
                values = [value for part in parts for value in part]
                return [values[place] for place in places]
            return sum(count * part for count, part in zip(counts, parts, strict=True)) / sum(counts)

        merged = cls(**vars(histories[0]))
        merged.ending = max((history.ending for history in histories), key=_ENDINGS.index)
        merged.epochs = [
            of_all[0]._replace(train_loss=together([epoch.train_loss for epoch in of_all]))
            for of_all in zip(*(history.epochs for history in histories), strict=False)
        ]
        measured = ("loss", "gradient_norms", "lengths", "dead", "saturated")
        merged.readings = [
            of_all[0]._replace(
                **{name: together([getattr(one, name) for one in of_all]) for name in measured}
            )
            for of_all in zip(*(history.readings for history in histories), strict=False)
        ]
        if all(history.first_ratio is not None for history in histories):
            merged.first_ratio = together([history.first_ratio for history in histories])
        return merged

    def state_dict(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        vars(self).update(state)
        self.epochs = [Epoch(*epoch) for epoch in state["epochs"]]
        self.readings = [Reading(*reading) for reading in state["readings"]]

    @property
    def n_epochs(self) -> int:
        """The epochs of the longest run."""
        return max((epoch.epoch for epoch in self.epochs), default=0)

    def probes(self) -> list[dict[str, Any]]:
        """Readings of some epochs, rounded, ready for JSON."""
        shown = []
        for stack in {reading.stack: None for reading in self.readings}:
            of_stack = [reading for reading in self.readings if reading.stack == stack]
            for reading in of_stack[:: -(-len(of_stack) // MOST_PROBES)]:
                values = {name: getattr(reading, name) for name in ("stack", "epoch", "step")}
                for name in ("gradient_norms", "dead", "saturated"):
                    rounded = {key: float(f"{value:.3g}") for key, value in getattr(reading, name).items()}
                    values[name] = rounded
                shown.append(values)
        return shown

    def rows(self) -> EpochRows:
        """A row for each stack, epoch and member, for a table or a plot."""
        return EpochRows(
            {
                "stack": e.stack,
                "epoch": e.epoch,
                "member": member,
                "train_loss": loss,
                "valid_loss": self._valid_loss(e, member),
                "lr": e.lr,
                "seconds": e.seconds,
            }
            for e in self.epochs
            for member, loss in enumerate(e.train_loss)
        )

    def _valid_loss(self, epoch: Epoch, member: int) -> float | None:
        parts = zip(epoch.valid_loss, self.judged_members, strict=False)
        losses = [loss for loss, judged in parts if judged == member and loss is not None]
        return sum(losses) / len(losses) if losses else None

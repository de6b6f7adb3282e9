"""Fewer networks of a model, and what that costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from netable.errors import ConfigError
from netable.nn import Ensemble
from netable.nn.build import some_members
from netable.system.wording import counted
from netable.train.metrics import metric_names

if TYPE_CHECKING:
    from netable.model.model import Model


@dataclass(frozen=True)
class Cost:
    """The main metric of a model and of a smaller one, on the same rows.

    Attributes
    ----------
    rows : int
    metric : str
    whole, pruned : float
    """

    rows: int
    metric: str
    whole: float | None
    pruned: float | None

    @property
    def change(self) -> float | None:
        """The error of the smaller model over that of the whole one, less 1."""
        return self.pruned / self.whole - 1 if self.whole and self.pruned is not None else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"change": self.change}

    def told(self) -> str:
        """The cost in words."""
        whole, pruned = ("none" if part is None else f"{part:.4g}" for part in (self.whole, self.pruned))
        change = "" if self.change is None else f" ({self.change:+.1%})"
        return f"{self.metric} on {counted(self.rows, 'row')}: {whole} of all networks, {pruned} of those kept{change}"


def prune(model: Model, members: int) -> Model:
    """The model with so many networks of each stack, the first ones; stacks keep their weights.

    Networks of a stack differ by the rows that they learned from and by chance. Which of them predict best is not
    known: each was judged by rows of its own. Metrics out of fold, and intervals, are of one network of every stack, so
    they hold for the smaller model as for the whole one. Stacks without weight keep one network, which is not asked.

    Parameters
    ----------
    members : int
        Stacks with fewer stay as they are.

    Raises
    ------
    ConfigError
        If it is not a number of 1 or more.
    """
    if isinstance(members, bool) or not isinstance(members, int) or members < 1:
        raise ConfigError(
            f"The networks to keep of each stack must be a number of 1 or more; got {members!r}."
        )
    stacks, weights, kept, first = [], [], [], 0
    for stack in model.net.stacks:
        weight = model.net.weights[first : first + len(stack)]
        total = weight.sum()
        # The heaviest; as a rule all weights of a stack are equal.
        some = (-weight).argsort(stable=True)[: members if total else 1].sort().values
        stacks.append(some_members(stack, some.tolist()))
        weights.append(weight[some] * (total / weight[some].sum() if total else 1))
        kept += (first + some).tolist()
        first += len(stack)
    net = Ensemble.trained(stacks, torch.cat(weights))
    results = model.results | {"members": len(net)} if "members" in model.results else model.results
    return replace(model, net=net, objective=model.objective.take(kept), results=results)


def cost_of(whole: Model, pruned: Model, source: Any) -> Cost | None:
    """What the smaller model loses on labelled rows; None if they have no target.

    Raises
    ------
    UserError
        As `Model.evaluate`.
    """
    if not set(whole.target.names) <= set(whole.read(source).column_names):
        return None
    metric = metric_names(whole.task, whole.recipe.loss)[0]
    found = [model.evaluate(source) for model in (whole, pruned)]
    return Cost(found[0]["rows"], metric, *(each["metrics"][metric] for each in found))

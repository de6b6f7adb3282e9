"""What a model with fewer networks loses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from netable.model.model import Model
from netable.system.wording import counted
from netable.train.metrics import metric_names


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

"""The README of an ejected folder."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from string import Template

from netable.deploy.contract.inputs import Input
from netable.deploy.contract.proof import Proof
from netable.model.model import Model
from netable.system.safe_text import plain
from netable.system.wording import quoted
from netable.table.target import Target
from netable.train import Objective

# Each loss of the names `outcome`, `y` and `some`, in units of the target.
_LOSSES = {
    "mse": "F.mse_loss(outcome, y[some])",
    "mae": "F.l1_loss(outcome, y[some])",
    "huber": "F.huber_loss(outcome, y[some], delta={deviation:.3g})",
    "quantile": "torch.maximum({quantile} * (y[some] - outcome), {rest:.3g} * (outcome - y[some])).mean()",
    "poisson": "F.poisson_nll_loss(outcome, y[some], log_input=False)",
}
_OF_CLASSES = "F.nll_loss(outcome.log(), y[some])"


def readme(model: Model, inputs: Sequence[Input], proof: Proof | None) -> str:
    """How to predict with a folder, how to train it on, and what it was compared with."""
    target = model.target
    template = Template((files("netable.deploy.torch") / "templates" / "README.md").read_text("utf-8"))
    columns = [(each.column.name, each.column.kind, each.column.form) for each in inputs]
    return template.substitute(
        title=_cell(title(target)),
        version=version("netable"),
        proof=f"It was {proof.told()}." if proof else "It was not compared with its model.",
        loss=_loss(model.objective),
        columns="\n".join(f"| {' | '.join(map(_cell, cells))} |" for cells in columns),
    )


def title(target: Target) -> str:
    """The task and the targets."""
    task = "Regression" if target.task == "regression" else "Classification"
    return f"{task} of {quoted(target.names)}"


def _loss(objective: Objective) -> str:
    """The loss that the model was trained with."""
    if objective.task != "regression":
        return _OF_CLASSES
    scale = objective.scale
    deviation = float(scale.deviation.mean()) if scale else 1.0
    loss = _LOSSES[objective.loss]
    return loss.format(deviation=deviation, quantile=objective.quantile, rest=1 - objective.quantile)


def _cell(text: str) -> str:
    """A text within a line or a table of Markdown."""
    return plain(text, keep="").replace("|", "\\|")

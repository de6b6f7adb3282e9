"""The code of a whole model: the mean of its networks' predictions, their intervals, and targets to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from netable.deploy.torch.columns import number_parser
from netable.deploy.torch.networks import Given, Tensors, stack_lines, stack_tensors
from netable.deploy.torch.script import Group, brackets, call, indented, numbered, quoted, written
from netable.model.intervals import Ends
from netable.model.model import Model
from netable.nn import Ensemble
from netable.system.wording import counted, percent
from netable.table.canonical.forms import split
from netable.table.target import Target
from netable.train import Objective
from netable.train.scale import LARGEST_EXPONENT

# What makes predictions of equal error, and the way back, as `netable.model.intervals.UNITS`.
_UNITS = {
    "own": ("{}", "{}"),
    "log": ("log({})", "exp({})"),
    "log1p": ("np.log1p({})", "expm1({})"),
    "root": ("np.sqrt({})", "square({})"),
}
_BOUNDED = "What is too large for the precision of the networks becomes its largest number."
_SMALLER = "Less numbers that they are near to, so that the precision of the networks is enough."
_MAX = f"clamp(max={LARGEST_EXPONENT})"


class Parts(NamedTuple):
    """What a script is made of.

    Attributes
    ----------
    net : Ensemble
        Stacks with a member of positive weight.
    objective : Objective
        Of their members.
    target : Target
    ends : sequence of Ends
        Of the intervals of each target, if there are any.
    offset : Tensor, or None
        Subtracted from numbers, if any is not 0: (d_num,), float64.
    given : Given
    """

    net: Ensemble
    objective: Objective
    target: Target
    ends: Sequence[Ends]
    offset: Tensor | None
    given: Given

    @classmethod
    def of(cls, model: Model, coverage: float | None) -> Parts:
        """The parts of a model, with intervals of a coverage."""
        net, members = model.net.counting()
        encoder = model.encoder
        given = Given(
            bool(encoder.d_num), bool(encoder.d_cat), "double" if net.dtype == torch.float64 else "float"
        )
        offset = torch.tensor(encoder.offsets, dtype=torch.float64) if any(encoder.offsets) else None
        ends = model.intervals.ends(coverage) if coverage is not None else ()
        return cls(net, model.objective.take(members), model.target, ends, offset, given)

    def names(self) -> list[str]:
        """The name of each stack in the state of the model."""
        count = len(self.net.stacks)
        return [f"stacks.{i}" for i in range(count)] if count > 1 else ["networks"]

    def tensors(self) -> Tensors:
        """The state of the model by the names that its script gives."""
        stacks = zip(self.names(), self.net.stacks, strict=True)
        named = {f"{name}.{key}": t for name, stack in stacks for key, t in stack_tensors(stack).items()}
        return named | _buffers(self)


def network_sections(parts: Parts) -> list[str]:
    """A class for each stack, equal ones once, and the class `Model`."""
    bodies = ["\n".join(indented(stack_lines(stack, parts.given))) for stack in parts.net.stacks]
    distinct = list(dict.fromkeys(bodies))
    names = [name.replace("_", "") for name in numbered("Networks", len(distinct))]
    classes = [f"class {name}(nn.Module):\n{body}" for name, body in zip(names, distinct, strict=True)]
    made = [f"{names[distinct.index(body)]}()" for body in bodies]
    return [*classes, "\n".join(["class Model(nn.Module):", *indented(_model_lines(parts, made))])]


def _model_lines(parts: Parts, stacks: Sequence[str]) -> Iterator[str]:
    target, given = parts.target, parts.given
    what = "Probabilities of the classes" if target.task != "regression" else "Predictions"
    yield f'"""The weighted mean of {counted(len(parts.net), "network")}."""'
    yield ""
    yield "def __init__(self) -> None:"
    yield "    super().__init__()"
    if len(stacks) > 1:
        yield from written(call("nn.ModuleList", brackets(stacks)), "self.stacks = ", indent=4)
    else:
        yield f"    self.networks = {stacks[0]}"
    for name, tensor in _buffers(parts).items():
        sizes = ", ".join(map(str, tensor.shape)) or "()"
        yield f"    self.{name} = nn.Buffer(torch.zeros({sizes}, dtype=torch.float64))"
    yield ""
    yield f"def forward(self, {given.parameters}) -> Tensor:"
    yield f'    """{what}: (rows, {target.width})."""'
    yield from indented(_forward_lines(parts))


def _forward_lines(parts: Parts) -> Iterator[str]:
    given, arguments = parts.given, ", ".join(parts.given.names)
    if given.numbers:
        number = "numbers" if parts.offset is None else "(numbers - self.offset)"
        yield f"# {_SMALLER if parts.offset is not None else _BOUNDED}"
        yield f"numbers = {number}.clamp(-LARGEST, LARGEST).{given.cast}()"
    yield "# What each network puts out: (networks, rows, outputs)."
    if len(parts.net.stacks) > 1:
        yield f"outputs = torch.cat([stack({arguments}) for stack in self.stacks]).double()"
    else:
        yield f"outputs = self.networks({arguments}).double()"
    yield from _predicted(parts.objective)
    yield "# Their mean, by the share of each network."
    yield "return (self.share * outputs).sum(0)"


def _predicted(objective: Objective) -> Iterator[str]:
    """Lines that make predictions of outputs, as `netable.train.objective` makes them."""
    scale = objective.scale
    if objective.task != "regression":
        yield "# Logits become probabilities."
        logits = "outputs" if objective.temperature == 1 else "(outputs / self.temperature)"
        if objective.task == "multiclass":
            yield f"outputs = {logits}.softmax(-1)"
            return
        yield "outputs = torch.cat([-outputs, outputs], -1)"
        yield f"outputs = {logits}.sigmoid()"
        return
    if objective.loss == "poisson" or scale:
        yield "# In units of the target."
    if objective.loss == "poisson":
        yield f"outputs = outputs.{_MAX}.exp(){' * self.center' if scale else ''}"
    elif scale:
        yield "outputs = outputs * self.deviation + self.center"
        if scale.shift is not None:
            yield f"outputs = outputs.{_MAX}.exp(){' * self.smearing' if scale.smearing is not None else ''}"
            yield "outputs = (outputs - self.shift).clamp(min=0.0)"
    if scale and scale.lowest is not None:
        yield "# Within bounds; what is not finite stays so."
        yield "bounded = outputs.clamp(self.lowest, self.highest)"
        yield "outputs = torch.where(outputs.isfinite(), bounded, outputs)"


def _buffers(parts: Parts) -> dict[str, Tensor]:
    """The tensors of the model beside its stacks, all float64."""
    objective, scale = parts.objective, parts.objective.scale
    weights = parts.net.weights.double()
    found = {"offset": parts.offset, "share": (weights / weights.sum()).view(-1, 1, 1)}
    if scale is not None:
        found |= scale._asdict()
        if objective.loss == "poisson":
            found |= {"deviation": None}
    if objective.task != "regression" and objective.temperature != 1:
        found["temperature"] = torch.tensor(objective.temperature, dtype=torch.float64)
    for name, ends in zip(numbered("errors", len(parts.ends)), parts.ends, strict=True):
        found[name] = torch.from_numpy(np.stack([ends.centers, ends.low, ends.high]))
    return {name: tensor.double() for name, tensor in found.items() if tensor is not None}


def load_section(parts: Parts) -> str:
    """The function `load`."""
    precision = ".double()" if parts.given.cast == "double" else ""
    return f'''def load(weights: str | Path = WEIGHTS) -> Model:
    """The model with its weights, ready to predict."""
    model = Model(){precision}
    model.load_state_dict(load_file(weights))
    return model.eval()'''


def predict_section(parts: Parts, coverage: float | None) -> str:
    """The function `predict`, from columns to predictions by name."""
    lines = ["def predict(model: Model, columns: Columns) -> dict[str, list[Any]]:"]
    if parts.target.task == "regression":
        told = f", and the ends of intervals that hold {percent(coverage)} of targets" if parts.ends else ""
        lines += [f'    """The predictions of rows{told}."""', *indented(_number_lines(parts))]
    else:
        lines += ['    """The most probable class of each row, and the probability of every class."""']
        lines += indented(_class_lines())
    return "\n".join(lines)


def _class_lines() -> list[str]:
    return [
        "with torch.inference_mode():",
        "    probabilities = model(*encode(columns)).numpy()",
        'predictions = {"prediction": [CLASSES[place] for place in probabilities.argmax(1)]}',
        "for label, share in zip(CLASSES, probabilities.T, strict=True):",
        '    predictions[f"proba_{label}"] = share.tolist()',
        "return predictions",
    ]


def _number_lines(parts: Parts) -> Iterator[str]:
    has_one = len(parts.target.names) == 1
    yield "with torch.inference_mode():"
    yield "    outcome = model(*encode(columns)).numpy()"
    before = "predictions =" if parts.ends else "return"
    if has_one:
        yield f'{before} {{"prediction": outcome[:, 0].tolist()}}'
    else:
        yield "named = zip(TARGETS, outcome.T, strict=True)"
        yield f'{before} {{f"prediction_{{name}}": y.tolist() for name, y in named}}'
    if not parts.ends:
        return
    errors = numbered("errors", len(parts.ends))
    for i, ends in enumerate(parts.ends):
        forward, back = _UNITS[ends.unit]
        yield f"low, high = ends({forward.format(f'outcome[:, {i}]')}, model.{errors[i]})"
        for name, value in (("lower", "low"), ("upper", "high")):
            key = f'"{name}"' if has_one else f'f"{name}_{{TARGETS[{i}]}}"'
            yield f"predictions[{key}] = {back.format(value)}.tolist()"
    yield "return predictions"


def targets_section(target: Target) -> str:
    """The function `targets`, from columns to what `forward` is to predict."""
    reads = [_read_target(target, place) for place in range(len(target.names))]
    head = "def targets(columns: Columns) -> Tensor:"
    if target.task == "regression":
        numbers = written(brackets(reads), "y = ", indent=4)
        told = '    """The numbers to predict: (rows, targets)."""'
        return "\n".join([head, told, *numbers, "    return torch.from_numpy(np.stack(y, 1))"])
    labels = written(reads[0], "labels = ", indent=4)
    told = '    """The place of each row\'s class among all: (rows,)."""'
    return "\n".join(
        [head, told, *labels, "    return torch.tensor([CLASSES.index(label) for label in labels])"]
    )


def _read_target(target: Target, place: int) -> Group:
    name = target.names[place]
    storage, form = split(target.storage[name])
    if storage == "text":
        return call("read_names", "columns", quoted(name))
    return call("read_numbers", "columns", quoted(name), *filter(None, [number_parser(storage, form)]))

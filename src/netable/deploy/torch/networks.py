"""The code of stacks of networks, from numbers and codes to the outputs of each network, and their tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from netable.deploy.torch.script import Expression, brackets, call, indented, numbered, written
from netable.nn.bodies.body import Body
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.resnet import LayerNorm, Residual, ResNet
from netable.nn.bodies.trees import ObliviousTrees
from netable.nn.inputs import EMBEDDING_SIZE
from netable.nn.layers.dropout import Dropout
from netable.nn.layers.leaves import Leaves
from netable.nn.layers.linear import Linear
from netable.nn.numeric import PiecewiseLinear
from netable.nn.tabular import TableNet
from netable.nn.target_encoding import TargetEncoding
from netable.system.wording import counted, listed

Tensors = Mapping[str, Tensor]


class Given(NamedTuple):
    """The arguments of networks: numbers, codes or both; and the method that gives a tensor their precision."""

    numbers: bool
    codes: bool
    cast: str

    @property
    def names(self) -> list[str]:
        """The names of the arguments."""
        return [name for name in ("numbers", "codes") if getattr(self, name)]

    @property
    def parameters(self) -> str:
        """The arguments with their types."""
        return ", ".join(f"{name}: Tensor" for name in self.names)


class Part(NamedTuple):
    """A module: the expression that makes it, and the tensors of its state."""

    expression: Expression
    tensors: Tensors


def stack_lines(net: TableNet, given: Given) -> list[str]:
    """The body of the class of a stack."""
    init = ["def __init__(self) -> None:", "    super().__init__()"]
    parts = _parts(net)
    for name, part in parts.items():
        init += written(part.expression, f"self.{name} = ", indent=4)
    forward = [
        f"def forward(self, {given.parameters}) -> Tensor:",
        '    """The outputs of every network: (networks, rows, outputs)."""',
        *indented(_forward(net, given, parts)),
    ]
    return [f'"""{_described(net)}."""', "", *init, "", *forward]


def stack_tensors(net: TableNet) -> Tensors:
    """The state of a stack by the names that its class gives."""
    return _named(_parts(net).items())


def _parts(net: TableNet) -> dict[str, Part]:
    """The modules of a stack by name."""
    inputs, members, parts = net.inputs, len(net), dict[str, Part]()
    if net.encoding and net.encoding.d_out:
        parts |= _means(net.encoding)
    if d_num := inputs.center.shape[-1]:
        scaling = {name: getattr(inputs, name).unsqueeze(1) for name in ("center", "scale")}
        parts["scaling"] = _part("Scaling", (members, d_num), scaling)
    for name, layer, columns in (
        ("one_hot", "OneHot", inputs.narrow),
        ("embedding", "Embedding", inputs.wide),
    ):
        if not columns:
            continue
        places = _places(net, columns)
        sizes, state = [members, len(columns), places["known_as"].shape[-1]], _within("places", places)
        if name == "embedding":
            sizes, state = [*sizes, EMBEDDING_SIZE], state | {"vectors": inputs.embedding}
        parts[name] = _part(layer, sizes, state)
    parts |= _bags(net)
    groups = cast("list[PiecewiseLinear]", list(inputs.bins))
    for name, group in zip(numbered("bins", len(groups)), groups, strict=True):
        middle, slope = (part.unsqueeze(1) for part in (group.middle, group.slope))
        state = {"columns": group.columns, "middle": middle, "slope": slope}
        parts[name] = _part("Bins", (members, *middle.shape[2:]), state)
    if inputs.waves:
        waves = {name: getattr(inputs.waves, name).unsqueeze(1) for name in ("frequency", "phase")}
        parts["waves"] = _part("Waves", (members, *waves["phase"].shape[2:]), waves)
    parts["layers"] = _sequence("nn.Sequential", _LAYERS[type(net.body)](net.body), _kept(net))
    return parts


def _forward(net: TableNet, given: Given, parts: Mapping[str, Part]) -> Iterator[str]:
    numbers, features = ["numbers"] if given.numbers else [], list[str]()
    if "means" in parts:
        yield "# Means of the target by levels, beside the numbers."
        levels = ["codes"] if given.codes else []
        levels += ["self.number_levels(numbers)"] if "number_levels" in parts else []
        yield f"means = self.means({_joined(levels, 1)})"
        numbers = [*(["numbers.expand(len(means), -1, -1)"] if given.numbers else []), "means"]
    bins = [name for name in parts if name.startswith("bins")]
    if "scaling" in parts:
        scaled = f"self.scaling({_joined(numbers, -1)})"
        if bins:
            yield f"x = {scaled}"
            yield from (f"{name} = self.{name}(x)" for name in bins)
            scaled = "x"
        if net.inputs.smooth_clip:
            scaled = f"smooth_clip({scaled})"
        if scaled != "x":
            yield f"x = {scaled}"
        features.append("x")
        if given.numbers:
            features.append("numbers.isnan().expand(len(x), -1, -1)")
    features += ["self.one_hot(codes)"] if "one_hot" in parts else []
    features += ["self.embedding(codes)"] if "embedding" in parts else []
    features += [f"self.{name}(codes)" for name in parts if name.startswith("text")]
    features += [*bins, *(["self.waves(x)"] if "waves" in parts else [])]
    if features == ["self.one_hot(codes)"]:
        yield f"return self.layers(self.one_hot(codes).{given.cast}())"
        return
    yield from written(brackets(features), "features = ")
    yield "return self.layers(torch.cat(features, -1))"


def _joined(parts: list[str], dim: int) -> str:
    return parts[0] if len(parts) == 1 else f"torch.cat([{', '.join(parts)}], {dim})"


def _means(encoding: TargetEncoding) -> dict[str, Part]:
    """Numbers as levels, and the means of levels and of pairs of them."""
    parts, numbers, groups = dict[str, Part](), encoding.numbers, encoding.groups
    if len(numbers.columns):
        state = {"columns": numbers.columns, "limits": numbers.cuts}
        parts["number_levels"] = _part("NumberLevels", numbers.cuts.shape, state)
    keys = encoding.keys if len(encoding.keys) else torch.tensor([-1])  # which no row has
    members, means, d_out = encoding.means.shape
    sizes = (members, len(groups.columns), len(keys), means, d_out)
    of_groups = {name: getattr(groups, name) for name in ("columns", "firsts", "factors")}
    parts["means"] = _part("Means", sizes, {**of_groups, "keys": keys, "means": encoding.means})
    return parts


def _places(net: TableNet, columns: list[int]) -> dict[str, Tensor]:
    """The state of `Places` for some columns of codes, all encoded in the same way."""
    position, starts = net.inputs.position.cpu(), net.inputs.starts.cpu()
    ends = torch.cat([starts[1:], torch.tensor([position.shape[-1]])])
    sizes = (ends - starts)[columns]
    codes = torch.cat([torch.arange(int(starts[i]), int(ends[i])) for i in columns])
    own = {"columns": _among_all(net, columns), "starts": sizes.cumsum(0) - sizes}
    return own | {"known_as": position[:, codes]}


def _bags(net: TableNet) -> dict[str, Part]:
    """The vectors of the pieces of each text."""
    inputs, parts, first = net.inputs, dict[str, Part](), 0
    if not inputs.bags:
        return parts
    position, vectors = inputs.position.cpu(), inputs.bags.embedding
    begins, ends = inputs.bags.firsts, [*inputs.bags.firsts[1:], vectors.shape[-2]]
    names = numbered("text", len(begins))
    for name, width, begin, end in zip(names, inputs.bags.widths, begins, ends, strict=True):
        columns = inputs.bagged[first : first + width]
        start = int(inputs.starts[columns[0]])
        places = {
            "columns": _among_all(net, columns),
            "starts": torch.zeros(width, dtype=torch.int64),
            "known_as": position[:, start : start + end - begin] - begin,
        }
        state = _within("places", places) | {"vectors": vectors[:, begin:end]}
        sizes = (len(net), width, end - begin, vectors.shape[-1])
        parts[name] = _part("Bag", sizes, state)
        first += width
    return parts


def _among_all(net: TableNet, columns: list[int]) -> Tensor:
    """Columns of codes that the input layer takes, as columns of all codes."""
    return torch.tensor([net.encoding.kept[i] if net.encoding else i for i in columns])


def _kept(net: TableNet) -> Tensor:
    """The features that `forward` makes, among those of the network, which has flags of missing means, too."""
    d_num, d_means = net.inputs.center.shape[-1], net.encoding.d_out if net.encoding else 0
    features = torch.arange(net.body.linears[0].weight.shape[-2])
    return features[(features < 2 * d_num - d_means) | (features >= 2 * d_num)]


def _mlp(body: Body) -> list[nn.Module]:
    return [*(layer for block in cast(MLP, body).blocks for layer in cast(nn.Sequential, block)), body.head]


def _resnet(body: Body) -> list[nn.Module]:
    net = cast(ResNet, body)
    return [net.first, *net.blocks, *net.last, net.head]


def _trees(body: Body) -> list[nn.Module]:
    net = cast(ObliviousTrees, body)
    return [net.splits, net.head]


_LAYERS: dict[type[Body], Callable[[Body], list[nn.Module]]] = {
    MLP: _mlp,
    ResNet: _resnet,
    ObliviousTrees: _trees,
}


def _sequence(function: str, layers: Iterable[nn.Module], kept: Tensor | None = None) -> Part:
    """Layers one after the other; the first linear map takes only the `kept` features."""
    parts = []
    for layer in layers:
        if isinstance(layer, Residual):
            parts.append(_sequence("Residual", layer))
        elif isinstance(layer, Linear):
            weight = layer.weight if kept is None else layer.weight[:, kept.to(layer.weight.device)]
            state = {"weight": weight, "bias": layer.bias}
            parts.append(_part("Linear", weight.shape, state))
            kept = None
        elif isinstance(layer, LayerNorm):
            sizes = (len(layer.scale), layer.scale.shape[-1])
            parts.append(_part("LayerNorm", sizes, {"scale": layer.scale, "shift": layer.shift}))
        elif isinstance(layer, Leaves):
            shape = (len(layer.weight), layer.trees, layer.depth, layer.weight.shape[-1])
            parts.append(_part("Leaves", shape, {"weight": layer.weight, "bias": layer.bias}))
        elif not isinstance(layer, Dropout):
            parts.append(Part(f"nn.{type(layer).__name__}()", {}))
        elif layer.threshold:
            parts.append(Part(f"nn.Dropout({layer.threshold / 256:.2g})", {}))
    named = _named((str(i), part) for i, part in enumerate(parts))
    return Part(call(function, *(part.expression for part in parts)), named)


def _part(layer: str, sizes: Iterable[int], tensors: Tensors) -> Part:
    return Part(call(layer, *map(str, sizes)), tensors)


def _named(parts: Iterable[tuple[str, Part]]) -> dict[str, Tensor]:
    return {name: tensor for part, (_, own) in parts for name, tensor in _within(part, own).items()}


def _within(name: str, tensors: Tensors) -> dict[str, Tensor]:
    """The tensors of a module by their names in the module that it is a part of."""
    return {f"{name}.{key}": tensor for key, tensor in tensors.items()}


def _described(net: TableNet) -> str:
    """What the networks of a stack are."""
    widths = [str(linear.weight.shape[-1]) for linear in net.body.linears[:-1]]
    members, levels = len(net), " that see levels as means of the target" if net.encoding else ""
    if isinstance(net.body, ObliviousTrees):
        head = net.body.head
        return f"{counted(members, 'network')}{levels}, of {head.trees} trees of depth {head.depth}"
    if not widths:
        return f"{counted(members, 'linear model')}{levels}"
    if isinstance(net.body, ResNet):
        return f"{counted(members, 'residual network')}{levels}, with blocks of {listed(widths[1::2])} units"
    return f"{counted(members, 'network')}{levels}, with hidden layers of {listed(widths)} units"

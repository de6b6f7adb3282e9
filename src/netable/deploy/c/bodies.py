"""Stacks of networks, from the numbers and codes of a row to the outputs of each member."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import cast

from torch import Tensor, nn

from netable.deploy.c.features import first_layer
from netable.deploy.c.means import has_places, place_lines
from netable.deploy.c.source import Source
from netable.nn.bodies.body import Body
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.resnet import LayerNorm, ResNet
from netable.nn.bodies.trees import ObliviousTrees
from netable.nn.layers.dropout import Dropout
from netable.nn.layers.linear import Linear
from netable.nn.tabular import TableNet

ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.SELU: "selu",
    nn.SiLU: "silu",
    nn.GELU: "gelu",
    nn.Mish: "mish",
}


def add_stack(source: Source, net: TableNet, d_cat: int, number: int) -> None:
    """Add the function `stack_0`, or so, from the numbers and codes of a row to the outputs of all members.

    Parameters
    ----------
    d_cat : int
        Codes of a row.
    """
    name, members = f"stack_{number}", len(net)
    d_out = net.body.head.weight.shape[-1]
    body = ["int m;", ""]
    if net.encoding and has_places(net.encoding):
        source.function(
            f"static void places_{number}(const struct encoded *row, int *places)",
            place_lines(source, net.encoding, d_cat, name),
        )
        places = len(net.encoding.groups.columns)
        body = [f"int places[{places}];", *body, f"places_{number}(row, places);"]
    *layers, result = [*first_layer(source, net, name, "a"), *_LAYERS[type(net.body)](source, net.body, name)]
    arrays = [array for array in "abc" if re.search(rf"\b{array}\b", " ".join(layers))]
    widest = max(d_out, *(linear.weight.shape[-1] for linear in net.body.linears))
    body.append(f"for (m = 0; m < {members}; m++) {{")
    body.append(f"    real {', '.join(f'{array}[{widest}]' for array in arrays)};")
    body += [f"    {line}".rstrip() for line in layers]
    body += [f"    memcpy(output + m * {d_out}, {result}, sizeof(real) * {d_out});", "}"]
    source.function(f"static void {name}(const struct encoded *row, real *output)", body)


def _mlp(source: Source, body: Body, name: str) -> Iterator[str]:
    layers = [layer for block in cast(MLP, body).blocks for layer in cast(nn.Sequential, block)]
    yield from _Through(source, name, body.linears[0].weight.shape[-1]).lines(
        [*layers, body.head][1:], "a", "b"
    )


def _resnet(source: Source, body: Body, name: str) -> Iterator[str]:
    net = cast(ResNet, body)
    width = net.first.weight.shape[-1]
    through = _Through(source, name, width)
    for block in net.blocks:
        yield f"memcpy(b, a, sizeof(real) * {width});"
        *lines, result = through.lines(cast(nn.Sequential, block), "b", "c")
        yield from lines
        yield f"add_numbers({result}, {width}, a);"
    yield from through.lines([*net.last, net.head], "a", "b")


def _trees(source: Source, body: Body, name: str) -> Iterator[str]:
    head = cast(ObliviousTrees, body).head
    count, d_out = head.weight.shape[1:]
    leaves, bias = source.table(f"{name}_leaves", head.weight), source.table(f"{name}_bias_1", head.bias)
    yield f"memcpy(b, {bias} + m * {d_out}, sizeof(real) * {d_out});"
    yield f"add_leaves(a, {head.trees}, {head.depth}, {leaves} + m * {count * d_out}, {d_out}, b);"
    yield "b"


_LAYERS: dict[type[Body], Callable[[Source, Body, str], Iterator[str]]] = {
    MLP: _mlp,
    ResNet: _resnet,
    ObliviousTrees: _trees,
}


class _Through:
    """The lines of layers one after the other, and at last the name of the array with their output.

    Parameters
    ----------
    width : int
        Numbers that the first layer takes.
    """

    def __init__(self, source: Source, name: str, width: int) -> None:
        self._source, self._name, self._width, self._numbers = source, name, width, count(1)

    def lines(self, layers: Iterable[nn.Module], value: str, spare: str) -> Iterator[str]:
        for layer in layers:
            if isinstance(layer, Linear):
                yield from self._linear(layer, value, spare)
                value, spare, self._width = spare, value, layer.weight.shape[-1]
            elif isinstance(layer, LayerNorm):
                yield f"normalize({value}, {self._width}, {self._own(layer.scale)}, {self._own(layer.shift)});"
            elif not isinstance(layer, Dropout):
                yield f"apply_{ACTIVATIONS[type(layer)]}({value}, {self._width});"
        yield value

    def _linear(self, layer: Linear, value: str, to: str) -> Iterator[str]:
        d_in, width = layer.weight.shape[1:]
        yield f"memcpy({to}, {self._own(layer.bias)}, sizeof(real) * {width});"
        yield f"add_linear({value}, {d_in}, {self._own(layer.weight)}, {width}, {to});"

    def _own(self, tensor: Tensor) -> str:
        """A tensor of member m."""
        table = self._source.table(f"{self._name}_layer_{next(self._numbers)}", tensor)
        return f"{table} + m * {tensor[0].numel()}"

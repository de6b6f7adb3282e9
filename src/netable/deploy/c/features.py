"""The input layer of a stack of members and its first linear map, as `netable.nn.inputs` computes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor

from netable.deploy.c.source import Array, Source
from netable.nn.inputs import EMBEDDING_SIZE, TableInput
from netable.nn.numeric import Periodic, PiecewiseLinear
from netable.nn.tabular import TableNet


def first_layer(source: Source, net: TableNet, name: str, to: str) -> Iterator[str]:
    """Lines that compute the outputs of the first linear map of member m.

    Features that are zero are left out, and so are all bins but the one in which a number lies.

    Parameters
    ----------
    name : str
        The beginning of the names of all tables.
    to : str
        The array for the outputs.
    """
    inputs, linear = net.inputs, net.body.linears[0]
    d_num = inputs.center.shape[-1]
    rows = _rows(inputs, linear.weight)
    weight, bias = source.table(f"{name}_weight_0", rows), source.table(f"{name}_bias_0", linear.bias)
    size, width = rows.shape[1:]
    yield "struct terms terms;"
    yield from [f"real x[{d_num}];"] if d_num else []
    yield ""
    yield "terms.count = 0;"
    if d_num:
        yield from _scaled(source, net, name)
        yield from _numbers(source, net, name)
    yield from _levels(source, inputs, name, 2 * d_num)
    yield f"memcpy({to}, {bias} + m * {width}, sizeof(real) * {width});"
    yield f"add_terms(&terms, {weight} + m * {size * width}, {width}, {to});"


def most_terms(net: TableNet) -> int:
    """The most rows of weights of which a linear map of the network is a sum."""
    inputs = net.inputs
    first = 2 * inputs.center.shape[-1] + len(inputs.narrow) + EMBEDDING_SIZE * len(inputs.wide)
    first += sum(2 * len(group.columns) for group in _bins_of(inputs))
    first += inputs.waves.d_out if inputs.waves else 0
    return max([first, *(linear.weight.shape[-2] for linear in net.body.linears[1:])])


def _rows(inputs: TableInput, weight: Tensor) -> Tensor:
    """The weights of the first linear map, but for bins its values at their edges: (members, rows, width)."""
    bins = _bins_of(inputs)
    sizes = [group.d_out for group in bins]
    sizes.append(inputs.waves.d_out if inputs.waves else 0)
    before, *parts, waves = weight.split_with_sizes([weight.shape[1] - sum(sizes), *sizes], 1)
    edges = [_at_edges(group, part) for group, part in zip(bins, parts, strict=True)]
    return torch.cat([before, *edges, waves], 1)


def _at_edges(bins: PiecewiseLinear, weight: Tensor) -> Tensor:
    """The linear map of all bins of a column at each edge: (members, columns * bins, width) → (…, bins + 1, width).

    There, features of bins below the edge are 1/2, and all others -1/2; bins of zero width are 0.
    """
    rise = weight.double().reshape(*bins.middle.shape, -1) * (bins.slope > 0).unsqueeze(-1)
    up_to = torch.cat([torch.zeros_like(rise[..., :1, :]), rise.cumsum(-2)], -2)
    return (up_to - up_to[..., -1:, :] / 2).flatten(1, 2).to(weight.dtype)


def _bins_of(inputs: TableInput) -> list[PiecewiseLinear]:
    return cast("list[PiecewiseLinear]", list(inputs.bins))


def _scaled(source: Source, net: TableNet, name: str) -> Iterator[str]:
    """Numbers and means of levels, scaled, and the middle where missing."""
    d_num, encoding = net.inputs.center.shape[-1], net.encoding
    d_means = encoding.d_out if encoding else 0
    first = d_num - d_means
    tables = (source.table(f"{name}_{part}", getattr(net.inputs, part)) for part in ("center", "scale"))
    center, scale = (f"{table} + m * {d_num}" for table in tables)
    if first:
        yield f"scale_numbers(row, {center}, {scale}, {first}, x);"
    if encoding and d_means:
        means = f"{source.table(f'{name}_means', encoding.means)} + m * {encoding.means[0].numel()}"
        groups, d_out = len(encoding.groups.columns), encoding.means.shape[-1]
        scaling = f"{center} + {first}, {scale} + {first}"
        yield f"scale_means({means}, places, {scaling}, {groups}, {d_out}, x + {first});"


def _numbers(source: Source, net: TableNet, name: str) -> Iterator[str]:
    """Bounded numbers, flags of missing ones, bins and waves."""
    inputs = net.inputs
    d_num = inputs.center.shape[-1]
    d_flags = d_num - (net.encoding.d_out if net.encoding else 0)
    row = 2 * d_num + inputs.d_hot + EMBEDDING_SIZE * len(inputs.wide)
    yield f"bound_numbers(x, {d_num});"
    for i, group in enumerate(_bins_of(inputs)):
        columns, bins = group.middle.shape[1:]
        yield f"put_bins({_bins(source, group, f'{name}_bins_{i}')}, {row}, &terms);"
        row += columns * (bins + 1)
    if inputs.smooth_clip:
        yield f"smooth_numbers(x, {d_num});"
    yield f"put_numbers(x, {d_num}, 0, &terms);"
    if d_flags:
        yield f"put_flags(row, {d_flags}, {d_num}, &terms);"
    if inputs.waves:
        yield f"put_waves({_waves(source, inputs.waves, name)}, {row}, &terms);"


def _bins(source: Source, bins: PiecewiseLinear, name: str) -> str:
    columns = source.table(f"{name}_columns", bins.columns.int())
    # All that is above a bin of zero width is beyond it.
    slope = bins.slope.where(bins.slope > 0, torch.finfo(bins.slope.dtype).max)
    shape = bins.middle.shape[1:]
    tables = (("middle", bins.middle), ("slope", slope))
    own = ", ".join(
        f"{source.table(f'{name}_{part}', table)} + m * {shape.numel()}" for part, table in tables
    )
    return f"x, {columns}, {shape[0]}, {own}, {shape[1]}"


def _waves(source: Source, waves: Periodic, name: str) -> str:
    frequency, phase = (
        source.table(f"{name}_{part}", getattr(waves, part)) for part in ("frequency", "phase")
    )
    shape = waves.phase.shape[1:]
    own = ", ".join(f"{part} + m * {shape.numel()}" for part in (frequency, phase))
    return f"x, {shape[0]}, {own}, {shape[1]}"


def _levels(source: Source, inputs: TableInput, name: str, row: int) -> Iterator[str]:
    """One-hot codes, whose linear map is a row of weights, and embeddings."""
    for column in inputs.narrow:
        yield f"put_term(&terms, 1, {row} + {_place(source, inputs, name, column)});"
    row += inputs.d_hot
    if inputs.wide:
        size = inputs.embedding.shape[-2] * EMBEDDING_SIZE
        table = source.table(f"{name}_embedding", inputs.embedding)
    for column in inputs.wide:
        vector = f"{table} + m * {size} + {_place(source, inputs, name, column)} * {EMBEDDING_SIZE}"
        yield f"put_numbers({vector}, {EMBEDDING_SIZE}, {row}, &terms);"
        row += EMBEDDING_SIZE


def _place(source: Source, inputs: TableInput, name: str, column: int) -> str:
    """The place of a code among those of all columns that are encoded in the same way, as the member knows it."""
    position: Array = inputs.position.cpu().numpy().astype(np.int32)
    table = source.table(f"{name}_position", position)
    start = int(inputs.starts[column])
    return f"known_place(row, {column}, {start}, {table} + m * {position.shape[-1]})"

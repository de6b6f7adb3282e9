"""The input layer of a stack of members and its first linear map, as `netable.nn.inputs` computes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from netable.deploy.c.source import Array, Source
from netable.nn.inputs import EMBEDDING_SIZE, TableInput
from netable.nn.numeric import Periodic, PiecewiseLinear
from netable.nn.tabular import TableNet


def first_layer(source: Source, net: TableNet, name: str, to: str) -> Iterator[str]:
    """Lines that compute the outputs of the first linear map of member m.

    Parameters
    ----------
    name : str
        The beginning of the names of all tables.
    to : str
        The array for the outputs.
    """
    d_in, width = net.body.linears[0].weight.shape[1:]
    d_num = net.inputs.center.shape[-1]
    weight = source.table(f"{name}_weight_0", net.body.linears[0].weight)
    bias = source.table(f"{name}_bias_0", net.body.linears[0].bias)
    yield f"const real *weight = {weight} + m * {d_in * width};"
    yield from [f"real x[{d_num}];"] if d_num else []
    yield ""
    yield f"memcpy({to}, {bias} + m * {width}, sizeof(real) * {width});"
    if d_num:
        yield from _scaled(source, net, name)
        yield from _numbers(source, net, name, to)
    yield from _levels(source, net.inputs, name, (2 * d_num, width), to)


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


def _numbers(source: Source, net: TableNet, name: str, to: str) -> Iterator[str]:
    """Bounded numbers, flags of missing ones, bins and waves."""
    inputs, width = net.inputs, net.body.linears[0].weight.shape[-1]
    d_num = inputs.center.shape[-1]
    d_flags = d_num - (net.encoding.d_out if net.encoding else 0)
    row = 2 * d_num + inputs.d_hot + EMBEDDING_SIZE * len(inputs.wide)
    yield f"bound_numbers(x, {d_num});"
    for i, group in enumerate(cast("list[PiecewiseLinear]", list(inputs.bins))):
        yield f"add_bins({_bins(source, group, f'{name}_bins_{i}')}, weight + {row * width}, {width}, {to});"
        row += group.d_out
    if inputs.smooth_clip:
        yield f"smooth_numbers(x, {d_num});"
    yield f"add_linear(x, {d_num}, weight, {width}, {to});"
    if d_flags:
        yield f"add_flags(row, {d_flags}, weight + {d_num * width}, {width}, {to});"
    if inputs.waves:
        waves = _waves(source, inputs.waves, name)
        yield f"add_waves({waves}, weight + {row * width}, {width}, {to});"


def _bins(source: Source, bins: PiecewiseLinear, name: str) -> str:
    columns = source.table(f"{name}_columns", bins.columns.int())
    middle, slope = (source.table(f"{name}_{part}", getattr(bins, part)) for part in ("middle", "slope"))
    shape = bins.middle.shape[1:]
    own = ", ".join(f"{part} + m * {shape.numel()}" for part in (middle, slope))
    return f"x, {columns}, {shape[0]}, {own}, {shape[1]}"


def _waves(source: Source, waves: Periodic, name: str) -> str:
    frequency, phase = (
        source.table(f"{name}_{part}", getattr(waves, part)) for part in ("frequency", "phase")
    )
    shape = waves.phase.shape[1:]
    own = ", ".join(f"{part} + m * {shape.numel()}" for part in (frequency, phase))
    return f"x, {shape[0]}, {own}, {shape[1]}"


def _levels(source: Source, inputs: TableInput, name: str, sizes: tuple[int, int], to: str) -> Iterator[str]:
    """One-hot codes, whose linear map is a row of weights, and embeddings."""
    row, width = sizes
    for column in inputs.narrow:
        place = _place(source, inputs, name, column)
        yield f"add_numbers(weight + ({row} + {place}) * {width}, {width}, {to});"
    row += inputs.d_hot
    if inputs.wide:
        size = inputs.embedding.shape[-2] * EMBEDDING_SIZE
        table = source.table(f"{name}_embedding", inputs.embedding)
    for column in inputs.wide:
        vector = f"{table} + m * {size} + {_place(source, inputs, name, column)} * {EMBEDDING_SIZE}"
        yield f"add_linear({vector}, {EMBEDDING_SIZE}, weight + {row * width}, {width}, {to});"
        row += EMBEDDING_SIZE


def _place(source: Source, inputs: TableInput, name: str, column: int) -> str:
    """The place of a code among those of all columns that are encoded in the same way, as the member knows it."""
    position: Array = inputs.position.cpu().numpy().astype(np.int32)
    table = source.table(f"{name}_position", position)
    start = int(inputs.starts[column])
    return f"known_place(row, {column}, {start}, {table} + m * {position.shape[-1]})"

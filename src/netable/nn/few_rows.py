"""Outputs of an ensemble for single rows, with NumPy instead of modules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from torch import Tensor

from netable.nn.bags import Bags
from netable.nn.bodies_of_few_rows import BODIES, Array, array_of
from netable.nn.codes import FIRST_LEVEL, MISSING
from netable.nn.inputs import EMBEDDING_SIZE, FARTHEST, TableInput
from netable.nn.numeric import PiecewiseLinear
from netable.nn.tabular import Ensemble, TableNet
from netable.nn.target_encoding import TargetEncoding


class FewRows:
    """Outputs of all members for single rows, equal to those of the ensemble up to rounding.

    Modules make about sixty calls of torch for a row and read all weights of the first layer. A row needs few of them:
    it lies within one bin of each column, above or below the others. So the contribution of all bins of a column to the
    first layer is stored as a line for each bin: the value at its middle and the rise across it.

    Parameters
    ----------
    net : Ensemble
        One that `suits` accepts. Its weights are copied.

    Shape
    -----
    numbers : (rows, d_num), NaN for missing
    codes : int (rows, d_cat)
    returns : (members of all stacks, rows, d_out), logits or standardized targets
    """

    def __init__(self, net: Ensemble) -> None:
        self._scalings: list[_Scaling] = []
        self._stacks = [(self._index_of(_Scaling(stack)), _Stack(stack)) for stack in net.stacks]

    @staticmethod
    def suits(net: Ensemble) -> bool:
        """True for MLPs and trees on the CPU."""
        return net.device.type == "cpu" and all(type(stack.body) in BODIES for stack in net.stacks)

    def __call__(self, numbers: Array, codes: Array) -> Array:
        """Logits or standardized targets; see the class for shapes."""
        with np.errstate(over="ignore"):  # overflow is clamped, as in the modules
            outputs = [self._outputs(*row) for row in zip(numbers, codes, strict=True)]
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs, 1)

    def _index_of(self, scaling: _Scaling) -> int:
        if scaling not in self._scalings:
            self._scalings.append(scaling)
        return self._scalings.index(scaling)

    def _outputs(self, row: Array, codes: Array) -> Array:
        is_nan = np.isnan(row)
        missing = is_nan.nonzero()[0] if is_nan.any() else None
        scaled = [scaling(row, missing, codes) for scaling in self._scalings]
        return np.concatenate([stack(*scaled[index], missing, codes) for index, stack in self._stacks])


class _Scaling:
    """Scaling of numbers, and of means of levels if there are any, shared by all stacks with the same statistics."""

    def __init__(self, net: TableNet) -> None:
        self.center, self.scale = array_of(net.inputs.center), array_of(net.inputs.scale)
        self.smooth_clip = net.inputs.smooth_clip
        self.means = _Means(net.encoding) if net.encoding else None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Scaling)
            and self.smooth_clip == other.smooth_clip
            and self.center.shape == other.center.shape
            and (self.means is None) == (other.means is None)
            and np.array_equal(self.center, other.center)
            and np.array_equal(self.scale, other.scale)
        )

    def __call__(self, row: Array, missing: Array | None, codes: Array) -> tuple[Array, Array]:
        """Scaled numbers and means, and the same smoothly clipped: (d_num,) → twice (members, d_num + means)."""
        if self.means:
            means = self.means(row, codes)
            row = np.concatenate([np.broadcast_to(row, (len(means), len(row))), means], 1)
        x = row - self.center
        x /= self.scale
        if missing is not None:
            x[:, missing] = 0
        np.maximum(x, -FARTHEST, out=x)
        np.minimum(x, FARTHEST, out=x)
        # The steps of the module, so that trees cut the same bits.
        return x, x * (1 / np.sqrt(np.square(x / 3) + 1)) if self.smooth_clip else x


class _Means:
    """Means of levels and pairs of levels."""

    def __init__(self, encoding: TargetEncoding) -> None:
        groups, numbers = encoding.groups, encoding.numbers
        self.numbers, self.cuts = array_of(numbers.columns), array_of(numbers.cuts)
        self.columns, self.firsts, self.factors = map(
            array_of, (groups.columns, groups.firsts, groups.factors)
        )
        self.known, self.means = array_of(encoding.keys), array_of(encoding.means)

    def __call__(self, row: Array, codes: Array) -> Array:
        """(d_num,) and (d_cat,) → (members, means)."""
        x = row[self.numbers]
        levels = FIRST_LEVEL + np.count_nonzero(self.cuts < x[:, None], axis=1)
        levels[np.isnan(x)] = MISSING
        first, second = np.concatenate([codes, levels])[self.columns].T
        keys = self.firsts + first * self.factors + second
        found = np.searchsorted(self.known[:-1], keys)
        places = np.where(self.known[found] == keys, found + 1, 0) if len(self.known) else 0 * keys
        return self.means[:, places].reshape(len(self.means), -1)


class _Stack:
    """The layers of one stack."""

    def __init__(self, net: TableNet) -> None:
        first = net.body.linears[0]
        self.kept = net.encoding.kept if net.encoding else None
        self.first, self.bias = _FirstLayer(net.inputs, first.weight), array_of(first.bias)
        self.body = BODIES[type(net.body)](net.body)

    def __call__(self, x: Array, clipped: Array, missing: Array | None, codes: Array) -> Array:
        """Outputs (members, 1, d_out), from what `_Scaling` returns, flags of missing numbers, if any, and codes."""
        h = self.first(x, clipped, missing, codes if self.kept is None else codes[self.kept])
        h += self.bias
        return self.body(h)


class _FirstLayer:
    """The input layer and the first linear map together."""

    def __init__(self, inputs: TableInput, weight: Tensor) -> None:
        self.frequency = self.phase = None
        if inputs.waves:
            self.frequency = array_of(2 * math.pi * inputs.waves.frequency)
            self.phase = array_of(2 * math.pi * inputs.waves.phase)
        d_num = inputs.center.shape[-1]
        bins = cast("list[PiecewiseLinear]", list(inputs.bins))
        sizes = [
            d_num,
            d_num,
            inputs.d_hot,
            EMBEDDING_SIZE * len(inputs.wide),
            inputs.bags.d_out if inputs.bags else 0,
            *(group.d_out for group in bins),
        ]
        sizes.append(inputs.d_out - sum(sizes))
        x, missing, hot, embedded, bagged, *bin_weights, waves = weight.split_with_sizes(sizes, 1)
        self.levels = _Levels(inputs, hot, embedded) if len(inputs.starts) else None
        self.bags = _Bags(inputs, inputs.bags, bagged) if inputs.bags else None
        self.bins = [_Bins(group, part) for group, part in zip(bins, bin_weights, strict=True)]
        self.linear = _linear_map(torch.cat([x, waves], 1))
        self.missing_weight = array_of(missing)

    def __call__(self, x: Array, clipped: Array, missing: Array | None, codes: Array) -> Array:
        """The first hidden layer without its bias, (members, 1, width); arguments as in `_Stack`."""
        features = clipped
        if self.frequency is not None:
            turns = clipped[..., None] * self.frequency
            turns += self.phase
            waves = np.cos(turns, out=turns).reshape(len(turns), -1)
            features = np.concatenate([clipped, waves], 1)
        h = self.linear(features)
        for group in self.bins:
            h += group(x)
        if missing is not None:
            h += self.missing_weight[:, missing].sum(1, keepdims=True)
        if self.levels:
            h += self.levels(codes)
        if self.bags:
            h += self.bags(codes)
        return h


def _linear_map(weight: Tensor) -> Callable[[Array], Array]:
    """A linear map: (members, d_in) → (members, 1, width)."""
    matrix = array_of(weight)
    members, d_in, _ = matrix.shape
    if not d_in or (matrix != 0).sum(1).max() > 1:
        return lambda features: features[:, None] @ matrix
    # Each output takes one feature, as those of trees do.
    chosen = np.abs(matrix).argmax(1, keepdims=True)
    factors = np.take_along_axis(matrix, chosen, 1)
    places = chosen + d_in * np.arange(members)[:, None, None]
    return lambda features: features.take(places) * factors


class _Levels:
    """Categories and their part of the first linear map, of which a one-hot code picks a row."""

    def __init__(self, inputs: TableInput, hot: Tensor, embedded: Tensor) -> None:
        self.position, self.starts = array_of(inputs.position), array_of(inputs.starts)
        self.narrow, self.wide = inputs.narrow, inputs.wide
        self.hot, self.embedded = array_of(hot), array_of(embedded)
        self.embedding = array_of(inputs.embedding) if inputs.wide else None
        self.members = np.arange(len(self.position))[:, None]

    def __call__(self, codes: Array) -> Array:
        """Contribution to the first layer: (d_cat,) → (members, 1, width)."""
        rows = self.position[:, codes + self.starts]
        h: Array = self.hot[self.members, rows[:, self.narrow]].sum(1, keepdims=True)
        if self.embedding is not None:
            vectors = self.embedding[self.members, rows[:, self.wide]]
            h += vectors.reshape(len(vectors), 1, -1) @ self.embedded
        return h


class _Bags:
    """Texts and their part of the first linear map."""

    def __init__(self, inputs: TableInput, bags: Bags, weight: Tensor) -> None:
        self.columns, self.starts = inputs.bagged, array_of(inputs.starts)[inputs.bagged]
        self.position, self.embedding = array_of(inputs.position), array_of(bags.embedding)
        self.ends, self.firsts = np.cumsum(bags.widths)[:-1], bags.firsts
        self.weight = array_of(weight)
        self.members = np.arange(len(self.position))[:, None]

    def __call__(self, codes: Array) -> Array:
        """Contribution to the first layer: (d_cat,) → (members, 1, width)."""
        rows = self.position[:, codes[self.columns] + self.starts]
        means = []
        for part, first in zip(np.split(rows, self.ends, 1), self.firsts, strict=True):
            known = part >= first + FIRST_LEVEL
            count = known.sum(1, keepdims=True)
            share = np.where(count > 0, known / np.sqrt(np.maximum(count, 1)), 1 / part.shape[1])
            share = share.astype(self.weight.dtype)
            means.append(share[:, None] @ self.embedding[self.members, part])
        return np.asarray(np.concatenate(means, 2) @ self.weight)


class _Bins:
    """Columns of equally many bins, and their part of the first linear map."""

    def __init__(self, bins: PiecewiseLinear, weight: Tensor) -> None:
        members, columns, count = bins.middle.shape
        self.columns = bins.columns.numpy()
        used = bins.slope > 0  # bins of zero width pad the end and are never reached
        edge = (bins.middle + 0.5 / bins.slope)[..., :-1].where(used[..., 1:], torch.inf)
        self.edges = array_of(edge.movedim(-1, 0))  # (bins - 1, members, columns)
        self.start = count * np.arange(members * columns).reshape(members, columns)
        self.middle, self.slope = array_of(bins.middle.flatten()), array_of(bins.slope.flatten())
        rise = weight.detach().double().view(members, columns, count, -1) * used.unsqueeze(-1)
        up_to = rise.cumsum(-2)  # at the middle of a bin, bins below are at 1/2, bins above at -1/2
        middle = up_to - (rise + up_to[..., -1:, :]) / 2
        lines = torch.stack([middle, rise], -2).to(weight.dtype)
        self.lines = array_of(lines.view(members * columns * count, 2, -1))

    def __call__(self, x: Array) -> Array:
        """Contribution to the first layer: (members, d_num) → (members, 1, width)."""
        x = x[:, self.columns]
        bins = (x >= self.edges).view(np.int8).sum(0, np.int8) + self.start  # at most 128 bins fit into int8
        place = x - self.middle.take(bins)
        place *= self.slope.take(bins)
        factors = np.empty((*x.shape, 2), x.dtype)
        factors[..., 0] = 1
        np.minimum(np.maximum(place, -0.5, out=place), 0.5, out=factors[..., 1])
        lines = self.lines.take(bins, 0)
        members = len(x)
        product: Array = factors.reshape(members, 1, -1) @ lines.reshape(members, -1, lines.shape[-1])
        return product

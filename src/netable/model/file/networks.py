"""The networks of a model file, from tensors whose sizes are checked before anything is built."""

from __future__ import annotations

import torch
from torch import Tensor

from netable.config.recipe import Recipe
from netable.nn import BinEdges, Ensemble, InputStatistics, TableInput, TableNet
from netable.nn.build import INTEGERS, body_settings, body_shapes, build_encoded
from netable.nn.codes import codes_of_columns
from netable.nn.groups import GroupColumns, NumberLevels
from netable.nn.level_means import LevelMeans
from netable.nn.quantiles import MOST_BINS
from netable.nn.target_encoding import TargetEncoding
from netable.table.encode import Encoder
from netable.table.target import Target


def ensemble_from(tensors: dict[str, Tensor], encoder: Encoder, target: Target, recipe: Recipe) -> Ensemble:
    """The networks, each stack by its own recipe."""
    stacks, known = [], {"net.weights"}
    for i, stack_recipe in enumerate(recipe.of_stacks()):
        prefix = f"net.stack.{i}."
        state = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
        stacks.append(_net(state, encoder, target, stack_recipe))
        known |= {prefix + name for name in state}
    if unknown := {name for name in tensors if name.startswith("net.")} - known:
        raise ValueError(f"{min(unknown)} belongs to no network")
    check(tensors, "net.weights", (sum(map(len, stacks)),), torch.float32)
    weights = tensors["net.weights"]
    if float(weights.min()) < 0 or abs(float(weights.sum()) - 1) > 0.01:
        raise ValueError("its members' weights are not shares")
    return Ensemble.trained(stacks, weights)


def _net(state: dict[str, Tensor], encoder: Encoder, target: Target, recipe: Recipe) -> TableNet:
    """A stack, built only if every size in the file is that of the file's tensors."""
    members = len(state["body.head.weight"])
    check_shape(state, "body.head.weight", (members, *state["body.head.weight"].shape[1:2], target.d_out))
    dtype = state["inputs.center"].dtype
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(f"its network is in {dtype}")
    for name in state:
        check_numbers(state, name, torch.int64 if name.endswith(INTEGERS) else dtype)
    seen = InputStatistics.blank(encoder.d_num, encoder.cardinalities, encoder.code_widths, (members,), dtype)
    encoding = None
    if recipe.categories == "means":
        means = _means(state, encoder, members, target.d_out)
        encoding = TargetEncoding(means, encoder.cardinalities, encoder.code_widths)
        seen = seen.encoded(means)
    d_num = seen.center.shape[-1]
    check_shape(state, "inputs.center", (members, d_num), may_be_empty=True)
    check_shape(state, "inputs.position", (members, sum(seen.cardinalities)), may_be_empty=True)
    if recipe.embedding == "bins":
        seen = seen._replace(bins=_blank_bins(state, members, d_num, dtype))
    inputs = TableInput(
        seen, smooth_clip=True, periodic=recipe.embedding == "periodic", generator=torch.Generator()
    )
    if len(recipe.hidden_layer_sizes) > len(state) and "hidden_layer_sizes" in body_settings(recipe):
        raise ValueError(f"it has {len(recipe.hidden_layer_sizes)} hidden layers in {len(state)} tensors")
    for name, shape in body_shapes(recipe, inputs.d_out, target.d_out).items():
        check_shape(state, f"body.{name}", (members, *shape))
    known = state["inputs.position"] == inputs.position
    net = build_encoded(recipe, seen._replace(known=known), target.d_out, encoding)
    if not torch.equal(state["inputs.position"], net.inputs.position):
        raise ValueError("a level has no place in the network")
    net.load_state_dict(state)
    return net


def _means(state: dict[str, Tensor], encoder: Encoder, members: int, d_out: int) -> LevelMeans:
    """The means of levels that the file holds, if they are of existing columns and groups."""
    columns, keys, means = (state[f"encoding.{name}"] for name in ("groups.columns", "keys", "means"))
    numbers = _number_levels(state, encoder.d_num)
    codes = codes_of_columns(encoder.cardinalities, encoder.code_widths) + numbers.cardinalities
    check_shape(state, "encoding.groups.columns", (len(columns), 2), may_be_empty=True)
    if any(not (0 <= i < len(codes) and codes[i]) for i in columns.flatten().tolist()):
        raise ValueError("a mean belongs to no category")
    if keys.dim() != 1 or bool((keys.diff() <= 0).any()) or bool((keys < 0).any()):
        raise ValueError("the groups of its means are not in order")
    check_shape(state, "encoding.means", (members, 1 + len(keys), d_out))
    scale = torch.ones(members, len(columns) * d_out, dtype=means.dtype)
    return LevelMeans(GroupColumns(numbers, columns), keys, means, None, 0 * scale, scale)


def _number_levels(state: dict[str, Tensor], d_num: int) -> NumberLevels:
    """The numbers that form groups, too, if they exist and have levels."""
    columns, cuts = state["encoding.numbers.columns"], state["encoding.numbers.cuts"]
    if columns.dim() != 1 or not bool(((columns >= 0) & (columns < d_num)).all()):
        raise ValueError("a number with levels does not exist")
    if cuts.dim() != 2 or len(cuts) != len(columns) or not cuts.shape[1] or bool((cuts.diff() < 0).any()):
        raise ValueError("the levels of its numbers are not in order")
    return NumberLevels(columns, cuts)


def _blank_bins(
    state: dict[str, Tensor], members: int, d_num: int, dtype: torch.dtype
) -> tuple[BinEdges, ...]:
    """Placeholders for the edges that the file holds, if they belong to existing columns."""
    groups: list[BinEdges] = []
    while (name := f"inputs.bins.{len(groups)}.columns") in state:
        columns = state[name]
        if not bool(((columns >= 0) & (columns < d_num)).all()):
            raise ValueError("a bin belongs to no column")
        bins = state[f"inputs.bins.{len(groups)}.middle"].shape[-1]
        if not 1 <= bins <= MOST_BINS:
            raise ValueError(f"a column in {bins} bins")
        check_shape(state, f"inputs.bins.{len(groups)}.middle", (members, len(columns), bins))
        groups.append(BinEdges(columns, torch.zeros(members, len(columns), bins + 1, dtype=dtype)))
    return tuple(groups)


def check(tensors: dict[str, Tensor], name: str, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    """Raise `ValueError` if a tensor has another shape or type, or numbers that are not finite."""
    check_shape(tensors, name, shape)
    check_numbers(tensors, name, dtype)


def check_shape(
    tensors: dict[str, Tensor], name: str, shape: tuple[int, ...], *, may_be_empty: bool = False
) -> None:
    """Raise `ValueError` if a tensor has another shape."""
    tensor = tensors[name]
    if tuple(tensor.shape) != shape or not (tensor.numel() or may_be_empty):
        raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, not {shape}")


def check_numbers(tensors: dict[str, Tensor], name: str, dtype: torch.dtype) -> None:
    """Raise `ValueError` if a tensor has another type, or numbers that are not finite."""
    if tensors[name].dtype != dtype or not bool(tensors[name].isfinite().all()):
        raise ValueError(f"{name} is not of finite numbers in {dtype}")

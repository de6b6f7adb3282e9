"""The stacks of a fit that names none: networks that suit the table, for `best` with variants of their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netable.config.settings import DEFAULTS
from netable.fit.preparation.sharp_pairs import has_sharp_pair
from netable.nn.codes import has_many_levels
from netable.nn.level_means import have_room
from netable.table.encode import Encoder
from netable.table.rows import Rows
from netable.table.target import Target

Stack = Mapping[str, Any]

# Chosen on the training parts of real tables; see docs/network.md.
BINS: Stack = {"embedding": "bins"}
WAVES: Stack = {"embedding": "periodic", "hidden_layer_sizes": [128, 128, 128], "activation": "gelu"}
MEANS: Stack = {"categories": "means"}
TREES: Stack = {"model": "trees"}
LINE: Stack = {"model": "linear"}
# Trees have a table of leaves for each output, and a choice of features for each split.
MOST_OUTPUTS_OF_TREES, MOST_COLUMNS_OF_TREES = 64, 500
# Of fewer rows trees learn nothing that networks do not.
FEWEST_ROWS_OF_TREES = 500
# Stacks of networks: each network that suits the table has one with its default settings, the others are variants.
COUNTS = {"fast": 2, "standard": 2, "best": 4}
# Random settings of variants (as in TabPack, arXiv:2607.05380). Multiples of the defaults, evenly in their logarithm:
FACTORS = {"lr": (1 / 3, 3.0), "weight_decay": (0.1, 3.0)}
# The largest dropout, evenly; every other variant has none.
DROPOUT = {"regression": 0.2, "binary": 0.5, "multiclass": 0.5}
# Hidden layers more than the default.
MORE_LAYERS = (-1, 0, 1)
ACTIVATIONS = ("relu", "gelu")


def usual_stacks(
    effort: str,
    encoder: Encoder,
    target: Target,
    rows: Rows,
    defaults: Mapping[str, float],
    seed: int,
    *,
    is_large: bool,
) -> list[Stack]:
    """The stacks of an effort that suit a table; trees and the line come last.

    Means are for categories of many levels, and for a target that depends sharply on two numbers. There they take the
    place of waves: either beside bins is worth nearly as much as both, and two networks share two cores. `best` has
    both there. Of a table beyond memory, means would be those of a sample.

    Parameters
    ----------
    defaults : mapping
        The default `lr` and `weight_decay` of a network.
    seed : int
        Of the run; those of variants are the next ones.
    """
    may_have = not is_large and have_room(target.d_out)
    has_means = may_have and (has_many_levels(encoder.category_levels) or has_sharp_pair(rows, target.task))
    networks = [BINS, MEANS if has_means else WAVES]
    if has_means and effort == "best":
        networks.append(WAVES)
    variants = [
        _variant(networks[number % len(networks)], target.task, defaults, seed + 1 + number)
        for number in range(COUNTS[effort] - len(networks))
    ]
    stacks = [*networks, *variants]
    n_columns = encoder.d_num + len(encoder.cardinalities)
    has_room = target.d_out <= MOST_OUTPUTS_OF_TREES and n_columns <= MOST_COLUMNS_OF_TREES
    if has_room and len(rows) >= FEWEST_ROWS_OF_TREES and not is_large:
        sees_means = may_have and has_many_levels(encoder.category_levels)
        stacks.append({**TREES, **MEANS} if sees_means else TREES)
    return [*stacks, LINE]


def _variant(network: Stack, task: str, defaults: Mapping[str, float], seed: int) -> Stack:
    """The network with settings that are drawn."""
    rng = np.random.default_rng(seed)
    factors = {name: np.exp(rng.uniform(*np.log(ends))) for name, ends in FACTORS.items()}
    drawn = {name: defaults[name] * factor for name, factor in factors.items()}
    drawn["dropout"] = max(0.0, rng.uniform(-1, 1)) * DROPOUT[task]
    widths = network.get("hidden_layer_sizes", DEFAULTS.hidden_layer_sizes)
    return {
        **network,
        **{name: float(f"{value:.3g}") for name, value in drawn.items()},
        "hidden_layer_sizes": [widths[0]] * (len(widths) + int(rng.choice(MORE_LAYERS))),
        "activation": str(rng.choice(ACTIVATIONS)),
        "seed": seed,
    }

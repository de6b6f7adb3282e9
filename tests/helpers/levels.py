"""Codes of two categories and a text, and means of a target by them."""

from __future__ import annotations

import numpy as np
import torch

from netable.nn.groups import Groups, places_of
from netable.nn.level_means import LevelMeans, learn_level_means

# Codes of two categories and of a text in two columns.
CARDINALITIES, WIDTHS = (6, 14, 9), (1, 1, 2)
ROWS, MEMBERS, PARTS = 400, 3, 4


def codes_of(seed: int, rows: int = ROWS) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([rng.integers(0, n, rows) for n in (6, 14, 9, 9)], 1)).int()


def classes_of(seed: int, rows: int = ROWS) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 2, (rows, 1))).double()


def parts_and_weights(rows: int = ROWS) -> tuple[torch.Tensor, torch.Tensor]:
    """Parts in turn; the member m does not learn from the part m + 1."""
    parts = torch.arange(rows) % PARTS + 1
    weights = torch.stack([(parts != member + 1).double() for member in range(MEMBERS)])
    return parts, weights


def learned(codes: torch.Tensor, y: torch.Tensor, weights: torch.Tensor, parts: torch.Tensor) -> LevelMeans:
    numbers = torch.zeros(len(codes), 0)
    return learn_level_means(numbers, codes, y, weights, parts, CARDINALITIES, WIDTHS)


def rows_of(means: LevelMeans, codes: torch.Tensor) -> torch.Tensor:
    return places_of(Groups(means.formed.columns, [*CARDINALITIES[:2], 0, 0])(codes), means.keys)

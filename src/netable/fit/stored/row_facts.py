"""What is learned about all rows of a table while they are stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.compute.executor import Executor
from netable.model.row_sketch import RowSketch
from netable.nn.codes import least_rows
from netable.table.encode import Encoded, Encoder
from netable.train.state_file import state_from_bytes, state_to_bytes


@dataclass
class RowFacts:
    """Facts of the rows that a process has stored; those of several processes make the facts of all rows.

    Attributes
    ----------
    encoder : Encoder
        With the ranges of the rows.
    counts : (sum of cardinalities,)
        The rows that all members learn from with each code of each category.
    n_rows : int
    sketch, groups : RowSketch
        Of the rows, and of their groups.
    pools : list of str
        A hash of each pool of rows that was written.
    """

    encoder: Encoder
    counts: NDArray[np.int64]
    n_rows: int = 0
    sketch: RowSketch = field(default_factory=RowSketch)
    groups: RowSketch = field(default_factory=RowSketch)
    pools: list[str] = field(default_factory=list)

    @classmethod
    def none(cls, encoder: Encoder) -> RowFacts:
        """Those of no rows but the sample's, of which the encoder has the ranges."""
        return cls(encoder, np.zeros(sum(encoder.cardinalities), np.int64))

    def add(
        self, selected: pa.Table, encoded: Encoded, is_free: NDArray[np.bool_], groups: RowSketch
    ) -> None:
        """The next rows, of which all members learn from some."""
        self.n_rows += selected.num_rows
        self.encoder = self.encoder.widened(selected)
        self.counts += level_counts(self.encoder, encoded.codes[is_free])
        self.sketch = self.sketch.union(RowSketch.of(encoded))
        self.groups = self.groups.union(groups)

    def of_all(self, executor: Executor) -> RowFacts:
        """Those of the rows that all processes have stored; each has to call this."""
        if executor.size == 1:
            return self
        states = [state_from_bytes(given) for given in executor.exchange(state_to_bytes(self._state()))]
        low, high = torch.stack([state["ranges"] for state in states]).aminmax(dim=0)
        ranges = zip(low[:, 0].tolist(), high[:, 1].tolist(), strict=True)
        whole = RowFacts.none(replace(self.encoder, ranges=tuple(ranges)))
        for state in states:
            whole.n_rows += state["n_rows"]
            whole.counts += state["counts"].numpy()
            whole.sketch = whole.sketch.union(_sketch(state["sketch"]))
            whole.groups = whole.groups.union(_sketch(state["groups"]))
            whole.pools += state["pools"]
        return whole

    def known(self) -> Tensor:
        """The levels of which there are enough rows: (sum of cardinalities,), bool."""
        cardinalities = self.encoder.cardinalities
        fewest = np.repeat([*map(least_rows, cardinalities)], cardinalities)
        return torch.from_numpy(self.counts >= fewest)

    def digest(self) -> str:
        """A hash of all rows."""
        return hashlib.blake2b("".join(self.pools).encode(), digest_size=16).hexdigest()

    def _state(self) -> dict[str, Any]:
        return {
            "ranges": torch.tensor(self.encoder.ranges, dtype=torch.float64).view(-1, 2),
            "counts": torch.from_numpy(self.counts),
            "n_rows": self.n_rows,
            "sketch": torch.from_numpy(self.sketch.hashes.view(np.int64)),
            "groups": torch.from_numpy(self.groups.hashes.view(np.int64)),
            "pools": self.pools,
        }


def level_counts(encoder: Encoder, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """The rows with each code of each category: (sum of cardinalities,); 0 for those of texts."""
    counts = []
    for name, cardinality in zip(encoder.category_names, encoder.cardinalities, strict=True):
        place = encoder.spans[name][1]
        column = codes[:, place.start] if encoder.widths[name] == 1 else codes[:0, place.start]
        counts.append(np.bincount(column, minlength=cardinality))
    return np.concatenate([np.empty(0, np.int64), *counts])


def _sketch(hashes: Tensor) -> RowSketch:
    return RowSketch(hashes.numpy().view(np.uint64))

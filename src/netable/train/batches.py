"""Shuffled minibatches, indexed from tensors on the device."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from netable.compute.executor import SOLO, Team
from netable.errors import ConfigError, DataError, check_at_least
from netable.system.wording import counted

Inputs = Tensor | tuple[Tensor, ...]


class Epochs:
    """Batches in a new order every epoch, which can stop and resume within one.

    A subclass says what an order is, and reads a batch by it.

    Parameters
    ----------
    steps : int
        Batches in an epoch.
    size : int
        Rows in a batch.
    generator : torch.Generator, optional
        Draws the order.
    team : Team
        The processes that each have a part of every batch; the order of all rows is drawn, so it does not depend on how
        many there are.

    Attributes
    ----------
    here : slice
        The rows of a batch that this process has.

    Raises
    ------
    ConfigError
        If there are fewer rows in a batch than processes.
    """

    def __init__(self, steps: int, size: int, generator: torch.Generator | None, team: Team = SOLO) -> None:
        if size < team.size:
            raise ConfigError(
                f"Batches of {counted(size, 'row')} cannot be divided among {team.size} workers; start fewer."
            )
        self.steps, self.size = steps, size
        self.generator = generator
        self.team, self.here = team, team.part(size)
        self._began = random_state(generator)
        self._taken = 0
        self._left_at: dict[str, Any] | None = None

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.steps

    def __iter__(self) -> Iterator[tuple[Inputs, *tuple[Tensor, ...]]]:
        """One epoch, or the rest of the epoch that was resumed."""
        left_at, self._left_at = self._left_at, None
        if left_at:
            set_random_state(self.generator, left_at["began"])
        self._began = random_state(self.generator)
        order = self._order()
        if left_at:
            set_random_state(self.generator, left_at["now"])
        for step in range(left_at["taken"] if left_at else 0, self.steps):
            self._taken = step + 1
            yield self._batch(order, step)
        self._taken = 0

    def state_dict(self) -> dict[str, Any]:
        """The batches taken in this epoch, the random state now, and that from which the order was drawn."""
        return {"taken": self._taken, "began": self._began, "now": random_state(self.generator)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume: the next epoch is the rest of the saved one."""
        set_random_state(self.generator, state["now"])
        self._left_at = dict(state) if state["taken"] else None

    def _order(self) -> Any:
        """The order of an epoch, drawn from the generator."""
        raise NotImplementedError

    def _batch(self, order: Any, step: int) -> tuple[Inputs, *tuple[Tensor, ...]]:
        """A batch of an epoch."""
        raise NotImplementedError


class Batches(Epochs):
    """Minibatches of each member's own rows, in a new random order every epoch.

    All batches of an epoch have one size, the largest up to `batch_size` that divides the epoch evenly: 569 rows at
    256 become three batches of 190, never a last one of 57 (or of one row). To fill the last places, and for members
    with fewer rows than the others, a member's order starts over from its beginning.

    Parameters
    ----------
    inputs : tensor or tuple of tensors
        Arguments of the network, rows first.
    *targets : tensor
        Other arguments of the criterion (targets, weights), rows first.
    batch_size : int
        Rows in a batch at most.
    rows : sequence of (n,) integer tensors, optional
        The rows of each member. None: one network without a member dimension, on all rows.
    shuffle : bool
        A new order every epoch, else the order of the rows.
    generator : torch.Generator, optional
        Draws the order.
    members : sequence of int, optional
        The members that batches are for; the order of all is drawn, so that theirs does not depend on it.
    team : Team
        As of `Epochs`.

    Shape
    -----
    a batch : (inputs, *targets), each (\\*members, rows that are here, …)
    """

    def __init__(
        self,
        inputs: Inputs,
        *targets: Tensor,
        batch_size: int,
        rows: Sequence[Tensor] | None = None,
        shuffle: bool = True,
        generator: torch.Generator | None = None,
        members: Sequence[int] | None = None,
        team: Team = SOLO,
    ) -> None:
        check_at_least("batch_size", batch_size, 1, integer=True)
        self.inputs = inputs
        self.targets = targets
        self.rows = rows
        self.shuffle = shuffle
        self._inputs = inputs if isinstance(inputs, tuple) else (inputs,)
        tensors = (*self._inputs, *targets)
        n_rows = len(tensors[0])
        if any(len(t) != n_rows for t in tensors):
            raise DataError(f"All tensors need the same number of rows; got {[len(t) for t in tensors]}.")
        counts = [n_rows] if rows is None else [len(r) for r in rows]
        if min(counts, default=0) < 1:
            raise DataError("There are no rows to learn from.")
        self.device = tensors[0].device
        steps = -(-max(counts) // batch_size)
        super().__init__(steps, -(-max(counts) // steps), generator, team)
        self._rows_of_members = [torch.arange(n_rows)] if rows is None else list(rows)
        self._members = slice(None) if members is None else list(members)

    def fingerprint(self) -> str:
        """A hash of all data, and of the rows of each member."""
        digest = hashlib.blake2b(f"{len(self._inputs)} {self.size} {self.shuffle}".encode(), digest_size=16)
        for tensor in (*self._inputs, *self.targets, *self._rows_of_members):
            digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def _order(self) -> Tensor:
        order = torch.stack([self._order_of(rows) for rows in self._rows_of_members])
        return (order[0] if self.rows is None else order[self._members]).to(self.device)

    def _batch(self, order: Tensor, step: int) -> tuple[Inputs, *tuple[Tensor, ...]]:
        index = order[..., step * self.size : (step + 1) * self.size][..., self.here]
        inputs = tuple(rows_at(t, index) for t in self._inputs)
        targets = (rows_at(t, index) for t in self.targets)
        return (inputs if isinstance(self.inputs, tuple) else inputs[0]), *targets

    def _order_of(self, rows: Tensor) -> Tensor:
        if self.shuffle:
            rows = rows[torch.randperm(len(rows), generator=self.generator)]
        places = self.steps * self.size
        return rows.repeat(-(-places // len(rows)))[:places]


def rows_at(tensor: Tensor, index: Tensor) -> Tensor:
    """As `tensor[index]`, for an index of rows of any shape, in half of the time or less."""
    return tensor.index_select(0, index.flatten()).view(*index.shape, *tensor.shape[1:])


def random_state(generator: torch.Generator | None) -> Tensor:
    """The state of a generator, or of torch's global one."""
    return torch.get_rng_state() if generator is None else generator.get_state()


def set_random_state(generator: torch.Generator | None, state: Tensor) -> None:
    """Set the state that `random_state` returned."""
    if generator is None:
        torch.set_rng_state(state)
    else:
        generator.set_state(state)

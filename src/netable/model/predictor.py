"""Predictions of an ensemble for encoded rows, in parallel chunks; few rows by a faster path."""

from __future__ import annotations

from functools import cached_property, partial
from threading import Event
from typing import Any

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from netable.compute.memory import in_chunks
from netable.compute.threads import run_side_by_side
from netable.nn import Ensemble, FewRows
from netable.table.encode import Encoded
from netable.train import Objective

# Rows predicted at once: the activations of eight members stay in a core's cache.
CHUNK_ROWS = 512
# Up to so many rows `FewRows` is faster.
FEW_ROWS = 3


class Predictor:
    """The weighted mean of the members' predictions; stacks of zero weight are left out.

    Parameters
    ----------
    net : Ensemble
    objective : Objective
        Of its members.
    """

    def __init__(self, net: Ensemble, objective: Objective) -> None:
        self._source = net, objective
        self._tensors = [
            (tensors, name, tensor, tensor._version)
            for module in net.modules()
            for tensors in (module._parameters, module._buffers)
            for name, tensor in tensors.items()
            if tensor is not None
        ]
        # Fused optimizers do not count steps as versions, but every step changes the last parameters.
        lasts = [list(stack.body.parameters())[-1].detach() for stack in net.stacks]
        self._lasts = [(last, last.clone()) for last in lasts]
        self._net, members = net.counting()
        self._objective = objective.take(members)
        weights = self._net.weights.cpu().double().numpy()
        self._weights = weights / weights.sum()
        self.dtype: type[np.floating[Any]] = np.float64 if net.dtype == torch.float64 else np.float32

    def __reduce__(self) -> tuple[Any, ...]:
        """Make it again from its arguments."""
        return Predictor, self._source

    def is_for(self, net: Ensemble, objective: Objective) -> bool:
        """True if it was made of these, and they have not changed since."""
        if self._source[0] is not net or self._source[1] is not objective:
            return False
        for tensors, name, tensor, version in self._tensors:  # written for speed: called for every prediction
            if tensors[name] is not tensor or tensor._version != version:
                return False
        return all(torch.equal(last, before) for last, before in self._lasts)

    def outcome(self, encoded: Encoded) -> NDArray[np.float64]:
        """Target values or class probabilities: (rows, d_out or classes).

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C between chunks.
        MemoryShortage
            If memory is too short for a single row.
        """
        numbers = encoded.numbers
        if 0 < len(numbers) <= FEW_ROWS and self._few:
            return self._mean(self._predict_few(self._few(numbers, encoded.codes)))
        if self._source[0].training:
            self._source[0].eval()
        starts = range(0, len(numbers) or 1, CHUNK_ROWS)
        jobs = [partial(self._outcome_of_rows, encoded, slice(i, i + CHUNK_ROWS)) for i in starts]
        parts = run_side_by_side(jobs, self._net.device)
        if len(parts) < len(jobs):
            raise KeyboardInterrupt
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @cached_property
    def _few(self) -> FewRows | None:
        return FewRows(self._net) if FewRows.suits(self._net) else None

    @torch.inference_mode()
    def _outcome_of_rows(self, encoded: Encoded, rows: slice, stop: Event) -> NDArray[np.float64]:
        if stop.is_set():
            raise KeyboardInterrupt
        chunk = [part[rows] for part in encoded[:2]]
        device = self._net.device

        def compute(some: slice) -> NDArray[np.float64]:
            inputs = (torch.from_numpy(part[some]).to(device) for part in chunk)
            return self._mean(self._objective.predict(self._net(*inputs)).cpu().double().numpy())

        parts = in_chunks(compute, len(chunk[0]), CHUNK_ROWS, device)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _predict_few(self, output: NDArray[Any]) -> NDArray[np.float64]:
        """As the objective, for classes without torch, whose softmax starts threads for a few numbers, too."""
        if self._objective.task == "regression":
            return self._objective.predict(torch.from_numpy(output)).numpy()
        logits = output.astype(np.float64) / self._objective.temperature
        if self._objective.task == "binary":
            logits = np.concatenate([-logits, logits], -1)
            outcome: NDArray[np.float64] = scipy.special.expit(logits, out=logits)
        else:
            outcome = scipy.special.softmax(logits, -1)
        return outcome

    def _mean(self, outcome: NDArray[np.float64]) -> NDArray[np.float64]:
        mean: NDArray[np.float64] = np.einsum("m,mbd->bd", self._weights, outcome)
        return mean

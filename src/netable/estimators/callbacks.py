"""Callbacks of scikit-learn 1.9 and later.

The tree of tasks: a fit has one for each run of a stack, short trial runs included, and a run has one for each epoch.
Stacks are trained in parallel, and so are their tasks.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Self

from netable.fit.members.watcher import RunningStack, Watcher
from netable.model.model import Model
from netable.train import Epoch, Phase

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
    from sklearn.callback import with_callbacks
except ImportError:

    class CallbackSupport:  # type: ignore[no-redef]
        """Base class for versions without callbacks."""

    def with_callbacks(method: Any) -> Any:
        """The method as it is."""
        return method


__all__ = ["CallbackSupport", "FitTasks"]

# The decorator ends the callbacks; around `fit` itself, warnings would point to its frame.
_tear_down = with_callbacks(lambda estimator: None)


class FitTasks(Watcher):
    """Tasks of one fit, which call the callbacks of an estimator, if it has any."""

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        self._estimator = estimator
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._data = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fit: Any = None
        self._stacks: dict[int, Any] = {}
        self._begun = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _tear_down(self._estimator)

    @property
    def has_callbacks(self) -> bool:
        """True if the estimator, or one that contains it, has callbacks."""
        return any(hasattr(self._estimator, name) for name in ("_skl_callbacks", "_parent_callback_ctx"))

    def on_phase(self, phase: Phase) -> None:
        """Begin the tasks of stacks, and before the first that of the fit."""
        if self._fit is None:
            self._fit = self._estimator._init_callback_context(
                max_subtasks=phase.runs, sequential_subtasks=False
            )
            self._fit.call_on_fit_task_begin(**self._data)
        name = "trial" if phase.is_trial else "stack"
        for stack in range(phase.stacks):
            task = self._fit.subcontext(task_name=name, task_id=self._begun, max_subtasks=phase.max_epochs)
            self._stacks[stack] = task.call_on_fit_task_begin(**self._data)
            self._begun += 1

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> bool:
        """Report the epoch; True if a callback asks the stack to stop."""
        task = self._stacks[epoch.stack].subcontext(task_name="epoch")
        task.call_on_fit_task_begin(**self._data)
        return bool(
            task.call_on_fit_task_end(
                **self._data, reconstruction_attributes=lambda: self._fitted(stack.model())
            )
        )

    def on_stack_end(self, stack: int) -> None:
        """End the task of a stack."""
        self._stacks.pop(stack).call_on_fit_task_end(**self._data)

    def end(self, model: Model) -> None:
        """End all tasks."""
        if self._fit is not None:
            for stack in list(self._stacks):  # interrupted ones
                self.on_stack_end(stack)
            self._fit.call_on_fit_task_end(**self._data, reconstruction_attributes=lambda: {"model_": model})

    def _fitted(self, model: Model) -> dict[str, Any]:
        """The attributes of the estimator, fitted with this model."""
        estimator = copy(self._estimator)
        estimator._set_model(model)
        return dict(vars(estimator))

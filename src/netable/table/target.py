"""The target: its task, and its labels as codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.config.choices import TASKS
from netable.errors import ConfigError, DataError, check_choice, did_you_mean, warn
from netable.system.brief import brief
from netable.table.canonical.casts import convert
from netable.table.canonical.forms import check_form, form_of, join
from netable.table.canonical.marks import check_usable, mixture_of
from netable.table.canonical.messages import check_columns, name_list, row_list
from netable.table.labels import Label, check_labels
from netable.table.target_values import check_complete, check_numbers, few_whole_numbers, finite, labels_of

__all__ = ["Label", "Target"]

# More labels than this, most of them in one row only, are not classes.
_LABELS_AT_MOST = 100


@dataclass(frozen=True)
class Target:
    """The column or columns to predict.

    Parameters
    ----------
    names : tuple of str
        The target's columns; several for multi-output regression.
    task : {"regression", "binary", "multiclass"}
        Two classes are binary.
    labels : tuple of str, int or bool
        The classes in the order of their codes; empty for regression.
    label_dtype : {"float64", "int64", "bool", "object"}
        The NumPy dtype of what `decode` returns.
    note : str
        An automatic decision to show to the user; often empty.
    forms : tuple of str
        The form of the numbers of each target, see `netable.table.canonical.forms`; empty if all are plain.

    Raises
    ------
    ConfigError
        If a value is not possible for a target.
    """

    names: tuple[str, ...]
    task: str
    labels: tuple[Label, ...] = ()
    label_dtype: str = "float64"
    note: str = ""
    forms: tuple[str, ...] = ()

    __repr__ = brief

    def __post_init__(self) -> None:
        if not self.names or not all(isinstance(name, str) for name in self.names):
            raise ConfigError(f"The names of a target must be texts; got {self.names!r}.")
        if len(set(self.names)) < len(self.names) or (len(self.names) > 1 and self.task != "regression"):
            raise ConfigError(
                f"Only a regression has several targets, each once; got {name_list(self.names)}."
            )
        check_choice("The task of a target", self.task, TASKS[1:])
        check_labels(self.labels, self.label_dtype, self.task)
        if not isinstance(self.note, str):
            raise ConfigError(f"The note on a target must be a text; got {self.note!r}.")
        if self.forms and len(self.forms) != len(self.names):
            raise ConfigError(f"Each name of a target has one form; got {self.forms!r}.")
        for form in self.forms:
            check_form(form, self._storage)

    @classmethod
    def infer(cls, table: pa.Table, names: str | Sequence[str], task: str = "auto") -> Target:
        """Infer the task and the classes.

        Raises
        ------
        SchemaError
            If a target column is not in the table.
        ConfigError
            If `task` does not exist.
        DataError
            If a value is missing or infinite, or the values do not suit the task.
        """
        check_choice("task", task, TASKS)
        names = (names,) if isinstance(names, str) else tuple(names)
        check_columns(names, table.column_names, "The target column")
        check_usable(table, names)
        if not table.num_rows:
            raise DataError("The table has 0 rows; there is nothing to learn from.")
        for name in names:
            check_complete(table.column(name), name, "; missing_target='drop' leaves them out")
            mixture = mixture_of(table, name)
            if mixture and mixture.is_handful and task == "auto":
                raise DataError(
                    f"The target {name!r} holds numbers, but {mixture}. Correct these rows or remove them; "
                    "task='multiclass' takes all texts as classes."
                )
        if len(set(names)) < len(names):
            raise ConfigError(f"A target is named twice: {name_list(names)}.")
        if len(names) > 1 and task in ("binary", "multiclass"):
            raise DataError(f"task={task!r} takes one target; got {len(names)}: {name_list(names)}.")
        if len(names) > 1:
            check_numbers(table, names)
        whole = few_whole_numbers(table.column(names[0]), names[0])
        if task == "regression" or len(names) > 1 or (task == "auto" and whole == 0):
            target = cls._regression(table, names)
        else:
            target = cls._classes(table.column(names[0]), names[0], task)
            if task == "auto" and whole:
                note = f"{names[0]!r} holds {whole} whole numbers: taken as classes; task='regression' otherwise."
                target = replace(target, note=note)
        forms = tuple(form_of(table, name) for name in names)
        return replace(target, forms=forms) if any(forms) else target

    @property
    def d_out(self) -> int:
        """The number of outputs of the network: one logit for two classes."""
        if self.task == "regression":
            return len(self.names)
        return 1 if self.task == "binary" else len(self.labels)

    @property
    def width(self) -> int:
        """Columns of an outcome: targets, or classes."""
        return len(self.labels) or self.d_out

    @property
    def storage(self) -> dict[str, str]:
        """The storage and form of each target column, by which `read` reads a later file."""
        forms = self.forms or ("",) * len(self.names)
        return {name: join(self._storage, form) for name, form in zip(self.names, forms, strict=True)}

    @property
    def _storage(self) -> str:
        return {"object": "text", "bool": "boolean"}.get(self.label_dtype, "number")

    def encode(self, table: pa.Table) -> np.ndarray:
        """The targets: float64 (rows, d_out) of a regression, int64 codes (rows,) of classes.

        Raises
        ------
        SchemaError
            If a target column is not in the table.
        DataError
            If a value is missing, infinite, not a number in a regression, or an unknown class.
        """
        check_columns(self.names, table.column_names, "The target column")
        for name in self.names:
            check_complete(table.column(name), name)
        if self.task == "regression":
            return np.column_stack([finite(table.column(name), name) for name in self.names])
        return self._codes(table.column(self.names[0]))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The labels of class codes; predictions of a regression are returned as they are."""
        if self.task == "regression":
            return np.asarray(codes, dtype=np.float64)
        decoded: np.ndarray = np.array(self.labels, dtype=self.label_dtype)[np.asarray(codes)]
        return decoded

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Target:
        """The target that `to_dict` wrote.

        Raises
        ------
        ConfigError
            If `to_dict` cannot have written it.
        """
        lists = {name: plain.get(name, []) for name in ("names", "labels", "forms")}
        for name, values in lists.items():
            if not isinstance(values, list):
                raise ConfigError(f"The {name} of a target must be a list; got {values!r}.")
        return cls(**{**plain, **{name: tuple(values) for name, values in lists.items()}})

    @classmethod
    def _regression(cls, table: pa.Table, names: tuple[str, ...]) -> Target:
        target = cls(names, "regression")
        values = target.encode(table)
        constant = [name for name, y in zip(names, values.T, strict=True) if y.min() == y.max()]
        if constant:
            warn(f"Constant target; the mean will be predicted: {name_list(constant)}.")
        return target

    @classmethod
    def _classes(cls, data: pa.ChunkedArray, name: str, task: str) -> Target:
        labels, counts, dtype = labels_of(data, name)
        if len(labels) == 1:
            raise DataError(
                f"The target {name!r} holds one class only, {labels[0]!r}; a classifier needs at least two."
            )
        if task == "binary" and len(labels) != 2:
            raise DataError(
                f"task='binary' needs two classes; {name!r} holds {len(labels)}: {name_list(labels)}."
            )
        if len(labels) > max(_LABELS_AT_MOST, len(data) / 2):
            raise DataError(
                f"The target {name!r} holds {len(labels)} classes in {len(data)} rows, {labels[0]!r} first; "
                "choose another target, or a regression if it is a number: task='regression'."
            )
        single = [label for label, count in zip(labels, counts, strict=True) if count == 1]
        if single:
            warn(f"Classes of {name!r} with a single row are learned but not evaluated: {name_list(single)}.")
        return cls((name,), "binary" if len(labels) == 2 else "multiclass", labels, dtype)

    def _codes(self, data: pa.ChunkedArray) -> np.ndarray:
        name = self.names[0]
        if self.label_dtype == "object":
            keys, known = convert(data, "text", name), pa.array(self.labels, pa.string())
        else:
            keys, known = convert(data, "number", name), pa.array(map(float, self.labels), pa.float64())
            keys = pc.add(keys, 0.0)  # -0.0 is 0.0
        places = pc.index_in(keys, value_set=known)
        unseen = places.is_null().to_numpy()
        if unseen.any():
            value = data[int(unseen.argmax())].as_py()
            raise DataError(
                f"The target {name!r} holds {value!r} in {row_list(unseen.nonzero()[0][:1])}, "
                f"a class that was not in training. {did_you_mean(str(value), [str(k) for k in self.labels])}"
            )
        codes: np.ndarray = places.cast(pa.int64()).to_numpy().copy()  # Arrow's memory is read-only
        return codes

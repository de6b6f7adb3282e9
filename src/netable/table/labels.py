"""Labels of classes: their checks and their order."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from netable.errors import ConfigError, check_choice

Label = str | int | bool
LABEL_DTYPES = {"float64": None, "int64": int, "bool": bool, "object": str}


def check_labels(labels: tuple[Label, ...], dtype: str, task: str) -> None:
    """Refuse labels that `Target.infer` cannot return.

    Raises
    ------
    ConfigError
        If the dtype is unknown or not that of every label, labels repeat, or they do not suit the task.
    """
    check_choice("label_dtype", dtype, tuple(LABEL_DTYPES))
    kind = LABEL_DTYPES[dtype]
    for label in labels:
        if type(label) is not kind or (isinstance(label, int) and abs(label) >= 2**63):
            raise ConfigError(f"A label of the dtype {dtype} cannot be {label!r}.")
    if len(set(labels)) < len(labels):
        raise ConfigError("Every class needs a label of its own.")
    if (task == "regression") != (kind is None) or bool(labels) != (kind is not None):
        raise ConfigError(
            f"A target of the task {task} cannot have {len(labels)} labels of the dtype {dtype}."
        )


def is_whole_text(text: str) -> bool:
    """The text is a whole number as Python writes it."""
    return text.lstrip("-").isdecimal() and str(int(text)) == text


def sorted_labels(labels: Collection[str]) -> list[str]:
    """Sort labels as numbers if all of them are, so that '10' follows '9'; else as texts."""
    try:
        numbers = {label: float(label) for label in labels}
    except ValueError:
        return sorted(labels)
    if any(map(math.isnan, numbers.values())):  # NaN has no order
        return sorted(labels)
    return sorted(labels, key=lambda label: (numbers[label], label))


def spelled_alike(texts: Iterable[object]) -> list[list[str]]:
    """The texts that differ in case or blanks only, group by group.

    >>> spelled_alike(["Seoul", "seoul ", "Busan"])
    [['Seoul', 'seoul ']]
    """
    alike: dict[str, list[str]] = {}
    for text in texts:
        if isinstance(text, str):
            alike.setdefault(" ".join(text.casefold().split()), []).append(text)
    return [group for group in alike.values() if len(group) > 1]

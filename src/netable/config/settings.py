"""Every setting of a run: its default, values, description and place in the terminal, written once.

The terminal, the estimators, YAML files and model files read them here. Nothing here imports torch, so that
`netable --help` answers at once.
"""

# ruff: noqa: RUF009, as `setting` makes a dataclass field
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from textwrap import fill, indent
from typing import Any, Literal

from netable.config import choices
from netable.config.fields import (
    CHECKING,
    COLUMNS,
    FILES,
    NETWORK,
    READING,
    TRAIN,
    TRAINING,
    Setting,
    setting,
)
from netable.config.parsing import WITH_COMMA
from netable.config.values import ClassWeights, Each, Flag, Kinds, Mark, Number, OneOf, Targets, Text, Values
from netable.errors import ConfigError, check_choice, did_you_mean

Auto = Literal["auto"]


class _Stacks(Values):
    """A tuple of mappings from settings to values, one mapping for each stack."""

    def checked(self, name: str, value: Any) -> Any:
        """The tuple."""
        stacks = tuple(value) if isinstance(value, list) else value
        if not isinstance(stacks, tuple) or not stacks:
            raise ConfigError(f"{name} must be a list of mappings, or 'auto'; got {stacks!r}.")
        if len(stacks) > choices.MOST_STACKS:
            raise ConfigError(f"There can be {choices.MOST_STACKS} stacks at most; got {len(stacks)}.")
        for stack in stacks:
            if not isinstance(stack, Mapping):
                raise ConfigError(f"Each of {name} must map settings to values; got {stack!r}.")
            for key, one in stack.items():
                check_choice("A setting of a stack", key, STACK_SETTINGS)
                SETTINGS[key].checked(one)
        return stacks


_SHARE = Number(below=1)
_COUNT = Number(1, below=2**53, is_whole=True)
_RATE = Number(above_least=True)


@dataclass(frozen=True)
class Settings:
    """Settings of one training run; `fit` replaces "auto" by what it decides from the data."""

    target: str | tuple[str, ...] | None = setting(
        None, Targets(), "The column to predict; repeat it for several numbers at once.", COLUMNS
    )
    task: str = setting("auto", OneOf(choices.TASKS), "Type of the target:", COLUMNS)
    loss: str = setting("mse", OneOf(choices.LOSSES), "Regression loss:", TRAINING)
    quantile: float = setting(
        0.5,
        Number(above_least=True, below=1),
        "Share of targets below the prediction, for the loss quantile.",
        TRAINING,
    )
    target_transform: str = setting(
        "auto",
        OneOf(choices.TARGET_TRANSFORMS),
        "Learn the logarithm of a regression's target; predictions keep its units:",
        TRAINING,
    )
    kinds: Mapping[str, str] = setting({}, Kinds(), "Override detected kinds:", COLUMNS, singular="kind")
    ignore_columns: tuple[str, ...] = setting(
        (), Each(Text(), WITH_COMMA, repeats=True), "Columns to leave out, separated by commas.", COLUMNS
    )
    na_values: tuple[str, ...] | None = setting(
        None,
        Each(Text(), repeats=True),
        'Spellings of "missing" in files, separated by commas, in place of the usual ones.',
        FILES,
        READING,
        learned=True,
    )
    delimiter: str | None = setting(
        None,
        Mark(";", refused='\r\n"'),
        "Character between the fields of a text file; detected if left out.",
        FILES,
        READING,
    )
    decimal: str | None = setting(
        None,
        OneOf(choices.DECIMAL_MARKS, is_listed=False),
        "Decimal mark of numbers in text, a point or a comma.",
        FILES,
        READING,
    )
    encoding: str | None = setting(
        None, Text(), "Encoding of a text file, such as cp949; detected if left out.", FILES, READING
    )
    quote: str | None = setting(
        None,
        Mark("'"),
        "Character around cells of a text file; detected if left out.",
        FILES,
        READING,
        learned=True,
    )
    comment: str | None = setting(
        None, Text(), "Leave out lines that begin with this, such as #.", FILES, READING, learned=True
    )
    header: bool | None = setting(
        None,
        Flag(),
        "Force (or forbid) a header row; without one, columns are numbered.",
        FILES,
        READING,
        learned=True,
    )
    skip_rows: int = setting(
        0, Number(is_whole=True), "Lines to skip above the table.", FILES, READING, learned=True
    )
    bad_rows: str = setting(
        "error",
        OneOf(choices.BAD_ROWS),
        "Rows of a text file with too few or too many fields:",
        FILES,
        READING,
    )
    weight_column: str | None = setting(None, Text(), "Weight of each row.", COLUMNS)
    group_column: str | None = setting(None, Text(), "Keep the rows of one group in the same fold.", CHECKING)
    time_column: str | None = setting(
        None, Text(), "Validate on rows that are later than those learned from.", CHECKING
    )
    effort: str = setting("standard", OneOf(choices.EFFORTS), "Work to spend on a good model:", TRAINING)
    time_limit: float | None = setting(None, _RATE, "Seconds of training at most.", TRAINING)
    model: str = setting("auto", OneOf(choices.MODELS), "Network:", NETWORK, TRAIN)
    embedding: str = setting(
        "auto",
        OneOf(choices.EMBEDDINGS),
        "Inputs for each number beside itself:",
        NETWORK,
        TRAIN,
        by_stack=True,
    )
    stacks: tuple[Mapping[str, Any], ...] | Auto = setting(
        "auto",
        _Stacks(),
        "Stacks of networks that are trained side by side and averaged, as a list of the settings in which each "
        "differs from the run; auto depends on model and effort.",
        verbs=(),
    )
    hidden_layer_sizes: tuple[int, ...] = setting(
        (128, 128),
        Each(Number(1, below=choices.WIDEST_LAYER + 1, is_whole=True)),
        "Widths of hidden layers, such as 256,128.",
        NETWORK,
        by_stack=True,
    )
    activation: str = setting(
        "relu", OneOf(choices.ACTIVATIONS), "Activation of hidden layers:", NETWORK, TRAIN, by_stack=True
    )
    dropout: float | Auto = setting(
        "auto", _SHARE, "Share of hidden units dropped in a training step.", NETWORK, TRAIN, by_stack=True
    )
    optimizer: str = setting("adamw", OneOf(choices.OPTIMIZERS), "Optimizer:", TRAINING, TRAIN)
    lr: float | Auto = setting("auto", _RATE, "Highest learning rate.", TRAINING, TRAIN, by_stack=True)
    momentum: float = setting(0.9, _SHARE, "For the optimizer momentum.", TRAINING, TRAIN)
    weight_decay: float | Auto = setting(
        "auto", Number(), "Decoupled weight decay; biases do not decay.", TRAINING, TRAIN, by_stack=True
    )
    schedule: str = setting(
        "auto", OneOf(("auto", *choices.SCHEDULES)), "Learning rate over the run:", TRAINING, TRAIN
    )
    clip_norm: float | None = setting(
        None, _RATE, "Greatest norm of a network's gradient; longer ones are scaled down.", TRAINING, TRAIN
    )
    batch_size: int | Auto = setting("auto", _COUNT, "Rows in a training step.", TRAINING, TRAIN)
    max_epochs: int | Auto = setting("auto", _COUNT, "Passes over the training rows at most.", TRAINING)
    early_stopping: bool = setting(
        True,
        Flag(),
        "Stop when the validation loss no longer improves, and keep the best weights.",
        TRAINING,
        TRAIN,
    )
    patience: int | Auto = setting(
        "auto", _COUNT, "Epochs without improvement before stopping.", TRAINING, TRAIN
    )
    folds: int | Auto = setting(
        "auto", _COUNT, "Number of folds, one network each; 1 uses a single hold-out.", CHECKING, TRAIN
    )
    validation_fraction: float = setting(
        0.2, _SHARE, "Share of rows in the hold-out of a single fold.", CHECKING, TRAIN
    )
    class_weight: str | Mapping[Any, float] | None = setting(
        None, ClassWeights(), "Weights of classes in training, never in metrics:", TRAINING
    )
    precision: str = setting(
        "auto", OneOf(choices.PRECISIONS), "Precision of matrix products in training:", TRAINING, TRAIN
    )
    device: str = setting(
        "auto", Text(), "auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:1, mps.", verbs=READING
    )
    seed: int = setting(
        0,
        Number(below=choices.MOST_SEEDS, is_whole=True),
        "Seed of everything random.",
        TRAINING,
        by_stack=True,
    )

    def __post_init__(self) -> None:
        """Check every value, and bring sequences to tuples.

        Raises
        ------
        ConfigError
            If a setting cannot take its value.
        """
        for name, one in SETTINGS.items():
            object.__setattr__(self, name, one.checked(getattr(self, name)))
        if self.loss == "poisson" and self.target_transform == "log":
            raise ConfigError(
                "loss='poisson' works on a log scale by itself; leave target_transform='log' out."
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for YAML or JSON."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


SETTINGS = {
    f.name: Setting(f.name, {} if f.default is MISSING else f.default, **f.metadata) for f in fields(Settings)
}
# Settings in which the stacks of a run may differ.
STACK_SETTINGS = tuple(name for name, one in SETTINGS.items() if one.by_stack)
# Settings by which a model reads tables that come later.
LEARNED_OPTIONS = tuple(name for name, one in SETTINGS.items() if one.learned)
DEFAULTS = Settings()


def config_from(settings: Mapping[str, Any], *, source: str = "the configuration") -> Settings:
    """Settings from plain values.

    Raises
    ------
    ConfigError
        If a key is not a setting, or its value cannot be used.
    """
    for key in settings:
        if key not in SETTINGS:
            raise ConfigError(f"{source} has no setting {str(key)!r}. {did_you_mean(str(key), SETTINGS)}")
    return replace(DEFAULTS, **settings)


def parameters_doc(names: Iterable[str]) -> str:
    """The "Parameters" section of a docstring for settings."""
    types = {f.name: str(f.type).replace("Auto", '"auto"') for f in fields(Settings)}
    lines = ["Parameters", "----------"]
    for name in names:
        one = SETTINGS[name]
        lines.append(f"{name} : {types[name]}, default {one.default!r}")
        lines.append(indent(fill(f"{one.about} {one.values.syntax}".strip(), 100), "    "))
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):  # a new one, or YAML would name it once and point there
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {_key(k): _plain(v) for k, v in value.items()}
    return value.item() if hasattr(value, "item") else value


def _key(key: Any) -> str:
    """A label as JSON and YAML can name it: by its text, of which `class_weight` knows the label too."""
    key = _plain(key)
    return str(int(key) if isinstance(key, float) and key.is_integer() else key)


Settings.__doc__ = f"{Settings.__doc__}\n\n{parameters_doc(SETTINGS)}"

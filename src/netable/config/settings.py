"""Every setting of a run: its default, values, description and place in the terminal, written once.

Nothing here imports torch, so that `netable --help` answers at once.
"""

# ruff: noqa: RUF009, as these calls make dataclass fields
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import partial
from reprlib import repr as shortened
from textwrap import fill, indent
from typing import Any, Literal

from netable.config import choices
from netable.config.fields import (
    CHECKING,
    COLUMNS,
    FILES,
    FITTING,
    NETWORK,
    READING,
    TRAIN,
    TRAINING,
    Setting,
    setting,
)
from netable.config.kinds import Kinds
from netable.config.parsing import WITH_COMMA
from netable.config.values import (
    ClassWeights,
    Each,
    Flag,
    Mark,
    Network,
    Number,
    OneOf,
    Targets,
    Text,
    Values,
    check_marks,
    plain_value,
)
from netable.errors import ConfigError, check_choice, did_you_mean

Auto = Literal["auto"]


class _Stacks(Values):
    """A tuple of mappings from settings to values, one mapping for each stack."""

    def checked(self, name: str, value: Any) -> Any:
        """A tuple of the mappings."""
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
_TEXTS = Each(Text(), WITH_COMMA, repeats=True)

_column = partial(setting, panel=COLUMNS)
_file = partial(setting, panel=FILES, verbs=READING)
_check = partial(setting, panel=CHECKING)
_train = partial(setting, panel=TRAINING)
_tune = partial(setting, panel=TRAINING, verbs=TRAIN)
_net = partial(setting, panel=NETWORK, verbs=TRAIN)


@dataclass(frozen=True)
class Settings:
    """Settings of one training run; `fit` replaces "auto" by what it decides from the data."""

    target: str | tuple[str, ...] | None = _column(
        None, Targets(), "The column to predict, or several of numbers, separated by commas."
    )
    task: str = _column("auto", OneOf(choices.TASKS), "Type of the target:")
    missing_target: str = _column("error", OneOf(choices.MISSING_TARGETS), "Rows without a target:")
    loss: str = _train("mse", OneOf(choices.LOSSES), "Regression loss:")
    quantile: float = _train(
        0.5,
        Number(above_least=True, below=1),
        "Share of targets below the prediction, for the loss quantile.",
    )
    target_transform: str = _train(
        "auto",
        OneOf(choices.TARGET_TRANSFORMS),
        "Learn the logarithm of a regression's target; predictions keep its units:",
    )
    kinds: Mapping[str, str] = _column({}, Kinds(), "Override detected kinds:", singular="kind")
    ignore_columns: tuple[str, ...] = _column((), _TEXTS, "Columns to leave out, separated by commas.")
    na_values: tuple[str, ...] | None = _file(
        None, _TEXTS, 'Spellings of "missing", separated by commas, in place of the usual ones.', learned=True
    )
    delimiter: str | None = _file(
        None, Mark(";", refused='\r\n"'), "Character between fields; detected if left out."
    )
    decimal: str | None = _file(
        None, OneOf(choices.DECIMAL_MARKS, is_listed=False), "Decimal mark, a point or a comma."
    )
    encoding: str | None = _file(
        None, Text(), "Encoding of a text file, such as cp949; detected if left out."
    )
    quote: str | None = _file(None, Mark("'"), "Character around cells; detected if left out.", learned=True)
    comment: str | None = _file(
        None, Text(), "Leave out lines that begin with this, such as #.", learned=True
    )
    header: bool | None = _file(
        None, Flag(), "Force (or forbid) a header row; without one, columns are numbered.", learned=True
    )
    skip_rows: int = _file(0, Number(is_whole=True), "Lines to skip above the table.", learned=True)
    bad_rows: str = _file(
        "error",
        OneOf(choices.BAD_ROWS),
        "Rows with too few or too many fields, or that are no data, such as totals:",
    )
    format: str | None = _file(
        None, OneOf(choices.FILE_FORMATS), "Format of the file; told from its first bytes if left out:"
    )
    sheet: str | None = _file(
        None, Text(), "Sheet of a workbook, by name or number; the first one with rows if left out."
    )
    table: str | None = _file(None, Text(), "Table of a database file; needed if there are several.")
    weight_column: str | None = _column(None, Text(), "Weight of each row.")
    group_column: str | None = _check(None, Text(), "Keep the rows of one group in the same fold.")
    time_column: str | None = _check(None, Text(), "Validate on rows that are later than those learned from.")
    split: str = _check(
        "random",
        OneOf(choices.SPLITS),
        "Folds without a group or time column; auto looks for groups of rows and for an order of time, and uses what "
        "it finds:",
        verbs=TRAIN,
    )
    effort: str = _train("standard", OneOf(choices.EFFORTS), "Work to spend on a good model:")
    time_limit: float | None = _train(
        None, _RATE, "Seconds for everything, from the start of the command or of fit."
    )
    model: str | Callable[[int, int], Any] = _net("auto", Network(choices.MODELS), "Network:", by_stack=True)
    embedding: str = _net(
        "auto", OneOf(choices.EMBEDDINGS), "Inputs for each number beside itself:", by_stack=True
    )
    categories: str = _net(
        "auto",
        OneOf(choices.CATEGORIES),
        "Inputs for categories: what is learned about each level, or means of the target by levels and by pairs:",
        by_stack=True,
    )
    stacks: tuple[Mapping[str, Any], ...] | Auto = _net(
        "auto",
        _Stacks(),
        "Stacks of networks that are trained side by side and averaged, as a list of the settings in which each "
        "differs from the run; auto depends on model and effort.",
        verbs=(),
    )
    hidden_layer_sizes: tuple[int, ...] = _net(
        (128, 128),
        Each(Number(1, below=choices.WIDEST_LAYER + 1, is_whole=True)),
        "Widths of hidden layers.",
        verbs=FITTING,
        by_stack=True,
    )
    activation: str = _net("relu", OneOf(choices.ACTIVATIONS), "Activation of hidden layers:", by_stack=True)
    dropout: float | Auto = _net(
        "auto",
        _SHARE,
        "Share of hidden units that are set to zero at random in each training step.",
        by_stack=True,
    )
    optimizer: str = _tune(
        "auto",
        OneOf(("auto", *choices.OPTIMIZERS)),
        "Optimizer; auto is muon for networks, adamw for linear models and tables of fewer than 100 rows:",
        by_stack=True,
    )
    lr: float | Auto = _tune("auto", _RATE, "Highest learning rate.", by_stack=True)
    momentum: float = _tune(0.9, _SHARE, "Share of the last step that the optimizer momentum repeats.")
    weight_decay: float | Auto = _tune(
        "auto", Number(), "Decoupled weight decay; biases do not decay.", by_stack=True
    )
    schedule: str = _tune("auto", OneOf(("auto", *choices.SCHEDULES)), "Learning rate over the run:")
    clip_norm: float | None = _tune(
        None, _RATE, "Greatest norm of a network's gradient; longer ones are scaled down."
    )
    batch_size: int | Auto = _tune("auto", _COUNT, "Rows in a training step.")
    max_epochs: int | Auto = _train("auto", _COUNT, "Passes over the training rows at most.", by_stack=True)
    early_stopping: bool = _tune(
        True, Flag(), "Stop when the validation loss no longer improves, and keep the best weights."
    )
    patience: int | Auto | None = _tune(
        "auto", replace(_COUNT, or_none=True), "Epochs without improvement before stopping.", by_stack=True
    )
    folds: int | Auto = _check(
        "auto", _COUNT, "Number of folds, one network each; 1 uses a single hold-out.", verbs=TRAIN
    )
    validation_fraction: float = _check(
        0.2, _SHARE, "Share of rows in the hold-out of a single fold.", verbs=TRAIN
    )
    class_weight: str | Mapping[Any, float] | None = _train(
        None, ClassWeights(), "Weights of classes in training, never in metrics:"
    )
    precision: str = _tune("auto", OneOf(choices.PRECISIONS), "Precision of matrix products in training:")
    device: str = setting(
        "auto", Text(), "auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:1, mps.", verbs=READING
    )
    seed: int = _train(
        0, Number(below=choices.MOST_SEEDS, is_whole=True), "Seed of everything random.", by_stack=True
    )

    def __post_init__(self) -> None:
        """Check every value, raising `ConfigError`, and turn sequences into tuples."""
        for name, one in SETTINGS.items():
            object.__setattr__(self, name, one.checked(getattr(self, name)))
        check_marks(self.delimiter, self.quote, self.comment)
        if self.loss == "poisson" and self.target_transform == "log":
            raise ConfigError(
                "loss='poisson' works on a log scale by itself; leave target_transform='log' out."
            )

    def __repr__(self) -> str:
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        parts = ", ".join(f"{name}={shortened(value)}" for name, value in given.items() if value != {})
        return f"{type(self).__name__}({parts})"

    @property
    def learned_options(self) -> dict[str, Any]:
        """The settings by which a model reads tables that come later, with their values."""
        return {name: getattr(self, name) for name, one in SETTINGS.items() if one.learned}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for YAML or JSON."""
        return {f.name: plain_value(getattr(self, f.name)) for f in fields(self)}


SETTINGS = {
    f.name: Setting(f.name, {} if f.default is MISSING else f.default, **f.metadata) for f in fields(Settings)
}
# Settings in which the stacks of a run may differ.
STACK_SETTINGS = tuple(name for name, one in SETTINGS.items() if one.by_stack)
DEFAULTS = Settings()


def config_from(settings: Mapping[str, Any], *, source: str = "the configuration") -> Settings:
    """Settings from plain values; `ConfigError` if a key is not a setting, or its value cannot be used."""
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
        lines.append(indent(fill(f"{one.about} {one.values.in_python}".strip(), 100), "    "))
    return "\n".join(lines)


Settings.__doc__ = f"{Settings.__doc__}\n\n{parameters_doc(SETTINGS)}"

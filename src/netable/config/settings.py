"""Every setting and its default, written once. The terminal, the estimators and the model file read them here.

Nothing here imports torch, so that `netable --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from netable.config.checks import check_numbers, check_texts
from netable.errors import ConfigError, check_choice, did_you_mean

MODELS = ("auto", "mlp", "linear")
EMBEDDINGS = ("auto", "none", "bins", "periodic")
EFFORTS = ("fast", "standard", "best")
PRECISIONS = ("auto", "float32", "bfloat16")
TASKS = ("auto", "regression", "binary", "multiclass")
LOSSES = ("mse", "mae", "huber", "poisson", "quantile")
TARGET_TRANSFORMS = ("auto", "none", "log")
ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "selu", "silu", "gelu", "mish")
OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "coslog4", "coslog5")
# What the stacks of a run may differ in.
STACK_SETTINGS = ("embedding", "hidden_layer_sizes", "activation", "dropout", "lr", "weight_decay", "seed")
MOST_STACKS = 100
# How files are read that a model meets later, as those of its training.
LEARNED_OPTIONS = ("na_values", "quote", "comment", "header", "skip_rows")
BAD_ROWS = ("error", "skip")
KINDS = ("number", "category", "flag", "date", "text", "identifier", "constant")

# How many parts of a table `netable compare` keeps for testing, one after another.
OUTER_FOLDS = 5

Auto = Literal["auto"]


@dataclass(frozen=True)
class Settings:
    """The settings of one training run; `"auto"` is resolved from the data and written back by `fit`.

    Parameters
    ----------
    target : str or tuple of str, optional
        The column to predict; several for multi-output regression.
    task : {"auto", "regression", "binary", "multiclass"}
        What the target asks for.
    loss : {"mse", "mae", "huber", "poisson", "quantile"}
        What a regression is to get right: the mean, the median, either with less heed to far values (huber), the
        rate of counts, a quantile. Classes have the default only.
    quantile : float
        Used by the loss `quantile`: the share of targets that are to lie below the prediction.
    target_transform : {"auto", "none", "log"}
        Whether networks learn the logarithm of the target (of 1 + target, if it is 0 somewhere); predictions are in
        its own units.
    kinds : mapping of column name to kind
        Overrides what was inferred: number, category, flag, date, text, identifier or constant.
    ignore_columns : tuple of str
        Columns that are left out.
    na_values : tuple of str, optional
        What is written for a missing value in files, in place of the usual spellings.
    delimiter, decimal, encoding, quote, comment : str, optional
        How a text file is written, where that is not to be found out; lines that begin with `comment` are left out.
    header, skip_rows : bool, optional; int
        Whether the first line of a table in a text file holds names; how many lines stand above it.
    bad_rows : {"error", "skip"}
        What happens to rows of a text file with too few or too many fields.
    weight_column, group_column, time_column : str, optional
        The weight of each row; rows of one group are never split between folds; folds follow this order in time.
    effort : {"fast", "standard", "best"}
        How much is done to get a good model: a first look, the default, or a search over settings.
    time_limit : float, optional
        Seconds after which training stops with the best weights so far.
    model : {"auto", "mlp", "linear"}
        The network; `"auto"` is the best one we know.
    embedding : {"auto", "none", "bins", "periodic"}
        What a number becomes besides itself: nothing, its place among the column's bins, or learned waves.
    stacks : tuple of mappings, or "auto"
        One stack of members for each, trained side by side and blended; a mapping holds the settings that are its
        own: embedding, hidden_layer_sizes, activation, dropout, lr, weight_decay, seed. `"auto"` depends on model and
        effort; what is set for the run then holds in all stacks.
    hidden_layer_sizes : tuple of int
        The width of each hidden layer of an `mlp`.
    activation : str
        What follows each hidden layer.
    dropout : float or "auto"
        The share of hidden units that is silenced in a training step; `"auto"` is 0.1 for classes and 0 for numbers.
    optimizer : {"sgd", "momentum", "rmsprop", "adam", "adamw"}
        How gradients become steps.
    lr : float or "auto"
        The learning rate at its highest; `"auto"` depends on the optimizer.
    momentum : float
        Used by the optimizer `momentum`.
    weight_decay : float or "auto"
        How strongly weights (not biases) are pulled towards zero in each step, in units of the learning rate;
        `"auto"` depends on the optimizer.
    schedule : {"auto", "constant", "cosine", "coslog4", "coslog5"}
        How the learning rate moves over the run; `"auto"` depends on how many rows and epochs there are.
    clip_norm : float, optional
        Each member's gradient is scaled down to at most this length; None leaves it as it is.
    batch_size : int or "auto"
        Rows in a step.
    max_epochs : int or "auto"
        Passes over the training rows at most.
    early_stopping : bool
        Stop when the validation loss no longer falls, and go back to the best weights.
    patience : int, None or "auto"
        Epochs without a better validation loss before stopping. None stops where a wave of the schedule ends, if it
        brought little; `"auto"` is None for schedules of waves, 16 for others.
    folds : int or "auto"
        Networks trained side by side, each on all but one fold; 1 trains a single network with a hold-out.
    validation_fraction : float
        The share of rows held out when `folds` is 1.
    class_weight : None, "balanced" or a mapping of label to weight
        Weights in training and stopping, never in published metrics.
    precision : {"auto", "float32", "bfloat16"}
        Of matrix products in training; `"auto"` is bfloat16 where the processor has matrix instructions for it.
    device : str
        "auto" (CUDA, then Apple's MPS, then the CPU), "cpu", "cuda", "cuda:1", "mps".
    seed : int
        Decides folds, first weights, order of rows and dropout.
    """

    target: str | tuple[str, ...] | None = None
    task: str = "auto"
    loss: str = "mse"
    quantile: float = 0.5
    target_transform: str = "auto"
    kinds: Mapping[str, str] = field(default_factory=dict)
    ignore_columns: tuple[str, ...] = ()
    na_values: tuple[str, ...] | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    quote: str | None = None
    comment: str | None = None
    header: bool | None = None
    skip_rows: int = 0
    bad_rows: str = "error"
    weight_column: str | None = None
    group_column: str | None = None
    time_column: str | None = None
    effort: str = "standard"
    time_limit: float | None = None
    model: str = "auto"
    embedding: str = "auto"
    stacks: tuple[Mapping[str, Any], ...] | Auto = "auto"
    hidden_layer_sizes: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    dropout: float | Auto = "auto"
    optimizer: str = "adamw"
    lr: float | Auto = "auto"
    momentum: float = 0.9
    weight_decay: float | Auto = "auto"
    schedule: str = "auto"
    clip_norm: float | None = None
    batch_size: int | Auto = "auto"
    max_epochs: int | Auto = "auto"
    early_stopping: bool = True
    patience: int | Auto | None = "auto"
    folds: int | Auto = "auto"
    validation_fraction: float = 0.2
    class_weight: str | Mapping[Any, float] | None = None
    precision: str = "auto"
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Bring sequences to tuples and refuse what cannot work.

        Raises
        ------
        ConfigError
            If a value is not one that its setting can take.
        """
        for name in ("hidden_layer_sizes", "ignore_columns"):
            object.__setattr__(self, name, _as_tuple(getattr(self, name)))
        if self.na_values is not None:
            object.__setattr__(self, "na_values", _as_tuple(self.na_values))
        if isinstance(self.stacks, list):
            object.__setattr__(self, "stacks", tuple(self.stacks))
        if isinstance(self.target, list):
            object.__setattr__(self, "target", tuple(self.target))
        _check_choices(self)
        check_texts(self)
        check_numbers(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for YAML or JSON."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def config_from(settings: Mapping[str, Any], *, source: str = "the configuration") -> Settings:
    """A configuration from plain values.

    Raises
    ------
    ConfigError
        If a key is not a setting, or its value cannot be used.
    """
    known = [f.name for f in fields(Settings)]
    for key in settings:
        if key not in known:
            raise ConfigError(f"{source} has no setting {str(key)!r}. {did_you_mean(str(key), known)}")
    return replace(DEFAULTS, **settings)


def _check_choices(config: Settings) -> None:
    check_choice("effort", config.effort, EFFORTS)
    check_choice("model", config.model, MODELS)
    check_choice("embedding", config.embedding, EMBEDDINGS)
    check_choice("precision", config.precision, PRECISIONS)
    _check_stacks(config)
    check_choice("task", config.task, TASKS)
    check_choice("loss", config.loss, LOSSES)
    check_choice("target_transform", config.target_transform, TARGET_TRANSFORMS)
    if config.loss == "poisson" and config.target_transform == "log":
        raise ConfigError("loss='poisson' works on a log scale by itself; leave target_transform='log' out.")
    if config.early_stopping not in (True, False):
        raise ConfigError(f"early_stopping must be true or false; got {config.early_stopping!r}.")
    if config.header not in (True, False, None):
        raise ConfigError(f"header must be true or false; got {config.header!r}.")
    check_choice("bad_rows", config.bad_rows, BAD_ROWS)
    check_choice("activation", config.activation, ACTIVATIONS)
    check_choice("optimizer", config.optimizer, OPTIMIZERS)
    check_choice("schedule", config.schedule, ("auto", *SCHEDULES))
    if not isinstance(config.kinds, Mapping):
        raise ConfigError(f"kinds must map column names to kinds; got {config.kinds!r}.")
    for column, kind in config.kinds.items():
        check_choice(f"The kind of {column!r}", kind, KINDS)
    weight = config.class_weight
    if not isinstance(weight, Mapping | None) and weight != "balanced":
        raise ConfigError(f"class_weight must be 'balanced', a mapping or None; got {config.class_weight!r}.")


def _check_stacks(config: Settings) -> None:
    if config.stacks == "auto":
        return
    if not isinstance(config.stacks, tuple) or not config.stacks:
        raise ConfigError(f"stacks must be a list of mappings, or 'auto'; got {config.stacks!r}.")
    if len(config.stacks) > MOST_STACKS:
        raise ConfigError(f"There can be {MOST_STACKS} stacks at most; got {len(config.stacks)}.")
    for own in config.stacks:
        if not isinstance(own, Mapping):
            raise ConfigError(f"Each of stacks must map settings to values; got {own!r}.")
        for key in own:
            check_choice("A setting of a stack", key, STACK_SETTINGS)
        Settings(**vars(config) | dict(own) | {"stacks": "auto"})


def _as_tuple(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        value = (value,)
    return tuple(value)


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


DEFAULTS = Settings()

"""Options that are settings of a run: how they are shown, and how what was typed becomes a configuration."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from netable.cli import options as opt
from netable.config.settings import (
    DEFAULTS,
    EFFORTS,
    EMBEDDINGS,
    KINDS,
    LOSSES,
    TARGET_TRANSFORMS,
    TASKS,
    Settings,
    config_from,
)
from netable.config.yaml_file import read_config_file
from netable.errors import ConfigError

# Settings that are typed as numbers; some of them may be "auto".
_WHOLE = ("folds", "batch_size", "max_epochs", "patience", "seed")
_NUMBERS = (
    "quantile",
    "lr",
    "dropout",
    "momentum",
    "weight_decay",
    "clip_norm",
    "validation_fraction",
    "time_limit",
)
COLUMNS, NET, RUN, CHECK = "Columns", "Network", "Training", "Checking"


def option(help_text: str, panel: str, setting: str | None = None, **more: Any) -> Any:
    """An option whose default, if it is a setting, is written in `netable.config.settings` and only shown here."""
    if setting:
        default = getattr(DEFAULTS, setting)
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        help_text += f" (default: {'none' if shown is None else shown})"
        more |= {"metavar": "<number>"} if setting in (*_WHOLE, *_NUMBERS) else {}
    return typer.Option(help=help_text, rich_help_panel=panel, show_default=False, **more)


def choices(names: tuple[str, ...]) -> str:
    """What an option can be, as a sentence."""
    return ", ".join(names) + "."


Target = Annotated[
    list[str] | None, option("The column to predict; repeat it for several numbers at once.", COLUMNS)
]
ConfigFile = Annotated[Path | None, option("Settings from a YAML file; options here override it.", RUN)]
Task = Annotated[str | None, option(choices(TASKS), COLUMNS, "task")]
Loss = Annotated[str | None, option(f"For numbers: {choices(LOSSES)}", RUN, "loss")]
Quantile = Annotated[str | None, option("For --loss quantile.", RUN, "quantile")]
TargetTransform = Annotated[
    str | None, option(f"For numbers: {choices(TARGET_TRANSFORMS)}", RUN, "target_transform")
]
WeightColumn = Annotated[str | None, option("How much each row counts.", COLUMNS)]
IgnoreColumns = Annotated[
    list[str] | None, option(f"Columns to leave out, by commas. {opt.WITH_COMMA}", COLUMNS)
]
Kind = Annotated[
    list[str] | None,
    option(f"COLUMN=KIND, by commas: {choices(KINDS)} With a comma: '\"a, b\"=flag'.", COLUMNS),
]
GroupColumn = Annotated[str | None, option("Rows of one group are never split between folds.", CHECK)]
TimeColumn = Annotated[str | None, option("Folds follow this order in time.", CHECK)]
Effort = Annotated[str | None, option(choices(EFFORTS), RUN, "effort")]
TimeLimit = Annotated[str | None, option("Seconds of training at most.", RUN, "time_limit")]
ClassWeight = Annotated[str | None, option("balanced, or LABEL=WEIGHT by commas.", RUN, "class_weight")]
MaxEpochs = Annotated[str | None, option("Passes over the rows at most.", RUN, "max_epochs")]
Embedding = Annotated[
    str | None, option("Of numbers, beside themselves: " + choices(EMBEDDINGS), NET, "embedding")
]
HiddenLayerSizes = Annotated[str | None, option("Widths, such as 256,128.", NET, "hidden_layer_sizes")]
Seed = Annotated[str | None, option("Decides everything random.", RUN, "seed")]


def settings_from(params: dict[str, Any], config_file: Path | None) -> Settings:
    """Defaults, then the file, then what was typed."""
    typed = {f.name: params[f.name] for f in fields(DEFAULTS) if params.get(f.name) not in (None, [], ())}
    if params.get("kind"):
        how = f"COLUMN=KIND, by commas, of the kinds {choices(KINDS)[:-1]}"
        typed["kinds"] = {k: v for text in params["kind"] for k, v in opt.pairs("--kind", how, text).items()}
    from_file = read_config_file(config_file) if config_file else {}
    settings = from_file | typed
    if "kinds" in typed:
        settings["kinds"] = dict(from_file.get("kinds") or {}) | typed["kinds"]
    if "target" in typed:
        settings["target"] = typed["target"][0] if len(typed["target"]) == 1 else tuple(typed["target"])
    if not settings.get("target"):
        raise ConfigError("Name the column to predict with --target.")
    if "ignore_columns" in typed:
        settings["ignore_columns"] = [name for text in typed["ignore_columns"] for name in opt.names(text)]
    if "na_values" in typed:
        settings["na_values"] = opt.names(typed["na_values"])
    if "hidden_layer_sizes" in typed:
        widths = opt.names(typed["hidden_layer_sizes"])
        settings["hidden_layer_sizes"] = [whole("--hidden-layer-sizes", width) for width in widths]
    for name in typed.keys() & {*_WHOLE, *_NUMBERS}:
        if typed[name] != "auto":
            read = whole if name in _WHOLE else opt.number
            settings[name] = read(f"--{dashed(name)}", typed[name])
    if typed.get("class_weight", "balanced") != "balanced":
        how = "balanced, or LABEL=WEIGHT by commas"
        weights = opt.pairs("--class-weight", how, typed["class_weight"], ["balanced"])
        settings["class_weight"] = {k: opt.number("--class-weight", v) for k, v in weights.items()}
    return config_from(settings)


def dashed(setting: str) -> str:
    """A setting as an option is spelt."""
    return setting.replace("_", "-")


def whole(option: str, text: str) -> int:
    """A whole number from the command line.

    Raises
    ------
    ConfigError
        If it is none.
    """
    try:
        return int(text)
    except ValueError:
        value = opt.number(option, text)  # 1e3 is whole too
    if not value.is_integer():
        raise ConfigError(f"{option} takes whole numbers; got {text!r}.")
    return int(value)

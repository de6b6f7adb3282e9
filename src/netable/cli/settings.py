"""Options of the terminal for settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import typer

from netable.config.fields import PANELS, Setting
from netable.config.settings import DEFAULTS, SETTINGS, Settings, config_from
from netable.config.values import Flag, Number
from netable.config.yaml_file import read_config_file
from netable.errors import ConfigError

Verb = TypeVar("Verb", bound=Callable[..., None])


def with_settings(verb: Verb) -> Verb:
    """Add an option to a verb for each of its settings.

    The verb gets the text of each as a keyword in `**typed`, or None or an empty list if the option was not typed. The
    help lists options in the order of panels.
    """
    types = get_type_hints(verb, include_extras=True)
    parameters = [_parameter(one) for one in SETTINGS.values() if verb.__name__ in one.verbs]
    for parameter in inspect.signature(verb).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            parameters.append(
                parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=types[parameter.name])
            )
    verb.__signature__ = inspect.Signature(sorted(parameters, key=_place))  # type: ignore[attr-defined]
    return verb


def _place(parameter: inspect.Parameter) -> int:
    option = get_args(parameter.annotation)[-1]
    return PANELS.index(option.rich_help_panel or "")


def _parameter(setting: Setting) -> inspect.Parameter:
    values = setting.values
    shape: Any = list[str] if values.repeats else bool if isinstance(values, Flag) else str
    spelled = f"{setting.option}/--no-{setting.option[2:]}" if shape is bool else setting.option
    option = typer.Option(
        spelled,
        help=help_of(setting),
        rich_help_panel=setting.panel or None,
        show_default=False,
        metavar="<number>" if isinstance(values, Number) else None,
        autocompletion=lambda: list(getattr(values, "choices", ())),
    )
    annotation = Annotated[shape | None, option]
    return inspect.Parameter(
        setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def help_of(setting: Setting) -> str:
    """Description, syntax and default of a setting."""
    default = setting.default
    if setting.learned or default in (None, (), {}):  # a model may have another default for a learned one
        shown = ""
    elif isinstance(default, bool):
        shown = "on" if default else "off"
    else:
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    parts = (setting.about, setting.values.syntax, f"(default: {shown})" if shown else "")
    return " ".join(part for part in parts if part)


def parsed(typed: dict[str, Any]) -> dict[str, Any]:
    """The values of options that were typed."""
    return {name: SETTINGS[name].parse(text) for name, text in typed.items() if text not in (None, [], ())}


def settings_from(typed: dict[str, Any], config_file: Path | None, *, needs_target: bool = True) -> Settings:
    """Settings as typed, else as in a file, else the defaults.

    Raises
    ------
    ConfigError
        If one cannot be used, a target is needed and not named, or there is no such device here.
    """
    from_options = parsed(typed)
    from_file = read_config_file(config_file) if config_file else {}
    settings = from_file | from_options
    if "kinds" in from_options:
        settings["kinds"] = dict(from_file.get("kinds") or {}) | from_options["kinds"]
    if needs_target and not settings.get("target"):
        raise ConfigError("Name the column to predict with --target.")
    config = config_from(settings)
    if config.device != DEFAULTS.device:
        from netable.compute.device import find_device

        find_device(config.device)
    return config

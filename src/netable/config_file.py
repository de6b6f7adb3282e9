"""Settings in a YAML file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from netable.config import config_from
from netable.errors import ConfigError, ConfigFileError, FileError


def read_config_file(path: str | Path) -> dict[str, Any]:
    """The settings in a YAML file, unchecked but for their names.

    Raises
    ------
    FileError
        If the file cannot be read.
    ConfigError
        If it is not YAML, not a mapping, or has an unknown key.
    """
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"The configuration {path} cannot be read: it is not text in UTF-8.") from error
    except OSError as error:
        raise FileError(f"The configuration {path} cannot be read: {error.strerror}.") from error
    try:
        settings = yaml.load(text, _yaml_loader()) or {}
    except yaml.YAMLError as error:
        raise ConfigFileError(f"{path} is not YAML: {_yaml_problem(error)}.") from error
    if not isinstance(settings, dict):
        raise ConfigFileError(f"{path} must map settings to values; it holds a {type(settings).__name__}.")
    try:
        config_from(settings, source=str(path))
    except ConfigError as error:
        where = "" if str(error).startswith(str(path)) else f"{path}: "
        raise ConfigFileError(f"{where}{error}") from error
    return settings


def _yaml_problem(error: Exception) -> str:
    """Where YAML ends and what is wrong there, without the excerpt and the context that its parser adds."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or not problem:
        return " ".join(str(error).split())
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"


def _yaml_loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Plain values only, as `yaml.safe_load`."""

    # YAML 1.1 takes a number such as 1e-3, without a point, for text.
    number = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+0123456789"))
    return Loader

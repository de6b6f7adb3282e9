"""What a person chooses for a training, as the command and as lines of Python that do the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from netable.config.choices import KINDS
from netable.config.settings import SETTINGS, config_from
from netable.config.typed import typed_names, typed_option
from netable.errors import DataError, check_choice

# In place of a kind: the column is left out.
LEAVE_OUT = "leave out"
# Settings that the page offers beside target and kinds, all as they are typed.
OFFERED = ("effort", "time_limit", "max_epochs")


@dataclass(frozen=True)
class Choices:
    """Settings of a training that differ from the defaults.

    Attributes
    ----------
    target : str
        Empty if none was chosen yet.
    kinds : mapping of str to str
    left_out : tuple of str
    typed : mapping of str to str
        Some of `OFFERED`.
    """

    target: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: Mapping[str, Any], columns: Sequence[str]) -> Choices:
        """Those of a form, in which a column is named by its place.

        Raises
        ------
        UserError
            If a value cannot be used.
        """
        chosen = {name: str(form.get(f"kind-{place}", "")) for place, name in enumerate(columns)}
        target = str(form.get("target", ""))
        if target and not (target.isdecimal() and int(target) < len(columns)):
            raise DataError("There is no such column.")
        name = columns[int(target)] if target else ""
        kinds = {column: kind for column, kind in chosen.items() if kind and column != name}
        for column, kind in kinds.items():
            check_choice(f"The kind of {column!r}", kind, (*KINDS, LEAVE_OUT))
        typed = {one: text for one in OFFERED if (text := str(form.get(one, "")).strip())}
        left_out = tuple(column for column, kind in kinds.items() if kind == LEAVE_OUT)
        choices = cls(name, {c: k for c, k in kinds.items() if k != LEAVE_OUT}, left_out, typed)
        config_from(choices.settings())
        return choices

    def kind(self, column: str) -> str:
        """What was chosen for a column; empty if nothing."""
        return LEAVE_OUT if column in self.left_out else self.kinds.get(column, "")

    def query(self, columns: Sequence[str]) -> str:
        """The form as the query of an address, without what is empty."""
        target = str(columns.index(self.target)) if self.target else ""
        kinds = {f"kind-{place}": self.kind(name) for place, name in enumerate(columns)}
        return urlencode(
            {name: text for name, text in {"target": target, **kinds, **self.typed}.items() if text}
        )

    def settings(self) -> dict[str, Any]:
        """Settings by their names, those alone that differ from the defaults."""
        settings: dict[str, Any] = {name: SETTINGS[name].parse(text) for name, text in self.typed.items()}
        more = {"target": self.target, "kinds": dict(self.kinds), "ignore_columns": list(self.left_out)}
        chosen = {name: value for name, value in more.items() if value} | settings
        return {name: value for name, value in chosen.items() if value != SETTINGS[name].default}

    def options(self) -> list[str]:
        """The options of the command, each with its value in one argument, which may begin with a dash."""
        values = {"target": [self.target], "kinds": [f"{c}={k}" for c, k in self.kinds.items()]}
        values["ignore_columns"] = list(self.left_out)
        named = {name: shlex.split(typed_names(names))[0] for name, names in values.items() if any(names)}
        settings = self.settings()
        typed = {name: text for name, text in self.typed.items() if name in settings}
        return [f"{SETTINGS[name].option}={value}" for name, value in (named | typed).items()]


def train_command(table: Path, options: Sequence[str], folder: Path) -> str:
    """The command that trains."""
    return typed(["train", str(table), *options, "-o", str(folder)])


def train_python(table: Path, choices: Choices, model: str) -> str:
    """Lines of Python that train and save."""
    given = "".join(f", {name}={value!r}" for name, value in choices.settings().items())[2:]
    return "\n".join(
        [
            "from netable.config.reading import ReadOptions",
            "from netable.config.settings import Settings",
            "from netable.fit.fit import fit",
            "from netable.model.file import save",
            "from netable.table.reading.read import read",
            "",
            f"settings = Settings({given})",
            f"table = read({str(table)!r}, options=ReadOptions.of(settings))",
            "model = fit(table, settings)",
            f"save(model, {model!r})",
        ]
    )


def ask_python(model: Path, row: Mapping[str, Any]) -> str:
    """Lines of Python that ask a model about a row."""
    return "\n".join(
        [
            "from netable import load",
            "",
            f"model = load({str(model)!r})",
            f"row = {dict(row)!r}",
            "print(model.predict([row]), model.guard([row]).reasons)",
        ]
    )


def predict_python(model: Path) -> str:
    """Lines of Python that predict the rows of a file."""
    return "\n".join(
        [
            "from netable import load",
            "",
            f"model = load({str(model)!r})",
            'rows = model.read("NEW.csv")',
            "predictions = model.predict_table(rows)",
        ]
    )


def typed(arguments: Sequence[str]) -> str:
    """A command as a person types it."""
    return f"netable {quoted(arguments)}"


def quoted(arguments: Sequence[str]) -> str:
    """Arguments as a person types them; an option and its value are two words where they can be."""
    words: list[str] = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        words += typed_option(option, value) if equals and option.startswith("--") else [argument]
    return shlex.join(words)

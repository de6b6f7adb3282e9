"""Section with the commands to repeat the run and to use the model."""

from __future__ import annotations

from typing import Any

from netable.config.settings import DEFAULTS
from netable.config.typed import typed_names
from netable.model.model import Model
from netable.pages.blocks import Block, Cell, Listing, Paragraph, Section, Table

_MODEL = "model.netable"


def section(model: Model, typed: str | None = None) -> Section:
    """Commands, versions and settings.

    Parameters
    ----------
    typed : str, optional
        The training table, and the validation table if there is one, as they are typed at the terminal.
    """
    results, has_valid = model.results, len(model.judges.hashes) > 0
    table = typed or ("TABLE --validation VALID.csv" if has_valid else "TABLE")
    same = "the same table and validation table" if has_valid else "the same table"
    blocks: list[Block] = [
        Paragraph(
            f"config.yaml in the run folder has every setting of this run; with {same}, the same versions and the same "
            "machine it gives the same model, bit for bit."
        ),
        Listing(
            f"netable train {table} --target {typed_names(model.target.names)} --config config.yaml "
            f"--seed {model.recipe.seed} -o runs/again"
        ),
        Paragraph("To predict new rows with the same columns, in the terminal or in Python:"),
        Listing(f"netable predict {_MODEL} NEW.csv -o OUT.csv"),
        Listing(_python(model)),
        Paragraph("To evaluate the model on another table, or to explain one prediction:"),
        Listing(f"netable report {_MODEL} TABLE.csv\nnetable explain {_MODEL} TABLE.csv --row 1"),
    ]
    versions = results.get("versions") or {}
    facts: list[tuple[str, Cell]] = [(f"version of {name}", version) for name, version in versions.items()]
    facts += [
        (name.replace("_", " "), results[name])
        for name in ("seed", "precision", "threads", "fit_seconds")
        if results.get(name) is not None
    ]
    if facts:
        blocks.append(Table("The training environment.", ("What", "Value"), facts, foldable=True))
    blocks.append(_settings(model))
    return Section("Repeating the run, using the model", blocks)


def _python(model: Model) -> str:
    method = "predict" if model.task == "regression" else "predict_proba"
    return f'from netable import load\nmodel = load("{_MODEL}")\nprint(model.{method}("NEW.csv")[:5])'


def _settings(model: Model) -> Table:
    """The resolved settings that differ from the defaults."""
    defaults = DEFAULTS.to_dict()
    rows = [
        (name, _value(value))
        for name, value in model.recipe.to_dict().items()
        if value != defaults[name] and name != "stacks"
    ]
    return Table(
        "Settings that differ from the defaults, including those chosen automatically.",
        ("Setting", "Value"),
        rows,
        foldable=True,
    )


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

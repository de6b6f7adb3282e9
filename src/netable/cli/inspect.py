"""`netable inspect`: what a model file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netable.cli import options as opt
from netable.cli.output import count, say, say_json, say_table

if TYPE_CHECKING:
    from netable.model import Model


def inspect(model: opt.ModelPath, as_json: opt.Json = False) -> None:
    """Show a model: columns, network, figures, versions.

    What was left out in training is listed with its reason.

    Example:

        netable inspect runs/houses/model.netable
    """
    fitted = opt.load_model(model, "cpu")
    if as_json:
        say_json(describe(fitted))
        return
    results = fitted.results
    say(f"{fitted.task}: {', '.join(fitted.target.names)}")
    if fitted.target.labels:
        say(f"classes: {', '.join(map(str, fitted.target.labels))}")
    say()
    say_table(
        ["column", "kind", ""], [(c.name, c.kind, _detail(fitted, c.name)) for c in fitted.schema.columns]
    )
    say()
    say_table(["layer", "", "shape"], layers(fitted))
    members = len(fitted.net.inputs.center)
    say(f"{count(members, 'network')}, {count(_parameters(fitted) // members, 'parameter')} each")
    if results.get("valid"):
        say()
        rows = [(name, value, results["baseline"][name]) for name, value in results["valid"].items()]
        say_table(["out of fold", "netable", "constant"], rows)
    say()
    epochs = count(len(fitted.history.epochs), "epoch")
    say(f"{count(results['rows'], 'row')}, {epochs}, seed {fitted.config.seed}")
    say(", ".join(f"{name} {version}" for name, version in results.get("versions", {}).items()))


def describe(model: Model) -> dict[str, Any]:
    """The same for machines."""
    return model.results | {
        "columns": [
            {"name": c.name, "kind": c.kind, "left_out": c.reason or None} for c in model.schema.columns
        ],
        "layers": [dict(zip(("layer", "what", "shape"), layer, strict=True)) for layer in layers(model)],
        "members": len(model.net.inputs.center),
        "parameters": _parameters(model),
        "config": model.config.to_dict(),
    }


def layers(model: Model) -> list[tuple[int, str, str]]:
    """The network's layers; the input counts as the first, as textbooks have it."""
    body = model.net.body
    found = [(1, "input", f"{count(len(model.schema.used), 'column')} → {model.net.inputs.d_out} features")]
    end = {"regression": "output", "binary": "output, sigmoid", "multiclass": "output, softmax"}[model.task]
    for linear in body.linears:
        what = end if linear is body.head else f"hidden, {model.config.activation}"
        d_in, d_out = linear.weight.shape[-2:]
        found.append((len(found) + 1, what, f"{d_in} → {d_out}"))
    return found


def _parameters(model: Model) -> int:
    return sum(p.numel() for p in model.net.parameters())


def _detail(model: Model, name: str) -> str:
    column = next(c for c in model.schema.columns if c.name == name)
    if column.reason:
        return f"left out: {column.reason}"
    levels = f"{len(model.encoder.levels[name])} levels" if column.kind == "category" else ""
    form = column.form if column.storage == "number" else ""
    return ", ".join(part for part in (levels, form) if part)

"""`netable inspect`: the contents of a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netable.cli import options as opt
from netable.cli.output import say, say_diagnosis, say_intervals, say_json, say_table
from netable.system.wording import counted

if TYPE_CHECKING:
    from netable.model.model import Model


def inspect(model: opt.ModelPath, as_json: opt.Json = False) -> None:
    """Show a model: columns, network, metrics, versions.

    Columns that were left out in training are listed with their reasons.

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
    members = len(fitted.net)
    say(f"{counted(members, 'network')}, {counted(_parameters(fitted), 'parameter')} in all")
    if results.get("valid"):
        say()
        rows = [(name, value, results["baseline"][name]) for name, value in results["valid"].items()]
        say_table(["out of fold", "netable", "constant"], rows)
    say_intervals(results)
    if "diagnosis" in results:  # a model from partial_fit has none
        say_diagnosis(results["diagnosis"])
    say()
    epochs = counted(fitted.history.n_epochs, "epoch")
    say(_aim(fitted))
    say(f"{counted(results['rows'], 'row')}, {epochs}, seed {fitted.recipe.seed}")
    say(", ".join(f"{name} {version}" for name, version in results.get("versions", {}).items()))


def describe(model: Model) -> dict[str, Any]:
    """The contents as plain values, for JSON."""
    return model.results | {
        "columns": [
            {"name": c.name, "kind": c.kind, "left_out": c.reason or None} for c in model.schema.columns
        ],
        "layers": [dict(zip(("layer", "what", "shape"), layer, strict=True)) for layer in layers(model)],
        "members": len(model.net),
        "parameters": _parameters(model),
        "config": model.recipe.to_dict(),
    }


def layers(model: Model) -> list[tuple[int, str, str]]:
    """The layers of the networks, stack after stack; the input counts as the first, as in textbooks."""
    end = {"regression": "output", "binary": "output, sigmoid", "multiclass": "output, softmax"}[model.task]
    shown = []
    for config, stack in zip(model.recipe.of_stacks(), model.net.stacks, strict=True):
        beside = "" if config.embedding == "none" else f", {config.embedding}"
        columns = f"{len(model.schema.used)} columns → {stack.inputs.d_out} features"
        shown.append((1, f"input{beside}", columns))
        for i, linear in enumerate(stack.body.linears, start=2):
            what = end if linear is stack.body.head else f"hidden, {config.activation}"
            d_in, d_out = linear.weight.shape[-2:]
            shown.append((i, what, f"{d_in} → {d_out}"))
    return shown


def _aim(model: Model) -> str:
    config = model.recipe
    if model.task != "regression":
        return f"log loss, temperature {model.objective.temperature:.3g}"
    loss = f"{config.loss} {config.quantile:g}" if config.loss == "quantile" else config.loss
    return f"loss {loss}, target transform {config.target_transform}"


def _parameters(model: Model) -> int:
    return sum(p.numel() for p in model.net.parameters())


def _detail(model: Model, name: str) -> str:
    column = next(c for c in model.schema.columns if c.name == name)
    if column.reason:
        return f"left out: {column.reason}"
    levels = f"{len(model.encoder.levels[name])} levels" if name in model.encoder.levels else ""
    form = column.form if column.storage == "number" else ""
    return ", ".join(part for part in (levels, form) if part)

"""`netable inspect`: the contents of a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netable.cli import options as opt
from netable.cli.output import say, say_diagnosis, say_intervals, say_json, say_metrics, say_table
from netable.system.wording import counted

if TYPE_CHECKING:
    from netable.model.model import Model
    from netable.table.kinds.column import Column


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
    say_table(["column", "kind", ""], [(c.name, c.kind, _detail(fitted, c)) for c in fitted.schema.columns])
    say()
    say_table(["layer", "", "shape"], layers(fitted))
    members = len(fitted.net)
    say(f"{counted(members, 'network')}, {counted(_parameters(fitted), 'parameter')} in all")
    if results.get("valid"):
        say()
        say_metrics("out of fold", results)
    say_intervals(results)
    if "diagnosis" in results:  # a model from partial_fit has none
        say_diagnosis(results["diagnosis"], results.get("no_time_for", ()))
    say()
    epochs = counted(fitted.history.n_epochs, "epoch")
    say(_loss(fitted))
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
    """Number, description and shape of the layers, stack after stack; the input is layer 1."""
    end = {"regression": "output", "binary": "output, sigmoid", "multiclass": "output, softmax"}[model.task]
    shown = []
    for recipe, stack in zip(model.recipe.of_stacks(), model.net.stacks, strict=True):
        embedding = "" if recipe.embedding == "none" else f", {recipe.embedding}"
        embedding += ", means of levels" if stack.encoding else ""
        columns = f"{len(model.schema.used)} columns → {stack.inputs.d_out} features"
        shown.append((1, f"input{embedding}", columns))
        *hidden, last = stack.body.layers()
        parts = [f"hidden, {recipe.activation}" if what == "hidden" else what for what, _ in hidden]
        shapes = [shape for _, shape in (*hidden, last)]
        shown += [(i, *layer) for i, layer in enumerate(zip((*parts, end), shapes, strict=True), start=2)]
    return shown


def _loss(model: Model) -> str:
    recipe = model.recipe
    if model.task != "regression":
        return f"log loss, temperature {model.objective.temperature:.3g}"
    loss = f"{recipe.loss} {recipe.quantile:g}" if recipe.loss == "quantile" else recipe.loss
    return f"loss {loss}, target transform {recipe.target_transform}"


def _parameters(model: Model) -> int:
    return sum(p.numel() for p in model.net.parameters())


def _detail(model: Model, column: Column) -> str:
    if column.reason:
        return f"left out: {column.reason}"
    levels = model.encoder.levels
    n_levels = column.seen_as(levels[column.name]) if column.name in levels else ""
    form = column.form if column.storage == "number" or column.setting != column.kind else ""
    return ", ".join(part for part in (n_levels, form) if part)

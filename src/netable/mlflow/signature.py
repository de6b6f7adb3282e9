"""The columns that a model takes and gives, and its parameters, in the types of MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netable.model.model import Model
from netable.table.kinds.column import Column

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature_of(model: Model) -> ModelSignature:
    """The used columns, the predictions, and the parameters `probabilities`, `threshold` or `interval`.

    MLflow converts a frame to the types of its columns, or refuses it, before the model sees it. It refuses columns of
    whole numbers for `double`, and categories of pandas for `string`; and it would read days and months in an order of
    its own. So only texts and booleans have a type, the others are `any`: the model reads them as `Model.predict` does.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

    inputs = [ColSpec(_type_of(column), column.name) for column in model.schema.used]
    names = model.target.names
    if model.task == "regression":
        outputs = [ColSpec("double", f"prediction_{name}" if len(names) > 1 else None) for name in names]
        asked = [] if model.intervals.why_none else [ParamSpec("interval", "double", None)]
    else:
        outputs = [ColSpec({bool: "boolean", int: "long", str: "string"}[type(model.target.labels[0])])]
        asked = [ParamSpec("probabilities", "boolean", False)]
        asked += [ParamSpec("threshold", "double", None)] if model.task == "binary" else []
    return ModelSignature(Schema(inputs), Schema(outputs), ParamSchema(asked) if asked else None)


def _type_of(column: Column) -> Any:
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType

    return {"text": DataType.string, "boolean": DataType.boolean}.get(column.storage) or AnyType()

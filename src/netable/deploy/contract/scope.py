"""The models that can be exported."""

from __future__ import annotations

from netable.errors import ConfigError
from netable.model.model import Model
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.resnet import ResNet
from netable.system.wording import setting
from netable.table.kinds.category import Category
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag
from netable.table.kinds.number import Number

BODIES = (MLP, ResNet)


def check_scope(model: Model, why_no_texts: str) -> None:
    """Refuse a model with columns of free text or networks of one's own.

    Parameters
    ----------
    why_no_texts : str
        What a form cannot do with texts, for the message.

    Raises
    ------
    ConfigError
    """
    others = [
        column for column in model.schema.used if not isinstance(column, Number | Flag | Date | Category)
    ]
    if others:
        raise ConfigError(
            f"The column {others[0].name!r} is a {others[0].kind}, which {why_no_texts}. Train without it: "
            f"{setting('ignore_columns', [column.name for column in others])}"
        )
    if not all(isinstance(stack.body, BODIES) for stack in model.net.stacks):
        raise ConfigError(
            "A network of your own cannot be exported, as no file tells what it computes; train with model='auto'."
        )

"""The models that can be exported."""

from __future__ import annotations

from netable.config.exports import EXPORT_DEFAULTS, ExportSettings
from netable.errors import ConfigError
from netable.model.model import Model
from netable.nn.bodies.mlp import MLP
from netable.nn.bodies.resnet import ResNet
from netable.nn.bodies.trees import ObliviousTrees
from netable.system.wording import setting
from netable.table.kinds.category import Category
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag
from netable.table.kinds.number import Number
from netable.table.kinds.text import Text

BODIES = (MLP, ResNet, ObliviousTrees)
_KINDS = (Number, Flag, Date, Category)


def check_scope(model: Model, why_no_texts: str = "") -> None:
    """Refuse a model with networks of one's own, and with columns of free text if a form cannot read them.

    Parameters
    ----------
    why_no_texts : str, optional
        What such a form cannot do with texts, for the message.

    Raises
    ------
    ConfigError
    """
    readable = _KINDS if why_no_texts else (*_KINDS, Text)
    others = [column for column in model.schema.used if not isinstance(column, readable)]
    if others:
        reason = why_no_texts or "no export can read"
        raise ConfigError(
            f"The column {others[0].name!r} is a {others[0].kind}, which {reason}. Export it to torch, which reads "
            f"texts, or train without it: {setting('ignore_columns', [column.name for column in others])}"
        )
    if not all(isinstance(stack.body, BODIES) for stack in model.net.stacks):
        raise ConfigError(
            "A network of your own cannot be exported, as no file tells what it computes; train with model='auto'."
        )


def check_plain(settings: ExportSettings, takes: str) -> None:
    """Refuse types of inputs, which only ONNX lets choose.

    Parameters
    ----------
    takes : str
        What a form takes, for the message.

    Raises
    ------
    ConfigError
    """
    if (settings.numbers, settings.dates) != (EXPORT_DEFAULTS.numbers, EXPORT_DEFAULTS.dates):
        raise ConfigError(f"{takes}; leave out numbers={settings.numbers!r} and dates={settings.dates!r}.")

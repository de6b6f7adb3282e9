"""Networks as ordinary `torch.nn.Module`s, for one member or a stack of them."""

from pkgutil import resolve_name

from netable.config.bodies import BODY_SPECS
from netable.nn.bodies.body import Body
from netable.nn.bodies.mlp import MLP
from netable.nn.few_rows import FewRows
from netable.nn.inputs import TableInput
from netable.nn.layers.activations import ACTIVATIONS
from netable.nn.layers.dropout import Dropout
from netable.nn.layers.linear import Linear
from netable.nn.numeric import Periodic, PiecewiseLinear
from netable.nn.quantiles import BinCounts, BinEdges
from netable.nn.statistics import InputStatistics, learn_statistics
from netable.nn.tabular import Ensemble, TableNet, seed_noise
from netable.nn.textbook import LinearRegression, LogisticRegression, NeuralNetwork

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "BinCounts",
    "BinEdges",
    "Body",
    "Dropout",
    "Ensemble",
    "FewRows",
    "InputStatistics",
    "Linear",
    "LinearRegression",
    "LogisticRegression",
    "NeuralNetwork",
    "Periodic",
    "PiecewiseLinear",
    "TableInput",
    "TableNet",
    "learn_statistics",
    "seed_noise",
]


def __getattr__(name: str) -> type[Body]:
    """The other networks that `model` can name, by class, such as `ResNet`."""
    for spec in BODY_SPECS.values():
        if spec.path.endswith(f":{name}"):
            body: type[Body] = resolve_name(spec.path)
            return body
    raise AttributeError(f"module 'netable.nn' has no attribute {name!r}")

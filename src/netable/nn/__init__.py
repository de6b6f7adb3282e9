"""Networks as ordinary `torch.nn.Module`s, for one member or a stack of them."""

from netable.nn.bodies.mlp import MLP, NeuralNetwork
from netable.nn.few_rows import FewRows
from netable.nn.inputs import TableInput
from netable.nn.layers import ACTIVATIONS, Dropout, Linear
from netable.nn.linear import LinearRegression, LogisticRegression
from netable.nn.numeric import Periodic, PiecewiseLinear
from netable.nn.statistics import BinCounts, BinEdges, InputStatistics, learn_statistics
from netable.nn.tabular import Ensemble, TableNet, seed_noise

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "BinCounts",
    "BinEdges",
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

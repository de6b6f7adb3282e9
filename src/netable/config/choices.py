"""Choices and bounds of settings."""

from __future__ import annotations

from collections.abc import Mapping

from netable.config.bodies import BODY_SPECS
from netable.config.formats import FORMATS
from netable.config.optimizers import OPTIMIZER_SPECS

MODELS = ("auto", *BODY_SPECS)
EMBEDDINGS = ("auto", "none", "bins", "periodic")
CATEGORIES = ("auto", "levels", "means")
EFFORTS = ("fast", "standard", "best")
PRECISIONS = ("auto", "float32", "bfloat16")
TASKS = ("auto", "regression", "binary", "multiclass")
LOSSES = ("mse", "mae", "huber", "poisson", "quantile")
TARGET_TRANSFORMS = ("auto", "none", "log")
ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "selu", "silu", "gelu", "mish")
OPTIMIZERS = tuple(OPTIMIZER_SPECS)
# Waves of the learning rate, and the shares of a run at which they end before its end: the best times to stop.
WAVES = {"coslog4": 4, "coslog5": 5}
WAVE_ENDS: Mapping[str, tuple[float, ...]] = {
    name: tuple((2**k - 1) / (2**n - 1) for k in range(1, n)) for name, n in WAVES.items()
}
SCHEDULES = ("constant", "cosine", *WAVES)
SPLITS = ("random", "auto")
BAD_ROWS = ("error", "skip")
FILE_FORMATS = tuple(FORMATS)
MISSING_TARGETS = ("error", "drop")
DECIMAL_MARKS = (".", ",")
# Classes of `netable.table.kinds`; of those that fit a column, the last one is inferred.
KINDS = ("number", "category", "flag", "date", "text", "identifier", "constant")

WIDEST_LAYER = 1_000_000
MOST_SEEDS = 2**128
MOST_STACKS = 100

# Folds of `netable compare`; each part of the table is the test set once.
OUTER_FOLDS = 5

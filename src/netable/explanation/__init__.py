"""Explanations of a model: importance, dependence and interaction of columns, contributions to predictions."""

from netable.explanation.dependence import Dependence, partial_dependence
from netable.explanation.explanation import Explanation, explain
from netable.explanation.importance import Importance, Importances, judging_rows, permutation_importance
from netable.explanation.interactions import Interaction, interaction
from netable.explanation.nearest import nearest_rows
from netable.explanation.redundancy import Pair, redundant_columns
from netable.explanation.shapley import Contributions, contributions

__all__ = [
    "Contributions",
    "Dependence",
    "Explanation",
    "Importance",
    "Importances",
    "Interaction",
    "Pair",
    "contributions",
    "explain",
    "interaction",
    "judging_rows",
    "nearest_rows",
    "partial_dependence",
    "permutation_importance",
    "redundant_columns",
]

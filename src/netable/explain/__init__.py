"""What a model does with the columns: which matter, how, and what they do in one prediction."""

from netable.explain.dependence import Dependence, partial_dependence
from netable.explain.explanation import Explanation
from netable.explain.importance import Importance, judging_rows, permutation_importance
from netable.explain.interactions import Interaction, interaction
from netable.explain.shapley import Contributions, contributions

__all__ = [
    "Contributions",
    "Dependence",
    "Explanation",
    "Importance",
    "Interaction",
    "contributions",
    "interaction",
    "judging_rows",
    "partial_dependence",
    "permutation_importance",
]

"""The chance of what fresh rows of the same source show."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln


def chance_of_at_least(count: int, rows: int, seen: float, others: float) -> float:
    """The probability of so many rows or more, if training has shown the event `seen` times and not `others` times.

    The share of such rows is not known exactly, so the count has a beta-binomial distribution. It holds whatever the
    distribution of a column: the share of fresh values beyond the range of n others is beta(2, n - 1).
    """
    if count <= rows * seen / (seen + others):
        return 1.0
    k = np.arange(count, rows + 1)
    ways = gammaln(rows + 1) - gammaln(k + 1) - gammaln(rows - k + 1)
    logs = ways + betaln(k + seen, rows - k + others) - betaln(seen, others)
    return float(np.exp(logs).sum())

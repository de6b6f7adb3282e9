"""Hashes of whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of each number, different for different ones."""
    # The finalizer of splitmix64 (Steele, Lea & Flood 2014): every bit in reaches every bit out.
    x = x + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x ^= x >> np.uint64(shift)
        x *= np.uint64(factor)
    return x ^ (x >> np.uint64(31))

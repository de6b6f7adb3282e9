"""The verdict of a comparison in sentences: the best method, its lead, and its significance."""

from __future__ import annotations

from collections.abc import Sequence

from netable.comparison.methods import NETWORKS, PROPER_NAMES
from netable.comparison.result import Comparison, Difference, MethodResult
from netable.system.wording import capitalized, cell, listed, number, percent

# Errors within this share are about equal; a fit in a third of the time is much faster.
_ABOUT_AS_GOOD = 0.05
_MUCH_QUICKER = 3


def called(name: str) -> str:
    """The name of a method in a sentence."""
    if name in NETWORKS:
        return f"netable's {name}"
    return "a constant" if name == "constant" else PROPER_NAMES[name]


def verdict(comparison: Comparison) -> tuple[str, ...]:
    """The sentences, the most important first."""
    best, about = comparison.best, comparison.about
    figure = f"{about['metric']} {cell(best.error)}, the mean of {about['outer_folds']} folds"
    if not comparison.differences:
        return (f"{_start(called(best.name))} has {figure}; there is no other method to compare with.",)
    second = comparison.differences[0]
    wins, chance = ("wins", "is more than") if second.more_than_chance else ("is ahead", "may be")
    lead = f"{_start(called(second.name))}, the next, is {_share(second)} higher, which {chance} chance"
    p = "< 0.001" if second.p < 0.001 else f"= {second.p:.2g}"
    sentences = [f"{_start(called(best.name))} {wins}: {figure}. {lead} (p {p})."]
    surely = [d for d in comparison.differences[1:] if d.more_than_chance]
    maybe = [d for d in comparison.differences[1:] if not d.more_than_chance]
    if surely:
        sentences.append(f"The lead over {_names(surely)} is more than chance.")
    if maybe:
        sentences.append(f"The lead over {_names(maybe)} may be chance.")
    remarks = (_of_netable(comparison), _of_constant(comparison), _of_quickest(comparison))
    return (*sentences, *filter(None, remarks))


def _of_netable(comparison: Comparison) -> str:
    network = next((m for m in comparison.measured if m.name in NETWORKS), None)
    lag = comparison.difference(network) if network else None
    if network is None or lag is None or comparison.best.name == "constant":
        return ""
    chance = "by more than chance" if lag.more_than_chance else "which may be chance"
    return f"netable does not win here: the error of its best, {network.name}, is {_share(lag)} higher, {chance}."


def _of_constant(comparison: Comparison) -> str:
    constant = next((m for m in comparison.measured if m.name == "constant"), None)
    lag = comparison.difference(constant) if constant else None
    if constant is None or (lag and lag.more_than_chance):
        return ""
    return (
        "No method is significantly better than a constant: use more outer folds or more rows, or there is nothing to "
        "learn."
    )


def _of_quickest(comparison: Comparison) -> str:
    """The fastest of the methods of about equal error, if it is much faster."""
    good = {
        d.name
        for d in comparison.differences
        if not d.more_than_chance and d.relative and d.relative < _ABOUT_AS_GOOD
    }
    quick = min((m for m in comparison.measured if m.name in good), key=_seconds, default=None)
    if quick is None or _MUCH_QUICKER * _seconds(quick) > _seconds(comparison.best):
        return ""
    return (
        f"About as good and faster: {called(quick.name)}, {_seconds(quick):.2g} s per fit instead of "
        f"{_seconds(comparison.best):.2g} s."
    )


def _seconds(method: MethodResult) -> float:
    return method.fit_seconds or 0.0


def _names(differences: Sequence[Difference]) -> str:
    return listed([called(difference.name) for difference in differences])


def _share(difference: Difference) -> str:
    return number(difference.difference, 3) if difference.relative is None else percent(difference.relative)


def _start(text: str) -> str:
    return text if text.startswith("netable") else capitalized(text)

"""The verdict of a comparison in sentences: the best method, its lead, and its significance."""

from __future__ import annotations

from collections.abc import Sequence

from netable.comparison.methods import NETWORKS, PROPER_NAMES
from netable.comparison.result import Comparison, Difference, MethodResult
from netable.system.wording import capitalized, listed, number, percent

# Errors within this share are about equal; a fit in a third of the time is much faster.
_ABOUT_AS_GOOD = 0.05
_MUCH_QUICKER = 3


def called(name: str) -> str:
    """The name of a method in a sentence."""
    if name in NETWORKS:
        return f"netable's {name}"
    return "a constant" if name == "constant" else PROPER_NAMES[name]


def verdict(found: Comparison) -> tuple[str, ...]:
    """The sentences, the most important first."""
    best, about = found.best, found.about
    figure = f"{about['metric']} {best.error:.4g}, the mean of {about['outer_folds']} folds"
    if not found.differences:
        return (f"{_start(called(best.name))} has {figure}; there is no other method to compare with.",)
    second = found.differences[0]
    wins, chance = ("wins", "is more than") if second.more_than_chance else ("is ahead", "may be")
    lead = f"{_start(called(second.name))}, the next, is {_share(second)} higher, which {chance} chance"
    sentences = [f"{_start(called(best.name))} {wins}: {figure}. {lead} (p {_p(second.p)})."]
    surely = [d for d in found.differences[1:] if d.more_than_chance]
    maybe = [d for d in found.differences[1:] if not d.more_than_chance]
    if surely:
        sentences.append(f"The lead over {_names(surely)} is more than chance.")
    if maybe:
        sentences.append(f"The lead over {_names(maybe)} may be chance.")
    return (*sentences, *_of_netable(found), *_of_constant(found), *_of_quickest(found))


def _of_netable(found: Comparison) -> list[str]:
    network = next((m for m in found.measured if m.name in NETWORKS), None)
    if network is None or network is found.best or found.best.name == "constant":
        return []
    lag = _difference(found, network)
    chance = "by more than chance" if lag.more_than_chance else "which may be chance"
    return [
        f"netable does not win here: the error of its best, {network.name}, is {_share(lag)} higher, {chance}."
    ]


def _of_constant(found: Comparison) -> list[str]:
    constant = next((m for m in found.measured if m.name == "constant"), None)
    if constant is None:
        return []
    if constant is found.best or not _difference(found, constant).more_than_chance:
        return [
            "No method is significantly better than a constant: use more outer folds, or there is nothing to learn."
        ]
    return []


def _of_quickest(found: Comparison) -> list[str]:
    """The fastest of the methods of about equal error, if it is much faster."""
    good = {
        d.name
        for d in found.differences
        if not d.more_than_chance and d.relative and d.relative < _ABOUT_AS_GOOD
    }
    quick = min((m for m in found.measured if m.name in good), key=_seconds, default=None)
    if quick is None or _MUCH_QUICKER * _seconds(quick) > _seconds(found.best):
        return []
    return [
        f"About as good and faster: {called(quick.name)}, {_seconds(quick):.2g} s per fit instead of "
        f"{_seconds(found.best):.2g} s."
    ]


def _difference(found: Comparison, method: MethodResult) -> Difference:
    return next(d for d in found.differences if d.name == method.name)


def _seconds(method: MethodResult) -> float:
    return method.fit_seconds or 0.0


def _names(differences: Sequence[Difference]) -> str:
    return listed([called(difference.name) for difference in differences])


def _share(difference: Difference) -> str:
    return number(difference.difference, 3) if difference.relative is None else percent(difference.relative)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"


def _start(text: str) -> str:
    return text if text.startswith("netable") else capitalized(text)

"""The result of a comparison."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from netable.system.brief import brief
from netable.system.notebook import fragment, paragraph, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class MethodResult:
    """One method over all folds.

    Attributes
    ----------
    name : str
    error : float or None
        The mean over the folds of the main metric; lower is better. None if the method failed.
    lower, upper : float or None
        The interval of the error.
    by_fold : tuple of float
    metrics : mapping of name to float or None
        The means of all metrics; None where one is not defined in a fold.
    fit_seconds, predict_seconds : float or None
        The mean over the folds, including the preparation of the table.
    failure : str
        The reason of a failure; usually empty.
    """

    name: str
    error: float | None = None
    lower: float | None = None
    upper: float | None = None
    by_fold: tuple[float, ...] = ()
    metrics: dict[str, float | None] = field(default_factory=dict)
    fit_seconds: float | None = None
    predict_seconds: float | None = None
    failure: str = ""


@dataclass(frozen=True)
class Difference:
    """The difference of a method's error from the best one's, fold by fold.

    Attributes
    ----------
    name : str
    difference, lower, upper : float
        The mean over the folds, and its interval.
    relative : float or None
        The difference as a share of the best error; None if that is 0.
    p : float
        The p-value, adjusted for all pairs of methods (Holm).
    more_than_chance : bool
        True if p is below the significance level of the intervals.
    """

    name: str
    difference: float
    lower: float
    upper: float
    relative: float | None
    p: float
    more_than_chance: bool


@dataclass(frozen=True)
class Comparison:
    """Methods on the same folds of one table.

    Attributes
    ----------
    about : dict
        task, target, rows, metric, outer_folds, split, seed, threads, versions.
    methods : tuple of MethodResult
        The lowest error first, failures last.
    differences : tuple of Difference
        The differences of all other methods from the best one, in the same order.
    missing : tuple of str
        Methods whose package is not installed.
    verdict : tuple of str
        Sentences on the best method, its lead and its significance.
    """

    about: dict[str, Any]
    methods: tuple[MethodResult, ...]
    differences: tuple[Difference, ...]
    missing: tuple[str, ...] = ()
    verdict: tuple[str, ...] = ()

    @property
    def measured(self) -> tuple[MethodResult, ...]:
        """The methods that did not fail, the best first."""
        return tuple(method for method in self.methods if method.error is not None)

    @property
    def best(self) -> MethodResult:
        """The method of the lowest error."""
        return self.methods[0]

    @property
    def target(self) -> str:
        """The targets in words."""
        names = self.about["target"]
        return names if isinstance(names, str) else ", ".join(names)

    def difference(self, method: MethodResult) -> Difference | None:
        """The difference of a method from the best one; None for the best itself, or if the method failed."""
        return next((each for each in self.differences if each.name == method.name), None)

    @property
    def header(self) -> list[str]:
        """The names of the columns of `rows`."""
        return ["method", self.about["metric"], "from", "to", "fit, s", "higher by, %", "p", "which"]

    def rows(self) -> list[list[str | float | None]]:
        """The measured methods as rows of a table, the best first."""
        rows: list[list[str | float | None]] = []
        for method in self.measured:
            share = p = None
            chance = ""
            if difference := self.difference(method):
                share = None if difference.relative is None else round(100 * difference.relative, 1)
                p = round(difference.p, 4)
                chance = "more than chance" if difference.more_than_chance else "may be chance"
            measures = (method.error, method.lower, method.upper, method.fit_seconds)
            rows.append([method.name, *measures, share, p, chance])
        return rows

    __repr__ = brief

    def _repr_html_(self) -> str:
        sentences = map(paragraph, self.verdict)
        return fragment(f"Methods to predict {self.target}", *sentences, table(self.header, self.rows()))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the error of each method that did not fail, with its interval, the lowest first.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        """
        from netable.pages.plots import axes_or_new, draw_intervals, name_axes

        ax = axes_or_new(ax)
        measures = [(m.error, m.lower, m.upper) for m in self.measured]
        draw_intervals(ax, [m.name for m in self.measured], *zip(*measures, strict=True))
        name_axes(ax, f"{self.about['metric']}, with {self.about['level']:.0%} intervals")
        return ax

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        parts = asdict(self)
        return {**parts.pop("about"), "best": self.best.name, **parts}

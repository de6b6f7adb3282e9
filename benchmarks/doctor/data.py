"""Problems of data and predictions, provoked on tables; a clean validation table; verdicts that are true of tables.

Verdicts on data do not need a good network, so they are looked for in runs of two epochs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.doctor.cases import Case, Provocation
from netable.doctor import Verdict

Values = NDArray[Any]
Verdicts = list[Verdict]
# Verdicts that are true of the unchanged tables, or of one clean way to train on them, with the evidence.
TRUE = {
    (
        "bank_marketing",
        "class_never_predicted",
    ): "with 873 rows, 'yes' was predicted for none of 327, of which 33 were",
    (
        "bank_marketing",
        "underfitting",
    ): "with 873 rows and 327 that judge, a log loss of 0.358, of a constant 0.328",
    (
        "diabetes130",
        "underfitting",
    ): "with 873 rows and 327 that judge, a log loss of 0.914, of a constant 0.926",
    ("connect4", "class_never_predicted"): "'draw', a tenth of the rows, was predicted for none of 241",
    ("nyc_flights", "underfitting"): "with 800 rows, a loss of 1.006, of a constant 1.004",
    (
        "breast_cancer, mlp, constant rate",
        "underfitting",
    ): "in 6 of 10 seeds: a log loss of 0.114 to 0.139, of a linear model 0.072 to 0.090",
    (
        "diabetes, mlp, constant rate",
        "underfitting",
    ): "in 2 of 10 seeds: a loss of 0.579 and 0.586, of a linear model 0.513 and 0.515",
    ("letter", "duplicate_rows"): "1,332 of 20,000 rows equal an earlier one, the letter included",
    ("amazon_employee", "class_imbalance"): "5.8% of its rows are of class 0",
    ("amazon_employee", "class_never_predicted"): "class 0 has a probability above 1/2 in none of 3,000 rows",
    (
        "amazon_employee",
        "identifier",
    ): "with 1,000 rows, over half of those that judge have a RESOURCE of their own",
    ("amazon_employee", "underfitting"): "with 3,000 rows, a log loss of 0.198, of a constant 0.200",
    ("car", "class_imbalance"): "3.8% of its rows are 'vgood'",
    ("concrete", "duplicate_rows"): "25 of 1,030 rows equal an earlier one, the strength included",
    ("diabetes130", "class_never_predicted"): "'<30' has the highest probability in none of 3,000 rows",
    (
        "nyc_flights",
        "identifier",
    ): "with 1,000 rows, over half of those that judge have a tailnum of their own",
    ("nyc_flights", "target_scale"): "a hundredth of 3,000 rows holds 45% to 54% of the squared deviations",
    ("segment", "duplicate_rows"): "224 of 2,310 rows equal an earlier one",
    ("sick", "class_imbalance"): "6.1% of its rows are 'sick'",
    ("sick", "duplicate_rows"): "61 of 3,772 rows equal an earlier one",
    ("spambase", "duplicate_rows"): "391 of 4,601 rows equal an earlier one",
    ("titanic", "identifier"): "'Ticket' has 681 levels in 891 rows",
}
KNOWN: dict[str, set[str]] = {name: {id_ for own, id_ in TRUE if own == name} for name, _ in TRUE}
# Classes that can be told apart: among rows that nobody can tell, wrong labels are not to be found.
CLEAR = (
    "breast_cancer",
    "iris",
    "wine",
    "digits",
    "segment",
    "satimage",
    "spambase",
    "sick",
    "car",
    "letter",
)

# Classes that overlap, the rarest and the largest one too (not in vehicle: vans and buses can be told apart).
OVERLAPPING = (
    *(
        "adult",
        "bank_marketing",
        "magic_gamma",
        "phoneme",
        "churn",
        "telco_churn",
        "titanic",
        "german_credit",
    ),
    *("covertype_20k", "diabetes130", "connect4"),
)


def has_numbers(case: Case) -> bool:
    """Has a column of many different numbers."""
    return bool(numbers(case))


def has_classes(case: Case) -> bool:
    """Has a classification target."""
    return case.task != "regression"


def has_large_classes(case: Case) -> bool:
    """Has a class large enough for a rare one beside it to be no accident."""
    return has_classes(case) and int(np.unique(target(case), return_counts=True)[1].max()) >= 100


def tells_two_columns(case: Case) -> bool:
    """Has ten rows for each pair of codes of the classes, or numbers."""
    return case.task == "regression" or len(case) >= 10 * len(np.unique(target(case))) ** 2


def has_number_target(case: Case) -> bool:
    """Has a regression target."""
    return case.task == "regression"


def overlaps(case: Case) -> bool:
    """Has overlapping classes; elsewhere probabilities hardly depend on class frequencies."""
    return case.name in OVERLAPPING


def is_clear(case: Case) -> bool:
    """Has classes that can be told apart."""
    return case.name in CLEAR


def can_be_learned(case: Case) -> bool:
    """Is learned well enough for one group of rows to be worse than the others."""
    return case.name in (*CLEAR, "concrete", "bike_sharing_hour", "diamonds", "kin8nm", "ames_housing")


def numbers(case: Case) -> list[str]:
    """The columns of many numbers."""
    return [
        name
        for name in case.table.column_names
        if name != case.target and pa.types.is_float64(case.table.schema.field(name).type)
        if len(pc.unique(case.table.column(name))) > 50
    ]


def target(case: Case) -> Values:
    """A copy of it."""
    return np.array(case.table.column(case.target).to_numpy(zero_copy_only=False))


def put(case: Case, name: str, values: Any) -> pa.Table:
    """The table with a column more, or in place of another."""
    names = case.table.column_names
    if name in names:
        return case.table.set_column(names.index(name), name, pa.array(values))
    return case.table.append_column(name, pa.array(values))


def chance(case: Case) -> np.random.Generator:
    """The random generator of a case."""
    return np.random.default_rng(case.seed + 100)


def briefly(case: Case, table: pa.Table, valid: pa.Table | None = None, **settings: Any) -> Verdicts:
    """The verdicts of a run of two epochs."""
    return case.fit(table=table, valid_table=valid, max_epochs=2, **settings)


def parts(case: Case, share: float) -> tuple[pa.Table, pa.Table]:
    """Random rows to learn from, and the others."""
    held = chance(case).random(len(case)) < share
    return case.table.filter(pa.array(~held)), case.table.filter(pa.array(held))


def wide_span(case: Case) -> Verdicts:
    """A column that spans fifty powers of ten."""
    name = chance(case).choice(numbers(case))
    x = case.table.column(name).to_numpy()
    return briefly(case, put(case, name, 10.0 ** (50 * x.argsort().argsort() / len(x))))


def lost_digits(case: Case) -> Verdicts:
    """A column whose fine differences stand behind large numbers."""
    rng = chance(case)
    name = rng.choice(numbers(case))
    x = case.table.column(name).to_numpy()
    return briefly(case, put(case, name, x / np.nanstd(x) + 1e12 * rng.integers(0, 2, len(x))))


def heavy_tails(case: Case) -> Verdicts:
    """A target of heavy tails on both sides, of which no logarithm can be taken."""
    y = target(case)
    noise = chance(case).standard_t(3, len(y))
    return briefly(case, put(case, case.target, np.sinh(3 * (y - y.mean()) / y.std() + noise)))


def few_rows(case: Case) -> Verdicts:
    """Three rows for each column."""
    return briefly(case, case.table.slice(0, max(20, 3 * (case.table.num_columns - 1))))


def thinned(case: Case, share: float = 0.025) -> pa.Table:
    """With so few rows of the rarest class for each of the largest."""
    y = target(case)
    labels, counts = np.unique(y, return_counts=True)
    rare = y == labels[counts.argmin()]
    kept = np.flatnonzero(rare)[: max(2, round(share * counts.max()))]
    return case.table.take(pa.array(np.sort(np.concatenate([np.flatnonzero(~rare), kept]))))


def rare_class(case: Case) -> Verdicts:
    """One class thinned out."""
    return briefly(case, thinned(case))


def told_by_a_number(case: Case) -> Verdicts:
    """The target with a little noise, under another name."""
    y, rng = target(case), chance(case)
    if case.task == "regression":
        return briefly(case, put(case, "fee", 3 * y + 7 + rng.normal(size=len(y)) * 0.01 * y.std()))
    codes = np.unique(y, return_inverse=True)[1]
    return briefly(case, put(case, "stage", codes * 10.0 + rng.uniform(0, 5, len(y))))


def told_by_a_text(case: Case) -> Verdicts:
    """A text that follows from the class, with two texts for each."""
    codes, rng = np.unique(target(case), return_inverse=True)[1], chance(case)
    return briefly(case, put(case, "status", [f"s{2 * code + rng.integers(2)}" for code in codes]))


def told_by_a_sum(case: Case) -> Verdicts:
    """Two columns that add up to the target; for classes, two codes that make it together."""
    y, rng = target(case), chance(case)
    if case.task == "regression":
        part = rng.normal(y.mean(), 2 * y.std(), len(y))
        return briefly(case, put(case, "part", part).append_column("rest", pa.array(y - part)))
    labels, codes = np.unique(y, return_inverse=True)
    one = rng.integers(0, len(labels), len(y))
    texts = [[f"{name}{i}" for i in own] for name, own in (("p", one), ("r", (codes - one) % len(labels)))]
    return briefly(case, put(case, "part", texts[0]).append_column("rest", pa.array(texts[1])))


def told_by_a_product(case: Case) -> Verdicts:
    """A price for each piece and the number of pieces, of which the target is the product."""
    count = chance(case).integers(1, 20, len(case))
    return briefly(
        case, put(case, "count", count + 0.0).append_column("each", pa.array(target(case) / count))
    )


def told_by_a_comparison(case: Case) -> Verdicts:
    """A class that says which of two numbers is the larger one, or between which limits their difference is."""
    codes, rng = np.unique(target(case), return_inverse=True)[1], chance(case)
    due = rng.uniform(0, 300, len(case))
    return briefly(
        case,
        put(case, "due", due).append_column("came", pa.array(due + codes + rng.uniform(0, 1, len(case)))),
    )


def numbered(case: Case) -> Verdicts:
    """Numbers of customers, drawn from a block of them."""
    n = len(case)
    drawn = chance(case).choice(3 * n, n, replace=False)
    return briefly(case, put(case, "customer", drawn + 10_000.0))


def numbered_in_order(case: Case) -> Verdicts:
    """Numbers of orders, with gaps, in the order of the rows."""
    return briefly(case, put(case, "ticket", chance(case).integers(1, 900, len(case)).cumsum() + 1e6))


def coded(case: Case) -> Verdicts:
    """A code that few rows share."""
    n = len(case)
    return briefly(case, put(case, "code", [f"K{i:07d}" for i in chance(case).integers(0, 2 * n, n)]))


def copied(case: Case) -> Verdicts:
    """A twentieth of the rows, once more."""
    n, rng = len(case), chance(case)
    rows = np.concatenate([np.arange(n), rng.choice(n, max(8, n // 20), replace=False)])
    return briefly(case, case.table.take(pa.array(rng.permutation(rows))))


def spoilt_group(case: Case) -> Verdicts:
    """Four groups of rows, in one of which the target was mixed up."""
    rng, y = chance(case), target(case)
    group = rng.integers(0, 4, len(y))
    spoilt = np.flatnonzero(group == 0)
    y[spoilt] = y[rng.permutation(spoilt)]
    table = put(case, case.target, y).append_column("site", pa.array([f"site {i}" for i in group]))
    return case.fit(table=table, group_column="site")


def other_rows(case: Case) -> Verdicts:
    """Validation rows that are in the upper half of one column."""
    table, valid = parts(case, 0.5)
    column = valid.column(chance(case).choice(numbers(case)))
    return briefly(case, table, valid.filter(pc.greater(column, float(np.nanmedian(column.to_numpy())))))


def balanced(case: Case) -> Verdicts:
    """Probabilities as if classes were equally frequent."""
    return case.fit(table=thinned(case, 0.1), class_weight="balanced")


def other_shares(case: Case) -> Verdicts:
    """Validation rows with a tenth of those of the largest class."""
    table, valid = parts(case, 0.5)
    y = valid.column(case.target).to_numpy(zero_copy_only=False)
    labels, counts = np.unique(y, return_counts=True)
    kept = (y != labels[counts.argmax()]) | (chance(case).random(len(y)) < 0.1)
    return case.fit(table=table, valid_table=valid.filter(pa.array(kept)))


def stray_class(case: Case) -> Verdicts:
    """A class that has nothing to do with any column."""
    y = target(case).astype(str).astype(object)
    y[chance(case).choice(len(y), max(6, len(y) // 25), replace=False)] = "stray"
    return case.fit(table=put(case, case.target, y), task="multiclass")


def wrong_labels(case: Case) -> Verdicts:
    """A twentieth of the labels, wrong."""
    y, rng = target(case), chance(case)
    labels = np.unique(y)
    for row in rng.choice(len(y), max(6, len(y) // 20), replace=False):
        y[row] = rng.choice(labels[labels != y[row]])
    return case.fit(table=put(case, case.target, y))


def slips(case: Case) -> Verdicts:
    """A hundredth of the targets, ten times as large."""
    y = target(case)
    y[chance(case).choice(len(y), max(5, len(y) // 100), replace=False)] *= 10
    return case.fit(table=put(case, case.target, y))


def mixed_up(case: Case) -> Verdicts:
    """Targets that belong to other rows."""
    return case.fit(table=put(case, case.target, chance(case).permutation(target(case))))


def hardly_moved(case: Case) -> Verdicts:
    """A net that is left where it begins."""
    return case.fit(max_epochs=1, lr=1e-6)


def with_validation_rows(case: Case) -> Verdicts:
    """The table as it is, judged by random rows of it."""
    table, valid = parts(case, 0.3)
    return case.fit(table=table, valid_table=valid)


PROVOCATIONS = {
    "a column over fifty powers of ten": Provocation("wild_scales", wide_span, has_numbers),
    "digits behind large numbers": Provocation("wild_scales", lost_digits, has_numbers),
    "a target of heavy tails": Provocation("target_scale", heavy_tails, has_number_target),
    "three rows a column": Provocation("too_little_data", few_rows),
    "a class thinned out": Provocation("class_imbalance", rare_class, has_large_classes),
    "the target under another name": Provocation("leakage", told_by_a_number),
    "a text for each class": Provocation("leakage", told_by_a_text, has_classes),
    "two columns that make the target": Provocation("leakage", told_by_a_sum, tells_two_columns),
    "two factors of the target": Provocation("leakage", told_by_a_product, has_number_target),
    "a difference with limits": Provocation("leakage", told_by_a_comparison, has_classes),
    "numbers of customers": Provocation("identifier", numbered),
    "rising numbers of rows": Provocation("identifier", numbered_in_order),
    "codes that few rows share": Provocation("identifier", coded),
    "copied rows": Provocation("duplicate_rows", copied),
    "a spoilt group": Provocation("folds_disagree", spoilt_group, can_be_learned),
    "validation rows from one end": Provocation("drift", other_rows, has_numbers),
    "balanced classes": Provocation("miscalibrated", balanced, overlaps),
    "validation rows of other classes": Provocation("miscalibrated", other_shares, overlaps),
    "a class without a cause": Provocation("class_never_predicted", stray_class, has_classes),
    "wrong labels": Provocation("suspect_labels", wrong_labels, is_clear),
    "slips in the target": Provocation("suspect_labels", slips, has_number_target),
    "targets of other rows": Provocation("underfitting", mixed_up),
    "a net that hardly moved": Provocation("underfitting", hardly_moved),
}
HEALTHY = {"random validation rows": with_validation_rows}

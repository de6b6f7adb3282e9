from __future__ import annotations

import numpy as np
import pyarrow as pa

from netable.doctor.combined import Combination, joint_leakage
from netable.fit.evidence.data import gather_data
from netable.table.reading.read import read
from preparing import numbers, prepared

ROWS = 400


def combinations(table: pa.Table, **settings: object) -> list[Combination]:
    return list(gather_data(prepared(read(table), **settings)).combinations)  # type: ignore[arg-type]


def test_find_combinations__sum_beside_other_columns__is_a_formula_with_their_names() -> None:
    table = numbers()
    fee = np.random.default_rng(1).normal(size=ROWS)
    table = table.append_column("fee", pa.array(fee))
    table = table.append_column("net", pa.array(table.column("y").to_numpy() - fee))
    (found,) = combinations(table)

    assert (found.target, found.kind) == ("y", "formula")
    assert sorted(found.columns) == ["fee", "net"]
    assert sorted(found.formula.split(" + ")) == ["'fee'", "'net'"]
    assert found.explained.rows == ROWS / 2


def test_find_combinations__number_beside_a_large_constant__keeps_its_digits(
    rng: np.random.Generator,
) -> None:
    sent = 1.7e9 + rng.uniform(0, 1e7, ROWS)
    seconds = rng.uniform(10, 500, ROWS)
    table = pa.table({"sent": sent, "came": sent + seconds, "x": rng.normal(size=ROWS), "y": seconds})

    assert [one.kind for one in combinations(table)] == ["formula"]


def test_find_combinations__dates_and_flags__are_numbers(rng: np.random.Generator) -> None:
    due = np.datetime64("2024-01-01") + rng.integers(0, 300, ROWS)
    came = due + rng.integers(-20, 20, ROWS)
    flags, x = rng.random((2, ROWS)) < 0.5, rng.normal(size=ROWS)
    dates = pa.table({"due": due, "came": came, "y": np.where(came > due, "late", "in time")})
    xor = pa.table({"a": flags[0], "b": flags[1], "x": x, "y": np.where(flags[0] ^ flags[1], "yes", "no")})

    assert combinations(dates)[0].formula in ("'due' − 'came'", "'came' − 'due'")
    assert joint_leakage(combinations(dates), 3, "binary") is not None
    assert [(set(one.columns), one.kind) for one in combinations(xor)] == [({"a", "b"}, "table")]


def test_find_combinations__categories__make_a_table(rng: np.random.Generator) -> None:
    rows = 1000
    s, t = rng.choice(list("abcde"), rows), rng.choice(list("uvwx"), rows)
    price = dict(zip([(a, b) for a in "abcde" for b in "uvwx"], rng.normal(size=20), strict=True))
    table = pa.table(
        {"s": s, "t": t, "x": rng.normal(size=rows), "y": [price[pair] for pair in zip(s, t, strict=True)]}
    )
    found = combinations(table)

    assert joint_leakage(found, 3, "regression") is not None
    assert {tuple(sorted(one.columns)) for one in found} == {("s", "t")}


def test_find_combinations__several_targets__names_the_one() -> None:
    table = numbers(z=np.random.default_rng(1).normal(size=ROWS))
    a, b = table.column("a").to_numpy(), table.column("b").to_numpy()
    table = table.append_column("product", pa.array(a * b))

    assert [one.target for one in combinations(table, target=("y", "product"))] == ["product"]


def test_find_combinations__one_column_tells_all__is_not_looked_for() -> None:
    table = numbers()
    table = table.append_column("fee", table.column("y"))

    assert combinations(table) == []


def test_find_combinations__ordinary_table__finds_none() -> None:
    assert combinations(numbers()) == []


def test_find_combinations__rows_learned_from_alone__are_seen() -> None:
    """A formula that holds in the validation table only is not found."""
    table, valid = numbers(), numbers(200)
    valid = valid.set_column(2, "y", pa.array(valid.column("a").to_numpy() + valid.column("b").to_numpy()))

    assert gather_data(prepared(read(table), read(valid))).combinations == []


def test_find_combinations__only_column__is_none() -> None:
    assert combinations(numbers().drop_columns(["b"])) == []

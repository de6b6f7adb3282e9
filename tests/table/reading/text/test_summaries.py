from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netable.config.reading import ReadOptions
from netable.errors import DataWarning, FileError
from netable.table.reading.read import read

DATASETS = Path(__file__).parents[3] / ".." / "shared" / "datasets"
HEADER = "month,shop,price,weight,pieces\n"
PIECES = [7 * i % 31 for i in range(1, 41)]
ROWS = [f"{i % 12 + 1},s{i % 3},{i}.5,{i * i % 17}.25,{n}\n" for i, n in enumerate(PIECES, 1)]
TOTAL = sum(PIECES)
SUBTOTALS = [
    row
    for start in range(0, 40, 10)
    for row in (*ROWS[start : start + 10], f"Zwischen {start},,,,{sum(PIECES[start : start + 10])}\n")
]


def load(folder: Path, *lines: str, **options: object) -> pa.Table:
    (folder / "t.csv").write_text("".join(lines), encoding="utf-8")
    return read(folder / "t.csv", options=ReadOptions(**options))


@pytest.mark.bad_input(117)
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([*ROWS, f"Total,,,,{TOTAL}\n"], r"line 42: 'Total', the sum in 'pieces' of the rows above"),
        ([*ROWS, f",,,,{TOTAL}\n"], r"line 42: the sum in 'pieces'"),
        ([*ROWS, f"Összesen,,,,{TOTAL}\n"], r"line 42: the sum in 'pieces'"),
        ([*ROWS, f"합계,,,,{TOTAL - 3}\n"], r"line 42: '합계', and mostly empty cells"),
        ([f"Alle,,,,{TOTAL}\n", *ROWS], r"line 2: the sum in 'pieces' of the rows below"),
        (
            [*ROWS, f"Mitte,,21.0,,{TOTAL / 40:.2f}\n"],
            r"line 42: the mean in 'price' and the mean in 'pieces'",
        ),
        (SUBTOTALS, r"line 12: the sum in 'pieces' of the rows above"),
        ([",,EUR,kg,\n", *ROWS], r"line 2: 'EUR' instead of a number, as in a row of units"),
        ([*ROWS[:20], HEADER, *ROWS[20:]], r"line 22: the header is repeated here"),
    ],
)
def test_summary__117_rows_that_are_no_data__are_refused_or_left_out(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(FileError, match=f"{message}.*bad_rows='skip'.*use header=True"):
        load(tmp_path, HEADER, *lines)
    with pytest.warns(DataWarning, match=f"left out, because they are no data: {message.split(':')[0]}"):
        assert load(tmp_path, HEADER, *lines, bad_rows="skip").equals(load(tmp_path, HEADER, *ROWS))


def test_summary__subtotals_and_totals__are_all_left_out(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match=r"line 12 .*line 45 .*line 46"):
        table = load(tmp_path, HEADER, *SUBTOTALS, f"Alles,,,,{TOTAL}\n", bad_rows="skip")
    assert table.equals(load(tmp_path, HEADER, *ROWS))


def test_summary__label_among_texts_and_numbers_with_commas__is_refused(tmp_path: Path) -> None:
    rows = [f'n{i},"{1_000 * i:,}"\n' for i in range(1, 31)]
    with pytest.raises(FileError, match=r"line 32: the sum in 'price' of the rows above"):
        load(tmp_path, "name,price\n", *rows, 'zusammen,"465,000"\n')


@pytest.mark.parametrize("name", ["adult", "boston", "nyc_flights", "bike_sharing_hour", "diamonds"])
def test_summary__real_tables__hold_none(tmp_path: Path, name: str) -> None:
    path = DATASETS / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    table = pq.read_table(path).slice(0, 2_000)
    pa.csv.write_csv(table, tmp_path / "t.csv")
    assert read(tmp_path / "t.csv").num_rows == table.num_rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.0, 0.1, 0.3]))
def test_summary__random_numbers_with_missing_cells__hold_none(
    tmp_path: Path, seed: int, share: float
) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(50, 20, (40, 3)).round(2)
    is_missing = random.random(values.shape) < share
    lines = [
        ",".join([f"n{row}", *("" if gone else str(v) for v, gone in zip(cells, missing, strict=True))])
        + "\n"
        for row, (cells, missing) in enumerate(zip(values, is_missing, strict=True))
    ]
    assert load(tmp_path, "name,a,b,c\n", *lines).num_rows == 40

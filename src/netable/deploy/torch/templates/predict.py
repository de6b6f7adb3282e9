"""Predict the rows of a CSV file: python predict.py TABLE.csv -o PREDICTIONS.csv"""

from __future__ import annotations

import argparse
import csv
import sys
from itertools import islice

from model import COLUMNS, WEIGHTS, load, predict

ROWS_AT_ONCE = 1000
LONGEST_CELL = 2**31 - 1


def main() -> None:
    """Write a row of predictions for each row of a table."""
    parser = argparse.ArgumentParser(description="Predict the rows of a CSV file.")
    parser.add_argument("table", help="a CSV file in UTF-8 with the names of its columns in the first line")
    parser.add_argument("-o", "--output", required=True, help="the CSV file to write")
    parser.add_argument("--delimiter", default=",", help="the character between cells (%(default)s)")
    parser.add_argument("--weights", default=WEIGHTS, help="weights that were trained on (%(default)s)")
    given = parser.parse_args()
    csv.field_size_limit(LONGEST_CELL)
    model = load(given.weights)
    with open(given.table, encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=given.delimiter)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
        if missing:
            raise ValueError(f"{given.table} has no column {missing[0]!r}; it has {rows.fieldnames}.")
        with open(given.output, "w", encoding="utf-8", newline="") as output:
            writer = csv.writer(output, lineterminator="\n")
            writer.writerow(predict(model, {name: [] for name in COLUMNS}))
            while some := list(islice(rows, ROWS_AT_ONCE)):
                predictions = predict(model, {name: [row[name] for row in some] for name in COLUMNS})
                writer.writerows(zip(*predictions.values(), strict=True))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, csv.Error) as error:
        sys.exit(str(error))

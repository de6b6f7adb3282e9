"""The chapter's models with `NetRegressor` and `NetClassifier`: fit, evaluate, save, load."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from netable import NetClassifier, NetRegressor, load


def main() -> dict[str, Any]:
    """Fit, score on held-out rows, save, load, and compare predictions."""
    boston = pq.read_table(Path(__file__).parent / "boston.parquet").to_pandas()
    breast_cancer = load_breast_cancer(as_frame=True).frame
    sgd = {"optimizer": "sgd", "lr": 0.1, "random_state": 0}
    runs = {
        "linear regression, R²": (NetRegressor(model="linear", **sgd), boston, "MEDV"),
        "logistic regression, accuracy": (NetClassifier(model="linear", **sgd), breast_cancer, "target"),
        "four hidden units, accuracy": (
            NetClassifier(model="mlp", hidden_layer_sizes=(4,), dropout=0.0, **sgd),
            breast_cancer,
            "target",
        ),
    }
    result = {}
    print(f"{'':30}  training rows   held out   same after loading")
    for name, (estimator, table, target) in runs.items():
        x, x_test, y, y_test = train_test_split(
            table.drop(columns=target), table[target], test_size=0.2, random_state=0
        )
        estimator.fit(x, y)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.netable"
            estimator.save(path)
            same = bool((load(path).predict(x_test) == estimator.predict(x_test)).all())
        result[name] = (estimator.score(x, y), estimator.score(x_test, y_test), same)
        print(f"{name:30} {result[name][0]:14.3f} {result[name][1]:10.3f} {same!s:>20}")
    return result


if __name__ == "__main__":
    main()

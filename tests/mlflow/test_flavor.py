from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import netable.mlflow
from netable.errors import ConfigError, DataWarning, ModelFileError, UserError
from netable.estimators.estimators import NetClassifier, NetRegressor
from netable.model.model import Model
from small import QUICK, make_table

FRAME = make_table().drop_columns(["rooms", "dear", "third", "price"]).to_pandas()
# MLflow compares the columns of an example with a range, which pandas will read otherwise.
FOREIGN = pytest.mark.filterwarnings("ignore:Operation with range:DeprecationWarning")


def predictions(mlflow: Any, path: str, frame: Any, **params: Any) -> Any:
    return mlflow.pyfunc.load_model(path).predict(frame, params=params or None)


def test_save_model__folder__has_the_model_file_and_both_flavors_and_no_pickle(
    mlflow: Any, regression_model: Model
) -> None:
    netable.mlflow.save_model(regression_model, "saved", metadata={"by": "me"})
    about = yaml.safe_load(Path("saved/MLmodel").read_text("utf-8"))
    files = {path.relative_to("saved").as_posix() for path in Path("saved").rglob("*") if path.is_file()}

    assert files == {"MLmodel", "conda.yaml", "data/model.netable", "python_env.yaml", "requirements.txt"}
    assert about["flavors"]["netable"] == {
        "data": "data/model.netable",
        "netable_version": netable.__version__,
    }
    assert about["flavors"]["python_function"]["loader_module"] == "netable.mlflow.pyfunc"
    assert about["metadata"] == {"by": "me"}
    assert f"netable=={netable.__version__}" in Path("saved/requirements.txt").read_text().split()


def test_load_model__saved_model__predicts_the_same_bits(mlflow: Any, regression_model: Model) -> None:
    netable.mlflow.save_model(regression_model, "saved")
    loaded = netable.mlflow.load_model("saved")

    assert isinstance(loaded, Model)
    assert loaded.predict(FRAME).tolist() == regression_model.predict(FRAME).tolist()


@pytest.mark.parametrize("name", ["regression_model", "classifier_model"])
def test_pyfunc__frame__is_predicted_as_by_the_model(
    name: str, mlflow: Any, request: pytest.FixtureRequest
) -> None:
    model: Model = request.getfixturevalue(name)
    netable.mlflow.save_model(model, "saved")

    assert predictions(mlflow, "saved", FRAME).tolist() == model.predict(FRAME).tolist()


def test_pyfunc__other_types_of_columns__are_read_as_by_the_model(
    mlflow: Any, regression_model: Model
) -> None:
    netable.mlflow.save_model(regression_model, "saved")
    frame = FRAME.assign(
        size=3,
        age=FRAME["age"].round().astype(int),
        garden=FRAME["garden"].astype(object).where(FRAME.index > 0, None),
        sold=FRAME["sold"].dt.strftime("%Y-%m-%d"),
    )

    assert predictions(mlflow, "saved", frame).tolist() == regression_model.predict(frame).tolist()


def test_pyfunc__params__add_columns(mlflow: Any, regression_model: Model, classifier_model: Model) -> None:
    netable.mlflow.save_model(regression_model, "numbers")
    netable.mlflow.save_model(classifier_model, "classes")
    bounds = predictions(mlflow, "numbers", FRAME, interval=0.8)
    shares = predictions(mlflow, "classes", FRAME, probabilities=True, threshold=0.4)
    lower, upper = regression_model.predict_interval(FRAME, 0.8)

    assert list(bounds) == ["prediction", "lower", "upper"]
    assert (bounds["lower"].tolist(), bounds["upper"].tolist()) == (lower.tolist(), upper.tolist())
    assert list(shares) == ["prediction", "proba_no", "proba_yes"]
    assert shares.iloc[:, 1:].to_numpy().tolist() == classifier_model.predict_proba(FRAME).tolist()
    assert shares["prediction"].tolist() == classifier_model.predict(FRAME, threshold=0.4).tolist()
    assert predictions(mlflow, "classes", FRAME, threshold=0.4).tolist() == shares["prediction"].tolist()


def test_pyfunc__several_targets__are_columns(mlflow: Any) -> None:
    x = np.arange(40.0).reshape(-1, 1)
    net = NetRegressor(**QUICK).fit(x, np.hstack([x, -x]))
    netable.mlflow.save_model(net, "saved")
    frame = pd.DataFrame(x, columns=["x0"])

    found = predictions(mlflow, "saved", frame)
    assert found.to_numpy().tolist() == net.predict(x).tolist()
    assert list(found) == [
        spec.name for spec in mlflow.pyfunc.load_model("saved").metadata.get_output_schema()
    ]


@FOREIGN
def test_log_model__run__has_a_model_that_its_address_loads(mlflow: Any) -> None:
    net = NetClassifier(**QUICK).fit(FRAME, FRAME["age"] > 40)
    with mlflow.start_run() as run:
        info = netable.mlflow.log_model(net, "houses", input_example=True, tags={"a": "b"})
    (found,) = mlflow.search_logged_models(output_format="list")

    assert (found.name, found.source_run_id, found.tags["a"]) == ("houses", run.info.run_id, "b")
    assert netable.mlflow.load_model(info.model_uri).labels.tolist() == [False, True]
    assert predictions(mlflow, info.model_uri, FRAME).tolist() == net.predict(FRAME).tolist()
    assert info.signature.inputs.input_names() == ["size", "age", "도시", "garden", "sold"]


@FOREIGN
def test_save_model__example__is_a_row_that_the_model_takes(mlflow: Any, classifier_model: Model) -> None:
    netable.mlflow.save_model(classifier_model, "made", input_example=True)
    netable.mlflow.save_model(classifier_model, "given", input_example=FRAME.head(2))
    for path, rows in (("made", 1), ("given", 2)):
        example = mlflow.models.Model.load(path).load_input_example(path)
        assert len(predictions(mlflow, path, example)) == rows


def test_save_model__requirements__can_be_others(mlflow: Any, classifier_model: Model) -> None:
    netable.mlflow.save_model(classifier_model, "more", extra_pip_requirements=["polars"])
    netable.mlflow.save_model(classifier_model, "others", pip_requirements=["netable"])

    assert f"netable=={netable.__version__} polars".split() == requirements("more")
    assert requirements("others") == ["netable"]


def requirements(path: str) -> list[str]:
    lines = Path(path, "requirements.txt").read_text().split()
    return [line for line in lines if not line.startswith("mlflow")]


def test_load_model__of_another_kind__is_refused_in_one_line(mlflow: Any, tmp_path: Path) -> None:
    tmp_path.joinpath("data.txt").write_text("nothing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model("other", loader_module="json", data_path="data.txt", pip_requirements=["a"])
    with pytest.raises(
        ModelFileError, match=r"^other is no model of netable; its flavors are python_function\.$"
    ):
        netable.mlflow.load_model("other")


def test_load_pyfunc__damaged_file__is_refused_in_one_line(mlflow: Any, regression_model: Model) -> None:
    netable.mlflow.save_model(regression_model, "saved")
    Path("saved/data/model.netable").write_bytes(b"nonsense")
    for load in (mlflow.pyfunc.load_model, netable.mlflow.load_model):
        with pytest.raises(ModelFileError, match=r"^[^\n]+model\.netable is not a netable model\.$"):
            load("saved")


@pytest.mark.parametrize("net", [NetClassifier(), "model.netable"], ids=str)
def test_save_model__what_is_not_fitted__is_refused(net: Any, mlflow: Any) -> None:
    with pytest.raises(ConfigError, match=r"^Expected a fitted NetClassifier, .*\. Call fit first\.$"):
        netable.mlflow.save_model(net, "saved")

    assert not Path("saved").exists()


def test_save_model__without_mlflow__says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, regression_model: Model
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    for call in (
        lambda: netable.mlflow.save_model(regression_model, "saved"),
        lambda: netable.mlflow.log_model(regression_model),
        lambda: netable.mlflow.load_model("saved"),
    ):
        with pytest.raises(ConfigError, match=r"pip install 'netable\[mlflow\]'$"):
            call()


def test_pyfunc__odd_rows__are_warned_of_or_refused_as_by_the_model(
    mlflow: Any, regression_model: Model
) -> None:
    netable.mlflow.save_model(regression_model, "saved")
    loaded = mlflow.pyfunc.load_model("saved")
    with pytest.warns(DataWarning, match="Levels never seen in training"):
        loaded.predict(FRAME.assign(도시="Paris"))
    with pytest.raises(UserError, match="column 'age': expected a number, got 'old'"):
        loaded.predict(FRAME.assign(age="old"))

"""MLflow's flavor `netable`: a folder with the model file, and beside it what MLflow needs to load and serve it."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netable.deploy.server.openapi import example_row
from netable.errors import ConfigError, ModelFileError, locked_filters
from netable.mlflow.signature import signature_of
from netable.model.file import load, save
from netable.model.model import Model

if TYPE_CHECKING:
    from mlflow.models import Model as MlflowModel
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

FLAVOR, LOADER = "netable", "netable.mlflow.pyfunc"


def save_model(
    net: Any,
    path: str | os.PathLike[str],
    *,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | None = None,
    extra_pip_requirements: Sequence[str] | None = None,
    metadata: dict[str, Any] | None = None,
    mlflow_model: MlflowModel | None = None,
) -> None:
    """Write a model as a folder that MLflow loads and serves; in it is the model file, and no pickle.

    Parameters
    ----------
    net : NetClassifier, NetRegressor or Model
        Fitted.
    path : path
        A folder that does not exist yet.
    signature : mlflow.models.ModelSignature, optional
        By default, of the model's columns (`netable.mlflow.signature`).
    input_example : frame or True, optional
        Rows to store as an example; True makes a row from what the model knows of its columns.
    pip_requirements : sequence of str, optional
        In place of this version of netable.
    extra_pip_requirements : sequence of str, optional
        Beside it.
    metadata : dict, optional
        Stored with the model.
    mlflow_model : mlflow.models.Model, optional
        To which the flavors are added; MLflow passes one.

    Raises
    ------
    ConfigError
        If MLflow is not installed, or `net` is not fitted.
    UserError
        If the model cannot be saved.
    mlflow.exceptions.MlflowException
        If the folder exists and is not empty.
    """
    _require_mlflow()
    import mlflow

    model = _model_of(net)
    flavors = mlflow.models.Model() if mlflow_model is None else mlflow_model
    if pip_requirements is None:
        pip_requirements = [f"netable=={version('netable')}", *(extra_pip_requirements or ())]
        extra_pip_requirements = None
    with TemporaryDirectory() as folder, locked_filters():
        # The signature is of the columns, and needs no example to be right.
        warnings.filterwarnings("ignore", ".*input example was not provided")
        file = Path(folder) / "model.netable"
        save(model, file)
        flavors.add_flavor(FLAVOR, netable_version=version("netable"), data=f"data/{file.name}")
        mlflow.pyfunc.save_model(
            os.fspath(path),
            loader_module=LOADER,
            data_path=os.fspath(file),
            mlflow_model=flavors,
            signature=signature or signature_of(model),
            input_example=_example(model, input_example),
            pip_requirements=list(pip_requirements),
            extra_pip_requirements=extra_pip_requirements,
            metadata=metadata,
        )


def log_model(net: Any, name: str = "model", **options: Any) -> ModelInfo:
    """Write a model, as `save_model` does, to the active run of MLflow.

    Parameters
    ----------
    net : NetClassifier, NetRegressor or Model
        Fitted.
    name : str
        Of the model in MLflow.
    **options
        Those of `save_model`, and of `mlflow.models.Model.log`, such as `registered_model_name`, `params` and `tags`.

    Raises
    ------
    UserError, mlflow.exceptions.MlflowException
        As `save_model`.
    """
    _require_mlflow()
    import mlflow

    _model_of(net)
    return mlflow.models.Model.log(None, sys.modules[__name__], name=name, net=net, **options)


def load_model(model_uri: str | os.PathLike[str]) -> Model:
    """The model of a folder, a run or MLflow's registry.

    Parameters
    ----------
    model_uri : path or str
        Such as `models:/price/1` or `runs:/RUN/model`.

    Raises
    ------
    ConfigError
        If MLflow is not installed.
    ModelFileError
        If there is a model of another kind, or one that cannot be loaded.
    mlflow.exceptions.MlflowException
        If MLflow does not find it.
    """
    _require_mlflow()
    import mlflow

    folder = mlflow.artifacts.download_artifacts(os.fspath(model_uri))
    flavors = mlflow.models.Model.load(folder).flavors
    if FLAVOR not in flavors:
        raise ModelFileError(f"{model_uri} is no model of netable; its flavors are {', '.join(flavors)}.")
    return load(Path(folder) / flavors[FLAVOR]["data"])


def _require_mlflow() -> None:
    if find_spec("mlflow") is None:
        raise ConfigError("MLflow is not installed, which this needs. Try: pip install 'netable[mlflow]'")


def _model_of(net: Any) -> Model:
    model = net if isinstance(net, Model) else getattr(net, "model_", None)
    if not isinstance(model, Model):
        raise ConfigError(
            f"Expected a fitted NetClassifier, NetRegressor or Model; got {type(net).__name__}. Call fit first."
        )
    return model


def _example(model: Model, example: Any) -> Any:
    if example is not True:
        return example
    import pandas as pd

    return pd.DataFrame([example_row(model)])

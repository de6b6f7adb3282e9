"""Models in MLflow: saved, logged to a run, loaded and served. It needs `pip install 'netable[mlflow]'`."""

from netable.mlflow.flavor import load_model, log_model, save_model

__all__ = ["load_model", "log_model", "save_model"]

"""The model file."""

from netable.model.file.save_load import load, save

__all__ = ["load", "save"]

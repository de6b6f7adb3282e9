"""The forms in which a model can be exported, without importing what makes them."""

from __future__ import annotations

from dataclasses import dataclass

from netable.errors import check_choice

# The class that makes each form, as "module:name"; it is in a room that models do not know.
EXPORT_FORMS = {
    "onnx": "netable.deploy.onnx.artefact:OnnxFile",
    "c": "netable.deploy.c.artefact:CFile",
    "torch": "netable.deploy.torch.artefact:TorchFolder",
}
# The function that exports a model.
EXPORT = "netable.deploy.export:export"
NUMBERS = ("float64", "float32")
DATES = ("int64", "iso")


@dataclass(frozen=True)
class ExportSettings:
    """The settings of an export; the first value of each choice is the default.

    Parameters
    ----------
    to : {"onnx", "c", "torch"}
    interval : float, optional
        The share of targets that the outputs `lower` and `upper` hold; without it, there are none.
    numbers : {"float64", "float32"}
        For ONNX: the type of inputs for numbers, and for flags that are no texts; NaN for missing.
    dates : {"int64", "iso"}
        For ONNX: the type of inputs for dates: microseconds since 1970, the least number for missing; or texts such as
        2011-02-01 or 2011-02-01T15:04:05, empty for missing.

    Raises
    ------
    ConfigError
        If there is no such choice.
    """

    to: str = next(iter(EXPORT_FORMS))
    interval: float | None = None
    numbers: str = NUMBERS[0]
    dates: str = DATES[0]

    def __post_init__(self) -> None:
        check_choice("The form of an export", self.to, EXPORT_FORMS)
        check_choice("The type of numbers in an export", self.numbers, NUMBERS)
        check_choice("The type of dates in an export", self.dates, DATES)


EXPORT_DEFAULTS = ExportSettings()

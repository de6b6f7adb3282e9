"""The doctor: numbers in, verdicts out. It knows neither torch nor tables."""

from netable.doctor.verdict import SEVERITIES, Severity, Verdict

__all__ = ["SEVERITIES", "Severity", "Verdict"]

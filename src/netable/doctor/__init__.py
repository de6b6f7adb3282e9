"""The doctor: from numbers to verdicts, without torch and without tables."""

from netable.doctor.verdict import SEVERITIES, Severity, Verdict, Verdicts

__all__ = ["SEVERITIES", "Severity", "Verdict", "Verdicts"]

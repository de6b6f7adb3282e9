"""Numbers with a unit: $6,369.62, 20.2%, 1,234.5 kg.

A unit is named with # for the number: "$#", "#%", "# kg". Blanks between them are ignored.
"""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from netable.table.canonical.values import where

_BLANKS = "[ \t\u00a0\u202f]*"
_NUMBER = "[0-9.,]*[0-9][0-9.,]*"
_LONGEST = 20

_CURRENCIES = (
    "AED|ARS|AUD|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NGN|NOK|"
    "NZD|PEN|PHP|PKR|PLN|RMB|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_UNITS = (
    "%|‰|°|°c|°f|kr|zł|kč|원|円|元|mg|g|kg|t|lb|lbs|oz|mm|cm|m|km|in|inch|inches|ft|feet|yd|mi|mile|miles|"
    "m2|m²|m3|m³|km2|km²|sqm|sqft|sqmt|acres|ha|ml|cl|l|ltr|liter|liters|litre|litres|gal|cc|ms|s|sec|"
    "secs|min|mins|minutes|h|hr|hrs|hours|day|days|weeks|month|months|yr|yrs|year|years|kb|mb|gb|tb|mhz|"
    "ghz|hz|kw|mw|kwh|mwh|hp|bhp|ps|nm|rpm|mv|mah|pa|hpa|kpa|bar|psi|mph|km/h|kmh|kmph|kmpl|mpg|km/kg|"
    "l/100km|dpi|px|ppm|pts|million|millions|billion|billions|lakh|lakhs|crore|crores"
)
# Only these are certain to be units; other letters may be part of a code.
_PREFIX = rf"(?:[A-Z]{{0,3}}\p{{Sc}}|{_CURRENCIES}|Rs\.?)"
_SUFFIX = rf"(?:\p{{Sc}}|{_CURRENCIES}|(?i:sq\.? ?ft|{_UNITS})\.?)"
_KNOWN = rf"^(?:{_PREFIX}#|#{_SUFFIX}|{_PREFIX}#{_SUFFIX})$"
# Texts that look like a number with a unit to a person: also $3.5M, (5%), (5) and "12 seats".
_LOOKS_SO = (
    rf"^[(+-]?{_BLANKS}(?:{_PREFIX}{_BLANKS}[+-]?{_NUMBER}{_BLANKS}(?:[A-Za-z]{{1,3}}|{_SUFFIX})?"
    rf"|{_NUMBER}(?:{_BLANKS}{_SUFFIX}| {_BLANKS}\p{{L}}+|[kKmMbB]n?)|\({_NUMBER})\)?$"
)


def unit_of(texts: pa.Array) -> str:
    """The known unit of the numbers in all texts, or ""."""
    first = next(iter(texts.drop_null()[:1].to_pylist()), "")
    # A point belongs to a word before it, as in Rs.500, otherwise to the number, as in $.50.
    before = r"([^0-9.,+\-\s]*[^\W\d_]\.|[^0-9.,+\-\s]*)"
    parts = re.fullmatch(rf"[+-]?{_BLANKS}{before}{_BLANKS}[+-]?{_NUMBER}{_BLANKS}([^0-9.,\s].*)?", first)
    unit = f"{parts[1]}#{parts[2] or ''}" if parts else ""
    return unit if is_known_unit(unit) and without_unit(texts, unit).null_count == texts.null_count else ""


@cache
def is_known_unit(unit: str) -> bool:
    """The unit is certain to be one, not part of a code."""
    return bool(pc.match_substring_regex(pa.scalar(unit), _KNOWN).as_py())


def without_unit(texts: pa.Array, unit: str) -> pa.Array:
    """The texts without the unit, null where it is absent."""
    before, after = (part.strip() for part in unit.split("#"))
    number = "[0-9][0-9.,]*" if before[-1:].isalpha() else _NUMBER
    pattern = rf"^([+-]?){_BLANKS}{re.escape(before)}{_BLANKS}([+-]?{number}){_BLANKS}{re.escape(after)}$"
    fitting = where(pc.match_substring_regex(texts, pattern), texts)
    return pc.replace_substring_regex(fitting, pattern, r"\1\2")


def is_unit(text: str) -> bool:
    """The text can name a unit."""
    fits = len(text) <= _LONGEST and text.isprintable() and "," not in text
    return fits and text.count("#") == 1 and text.strip() != "#"


def look_like_numbers(texts: pa.Array) -> pa.Array:
    """True for each text that looks like a number with a unit."""
    return pc.fill_null(pc.match_substring_regex(texts, _LOOKS_SO), False)

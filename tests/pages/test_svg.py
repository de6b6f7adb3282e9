from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np

from netable.pages.charts import bars, short
from netable.pages.svg import INK, SERIES, drawing, new_chart, svg


def chart_of(names):
    with drawing():
        return bars(names, [1.0] * len(names), "rows")


def test_svg__settings_of_the_reader__are_neither_used_nor_changed():
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"font.size": 40.0, "axes.facecolor": "red", "text.parse_math": True}):
        odd = svg(chart_of(["a $x$"]), "p", "t", "d")

    assert odd == svg(chart_of(["a $x$"]), "p", "t", "d")
    assert "a $x$" in odd
    assert dict(matplotlib.rcParams) == before


def test_svg__element__is_well_formed_with_title_and_description():
    root = ET.fromstring(svg(chart_of(["<a>&"]), "fig", "T <1>", "D & more"))

    assert [(child.tag, child.text) for child in root][:2] == [("title", "T <1>"), ("desc", "D & more")]
    assert root.get("aria-labelledby") == "fig-title fig-desc"
    assert "<a>&" in [element.text for element in root.iter("text")]
    assert not [element for element in root.iter() if "style" in element.attrib or element.tag == "style"]


def test_svg__two_charts__share_no_identifier():
    ids = [re.findall(r'id="([^"]+)"', svg(chart_of(["a"]), prefix, "t", "d")) for prefix in ("one", "two")]

    assert not set(ids[0]) & set(ids[1])


def test_svg__letters_that_the_font_lacks__are_left_to_the_reader():
    assert "도시" in svg(chart_of(["도시"]), "p", "t", "d")


def test_svg__points__say_their_colour_once():
    with drawing():
        chart = new_chart()
        chart.add_subplot().plot(np.arange(50), np.arange(50), "o", color=SERIES[0], mec=INK)
    text = svg(chart, "p", "t", "d")

    assert text.count("<use") >= 50
    assert text.count("var(--series-1)") < 5


def test_short__long_and_wide_names__are_cut():
    assert short("a" * 30, 10) == "a" * 10 + "…"
    assert short("도" * 30, 10) == "도" * 5 + "…"
    assert short("two\nlines") == "two lines"
    assert short("") == "(empty)"

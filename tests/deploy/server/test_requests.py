"""Any request at all gets an answer or one line, and never finds a mistake of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving import client, golden, row_of

NAME = "regression_blend"
PATHS = [
    *("/predict", "/invocations", f"/models/{NAME}/predict", f"/models/{NAME}/invocations"),
    *(f"/v2/models/{NAME}/infer", "/models/other/predict", "/v2/models/other/infer", "/nowhere"),
    *(
        "/",
        "/ping",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        f"/v2/models/{NAME}/ready",
        "/openapi.json",
    ),
]
KEYS = [
    *(
        "rows",
        "interval",
        "threshold",
        "contributions",
        "dataframe_split",
        "dataframe_records",
        "inputs",
        "params",
    ),
    *("columns", "data", "index", "name", "datatype", "shape", "parameters", "outputs", "id"),
]
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["1e400", "inf", "2020-13-45", "$ 3", "NA", "1,5", "\x00", "\ud800"]),
)
JSON = st.recursive(
    CELLS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=3)), inner, max_size=4),
    ),
    max_leaves=12,
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from([*row_of(NAME)]), CELLS, max_size=3).map(
        lambda cells: row_of(NAME) | cells
    ),
    max_size=3,
)
QUESTIONS = st.fixed_dictionaries(
    {"rows": ROWS}, optional={"interval": CELLS, "threshold": CELLS, "contributions": CELLS}
)
TABLES = st.one_of(
    st.fixed_dictionaries({"dataframe_records": ROWS}, optional={"params": JSON}),
    st.fixed_dictionaries({"inputs": ROWS}),
    ROWS.map(
        lambda rows: {
            "dataframe_split": {"columns": [*row_of(NAME)], "data": [[*row.values()] for row in rows]}
        }
    ),
)
BODIES = st.one_of(
    st.binary(max_size=50),
    st.one_of(JSON, QUESTIONS, TABLES).map(lambda value: json.dumps(value).encode()),
)
KINDS = st.sampled_from(["application/json"] * 4 + ["", "text/plain", "application/json; charset=x"])


@pytest.fixture(scope="module", params=["model", "export"])
def http(request: pytest.FixtureRequest, exported: Callable[[str], Path]) -> Iterator[TestClient]:
    with client(golden(NAME) if request.param == "model" else exported(NAME)) as one:
        yield one


@settings(max_examples=60)
@given(
    method=st.sampled_from(["POST"] * 4 + ["GET", "PUT", "HEAD", "OPTIONS", "DELETE"]),
    path=st.sampled_from(PATHS),
    body=BODIES,
    kind=KINDS,
)
def test_service__any_request__gets_an_answer_or_one_line(
    http: TestClient, method: str, path: str, body: bytes, kind: str
) -> None:
    told: Any = http.request(method, path, content=body, headers={"content-type": kind})

    assert told.status_code in (200, 400, 404, 405, 415)
    if told.status_code != 200 and method != "HEAD":
        (text,) = told.json().values()
        assert "\n" not in text
        assert len(text) < 1200

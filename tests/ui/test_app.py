from __future__ import annotations

import io
import json
import re
from itertools import pairwise
from pathlib import Path

import pyarrow.csv
import pytest

from netable.errors import silence
from netable.model.file import load
from netable.ui.runs import FINISHED, RUNNING, Runs
from page_reader import Reader
from ui_pages import put, upload, wait_for

HOSTILE = '"><script>alert(1)</script>{{7*7}}'


def table_of(page, path: Path) -> str:
    """The address of the page of an uploaded table."""
    return str(upload(page, path).url.path)


def place_of(answer, column: str) -> str:
    """The place of a column in the select of targets."""
    return re.search(rf'<option value="(\d+)"[^>]*>{column}</option>', answer.text)[1]


@pytest.mark.posix
def test_page__upload_train_report_ask_predict_download__all_work(page, workspace, houses_csv):
    columns = upload(page, houses_csv)
    assert columns.status_code == 200
    address, target = columns.url.path, place_of(columns, "price")
    seen = page.post(address, data={"target": target, "effort": "fast"})
    assert "netable train" in seen.text

    running = page.post(f"{address}/train", data={"target": target, "effort": "fast", "max_epochs": "2"})

    assert running.url.path == "/runs/houses"
    wait_for(lambda: page.get("/runs/houses/live").headers["x-netable-state"] != RUNNING)
    done = page.get("/runs/houses")
    run = Runs(workspace).all()["houses"]
    assert run.state == FINISHED, run.error
    assert 'src="/runs/houses/report.html"' in done.text
    assert "netable train" in done.text
    report = page.get("/runs/houses/report.html")
    assert report.headers["content-security-policy"] == "sandbox allow-scripts; frame-ancestors 'self'"
    assert "<h1>" in report.text
    assert page.get("/runs/houses/ask").status_code == 200
    predicted = upload(page, houses_csv, "/runs/houses/predict")
    download = page.get(re.search(r'href="([^"]+predictions\.csv)"', predicted.text)[1])
    made = pyarrow.csv.read_csv(io.BytesIO(download.content))
    with silence():
        expected = load(run.model).predict(houses_csv)
    assert made["prediction"].to_pylist() == pytest.approx(expected.tolist(), rel=1e-6)
    assert {"size", "lower", "upper", "unlike_training"} <= set(made.column_names)
    assert "attachment" in download.headers["content-disposition"]


def test_columns__kind_and_target__are_corrected_by_a_choice(page, houses_csv):
    address = table_of(page, houses_csv)
    first = page.get(address)
    target, age = place_of(first, "price"), place_of(first, "age")

    seen = page.post(address, data={"target": target, f"kind-{age}": "category"})

    assert seen.url.query.decode() == f"target={target}&kind-{age}=category"
    assert "--kind age=category" in seen.text
    assert "--target price" in seen.text
    whole = page.get(f"{address}/look.html?{seen.url.query.decode()}")
    assert "to predict price" in whole.text
    assert whole.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose the column to predict."),
        ({"target": "99"}, "There is no such column."),
        ({"target": "0", "time_limit": "soon"}, "time-limit"),
        ({"target": "0", "effort": "much"}, "effort"),
    ],
)
def test_train__choice_that_cannot_be_used__is_one_line_above_the_choices(
    page, workspace, houses_csv, data, words
):
    answer = page.post(f"{table_of(page, houses_csv)}/train", data=data)

    assert answer.status_code == 400
    assert words in re.search(r'<p class="wrong" role="alert">(.*)</p>', answer.text)[1]
    assert Runs(workspace).all() == {}


def test_columns__kind_that_does_not_fit__is_one_line_and_the_columns_stay(page, houses_csv):
    address = table_of(page, houses_csv)
    city = place_of(page.get(address), "도시")

    answer = page.post(address, data={f"kind-{city}": "number"})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert '<th scope="row">도시</th>' in answer.text


def test_columns__notes__name_the_table_without_the_folder_of_the_page(page, tmp_path):
    cells = "\n".join(f"{number},{number % 7}" for number in range(60))
    (tmp_path / "codes.csv").write_text(f"code,size\n{cells}\nA/5,3\nB/6,4\nC/7,5\nD/8,6\n", encoding="utf-8")

    seen = page.get(table_of(page, tmp_path / "codes.csv"))

    assert "<p>codes.csv: " in seen.text


@pytest.mark.parametrize(
    "address",
    [
        "/runs/../../etc",
        "/runs/..%2f..%2fetc",
        "/runs/%2e%2e",
        "/runs/.netable-ui",
        "/runs/notes/report.html",
        "/tables/%2e%2e%2fruns",
        "/runs/price/predictions/..%2f..",
        "/runs/price/predictions/x/predictions.csv",
        "/static/../app.py",
        "/static/app.py",
    ],
)
def test_address__path_in_it__is_looked_up_and_not_found(page, workspace, price_run, address):
    put(workspace, price_run)
    (workspace.runs / "notes").mkdir()
    (workspace.runs / "notes" / "report.html").write_text("secret", encoding="utf-8")

    answer = page.get(address)

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_address__wrong_method__is_one_line(page):
    assert page.post("/").status_code == 405
    assert page.get("/tables").status_code == 405


def test_ask__answer_and_reasons__are_parts_of_a_page(page, workspace, price_run, houses_csv):
    put(workspace, price_run, houses_csv)
    whole = page.get("/runs/price/ask?row=5")
    cells = {f"cell-{place}": "" for place in range(5)}

    answer = page.post("/runs/price/answer", data=cells)
    reasons = page.post("/runs/price/reasons", data=cells)
    broken = page.post("/runs/price/answer", data=cells | {"cell-0": "large"})

    assert "<html" in whole.text
    assert 'type="range"' in whole.text
    assert "<html" not in answer.text + reasons.text
    assert "What the columns add" in reasons.text
    assert "The nearest real rows" in reasons.text
    assert 'role="alert"' in broken.text
    assert "<html" in page.post("/runs/price/ask", data=cells).text  # without a script


@pytest.mark.parametrize("row", ["0", "-1", "x", "9" * 30, "²"])
def test_ask__row_that_is_none__shows_usual_values(page, workspace, price_run, houses_csv, row):
    put(workspace, price_run, houses_csv)

    assert page.get("/runs/price/ask", params={"row": row}).status_code == 200


def test_predict__table_that_does_not_suit__is_one_line_and_not_kept(page, workspace, price_run, tmp_path):
    put(workspace, price_run)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    answer = upload(page, tmp_path / "other.csv", "/runs/price/predict")

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert ".netable-ui" not in answer.text
    assert workspace.rows.all() == {}


def test_run__what_the_time_limit_left_out__is_named(page, workspace, price_run):
    metrics = put(workspace, price_run) / "metrics.json"
    known = json.loads(metrics.read_text("utf-8"))
    metrics.write_text(json.dumps(known | {"no_time_for": ["the linear reference", "report.html"]}), "utf-8")

    assert "left no time for the linear reference and report.html." in page.get("/runs/price").text


def test_compare__runs_of_different_targets__are_said_to_differ(page, workspace, price_run, third_run):
    put(workspace, price_run)
    put(workspace, third_run)

    both = page.get("/compare", params={"run": ["price", "third", "nothing"]})
    one = page.get("/compare", params={"run": "price"})

    assert "cannot be compared" in both.text
    assert "rmse" in both.text
    assert "cannot be compared" not in one.text
    assert page.get("/compare").status_code == 200


def test_delete__asks_first_and_then_deletes(page, workspace, price_run, houses_csv):
    folder = put(workspace, price_run, houses_csv)
    (key,) = workspace.tables.all()
    assert page.post(f"/tables/{key}/delete").status_code == 400  # it is the table of a run

    assert "Delete price?" in page.get("/runs/price/delete").text
    assert folder.exists()
    assert page.post("/runs/price/delete").url.path == "/"
    assert not folder.exists()


def test_tables__delete__is_done(page, workspace, houses_csv):
    address = table_of(page, houses_csv)

    assert page.post(f"{address}/delete").url.path == "/"
    assert workspace.tables.all() == {}


def test_page__hostile_names__stay_text(page, workspace, tmp_path):
    table = tmp_path / "t.csv"
    names = f'"a {HOSTILE.replace(chr(34), chr(34) * 2)}",b'
    table.write_text(names + "\n" + "".join(f"{n},{n % 7}\n" for n in range(40)), encoding="utf-8")

    seen = Reader(upload(page, table).text)

    assert HOSTILE in seen.text()
    assert [attributes for tag, attributes in seen.elements if tag == "script"] == [
        {"src": "/static/ui.js", "defer": ""}
    ]


@pytest.mark.parametrize(
    "address", ["/", "/runs/price", "/runs/price/ask", "/runs/price/delete", "/compare?run=price"]
)
def test_page__inputs_and_order_of_headings__are_for_readers_by_ear_too(
    page, workspace, price_run, houses_csv, address
):
    put(workspace, price_run, houses_csv)

    seen = Reader(page.get(address).text)

    labelled = {
        attributes["for"] for tag, attributes in seen.elements if tag == "label" and "for" in attributes
    }
    for tag, attributes in seen.elements:
        if tag in ("input", "select"):
            assert attributes.get("id") in labelled or attributes.get("aria-label")
        if tag == "iframe":
            assert attributes["title"]
    levels = [int(heading[1]) for heading in seen.headings()]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    tags = [tag for tag, _ in seen.elements]
    assert tags.count("main") == tags.count("h1") == 1
    assert not [
        name
        for _, attributes in seen.elements
        for name in attributes
        if name.startswith("on") or name == "style"
    ]


def test_learn__pages__bring_their_own_policy_in_the_language_of_the_reader(page):
    answer = page.get("/learn", headers={"accept-language": "ko"})

    assert answer.url.path == "/learn/index.ko.html"
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "Content-Security-Policy" in answer.text
    assert page.get("/learn/..%2fwrite.py").status_code == page.get("/learn/x.html").status_code == 404

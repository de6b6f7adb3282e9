from __future__ import annotations

from copy import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from netable import NetRegressor
from netable.config.settings import Settings
from netable.doctor import Verdict
from netable.errors import DataError, DataWarning, FileError, SchemaError
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.report import write_report, write_table_report
from page_reader import Reader, undrawn
from small import QUICK, make_table

SECTIONS = [
    "Quality",
    "The doctor's verdicts",
    "Training data",
    "Training",
    "Errors in detail",
    "Importance of columns",
    "The worst predictions",
    "Repeating the run, using the model",
]


def test_report__sections__are_in_their_order(regression_page):
    assert regression_page.text("h2") == " ".join(f"{n} {name}" for n, name in enumerate(SECTIONS, 1))


def test_report__regression__shows_each_part(regression_page):
    text = regression_page.text()

    for words in (
        "Out of fold, the root mean squared error is",
        "A linear model's is",
        "That of a constant prediction is",
        "Each row was predicted by networks that were not trained on it, in 2 folds.",
        "The model was trained on 120 rows and 5 columns: 2 numbers, 1 category, 1 flag and 1 date.",
        "The target in the training rows.",
        "Loss by epoch, on training rows (blue) and on held-out rows (orange)",
        "Predicted and actual",
        "Residuals",
        "Coverage of intervals",
        "Importance of columns",
        "Predicted price by size",
        "The worst predictions; rows are counted from 1",
        "netable train TABLE --target price --config config.yaml --seed 0",
        "netable predict model.netable NEW.csv -o OUT.csv",
        'print(model.predict("NEW.csv")[:5])',
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("typed", "command", "advice"),
    [
        (None, "netable train TABLE --target price", 'leave it out: ignore_columns=["id", "key"]'),
        ("h.csv", "netable train h.csv --target price", "leave it out: --ignore-columns id,key"),
    ],
)
def test_report__written_at_the_terminal__advises_options(tmp_path, regression_model, typed, command, advice):
    verdict = Verdict("identifiers", "warning", "seen", "why", 'leave it out: ignore_columns=["id", "key"]')
    results = regression_model.results | {"diagnosis": [verdict.to_dict()]}

    with undrawn():
        write_report(replace(regression_model, results=results), tmp_path / "r.html", typed=typed)

    text = Reader((tmp_path / "r.html").read_text(encoding="utf-8")).text()
    assert command in text
    assert advice in text


def test_report__two_classes__shows_each_part(classifier_page):
    text = classifier_page.text()

    for words in (
        "the log loss is",
        "of the rows are classified correctly, 50% by always predicting the same class",
        "The classes of 'dear' in the training rows.",
        "Confusion",
        "ROC curve, area",
        "Precision and recall, average precision",
        "Reliability",
        "Calibration of the probability of yes",
        "if missing yes costs 0.2, 1, 5 or 20 times as much as predicting it for no",
        "Metrics of each class: the share of its predictions that are correct",
        "Probability of actual",
        'print(model.predict_proba("NEW.csv")[:5])',
    ):
        assert words in text, words


def test_report__several_classes__has_a_curve_for_each_and_no_threshold(read_page, three_classes):
    text = read_page(three_classes).text()

    assert "Ranking of rows of each class above all others." in text
    assert "Calibration of the probability of the predicted class." in text
    assert "Cost by threshold" not in text


def test_report__many_classes__lists_the_confusions(read_page, rng):
    size = rng.normal(size=400)
    table = pa.table({"size": size, "word": [f"w{n}" for n in np.digitize(size, np.linspace(-1, 1, 13))]})
    text = read_page(fit(table, Settings(target="word", **QUICK))).text()

    assert "2 rarer classes are not shown." in text
    assert "The most frequent confusions." in text


def test_report__several_targets__shows_each(read_page):
    model = fit(make_table().drop_columns(["dear", "third"]), Settings(target=("price", "rooms"), **QUICK))
    page = read_page(model)

    assert page.text("h1") == "Predicting price and rooms"
    assert "predictions of 'price'" in page.text()
    assert "predictions of 'rooms'" in page.text()
    assert "Actual rooms" in page.text("th")


def test_report__rows_held_out__says_so(read_page):
    table = make_table().drop_columns(["rooms", "dear", "third"])
    text = read_page(fit(table, Settings(target="price", **(QUICK | {"folds": 1})))).text()

    assert "On held-out rows, the root mean squared error is" in text
    assert "20% of the rows were held out." in text
    assert "on 24 rows" in text


def test_report__validation_table__says_so(read_page):
    table = make_table(240).drop_columns(["rooms", "dear", "third"])
    model = fit(table.slice(0, 180), Settings(target="price", **QUICK), valid_table=table.slice(180))
    text = read_page(model).text()

    assert "On the validation table, the root mean squared error is" in text
    assert "A validation table of 60 rows was used to stop early and to validate." in text
    assert "trained on 180 rows and 5 columns" in text

    later = read_page(model, make_table(40).drop_columns(["rooms", "dear", "third"])).text()
    assert "A validation table was used to stop early and to validate." in later
    assert "rows were held out" not in later
    assert "netable train TABLE --validation VALID.csv --target price --config config.yaml" in later


def test_report__tiny_table__is_whole_and_warns_of_importance_and_of_a_doubled_column(read_page):
    table = make_table(40).drop_columns(["rooms", "dear", "third"])
    table = table.append_column("again", table["size"])
    page = read_page(fit(table, Settings(target="price", **QUICK)))

    doubled = (
        "Columns with the same information share their importance, such as size and again (1.00) with these"
    )
    assert doubled in page.text()
    assert "The networks were trained on these rows" in page.text()
    assert len([tag for tag, _ in page.elements if tag == "h2"]) == len(SECTIONS)


def test_report__folds_in_time__judges_later_rows_by_earlier_ones(read_page):
    table = make_table(240).drop_columns(["rooms", "dear", "third"])
    text = read_page(fit(table, Settings(target="price", time_column="sold", **QUICK))).text()

    assert "In order of 'sold', 2 blocks validated networks trained on earlier rows." in text
    assert "Each row was predicted by networks that were trained on earlier rows only, in 2 blocks." in text


def test_report__columns_left_out__are_named_with_the_reason(read_page):
    table = make_table().drop_columns(["rooms", "dear", "third"])
    with pytest.warns(DataWarning):
        model = fit(table.append_column("same", pa.array([1.0] * 120)), Settings(target="price", **QUICK))

    assert "same every value is the same" in read_page(model).text("table")


def test_report__verdicts__are_shown_with_all_their_words(read_page, regression_model):
    told = {"id": "lr_too_high", "severity": "serious", "seen": "Seen <1>.", "why": "So.", "try": "lr=0.001"}
    results = regression_model.results | {"diagnosis": [told]}
    text = read_page(replace(regression_model, results=results)).text("section")

    assert "serious lr too high Seen <1>. So. Try: lr=0.001" in text


def test_report__readings_of_gradients__are_drawn_by_layer(read_page, regression_model):
    history = copy(regression_model.history)
    norms = {"body.blocks.0.0.weight": 0.001, "body.head.weight": 1.0}
    history.readings = [SimpleNamespace(epoch=epoch, stack=0, gradient_norms=norms) for epoch in (1, 2)]
    text = read_page(replace(regression_model, history=history)).text()

    assert "Gradients by layer" in text
    assert "In the last epoch probed: hidden layer 1 0.001; output layer 1." in text


def test_report__weights__leave_out_rows_that_count_nothing(read_page, regression_model):
    table = make_table().drop_columns(["rooms", "dear", "third"])
    weight = np.ones(120)
    weight[:20] = 0
    model = fit(table, Settings(target="price", **QUICK), weight=weight)

    assert "on 100 rows" in read_page(model).text()


def test_report__another_table__is_judged_by_the_whole_model(read_page, regression_model):
    table = make_table(300).slice(200).drop_columns(["rooms", "dear", "third"])
    page = read_page(regression_model, table)
    text = page.text()

    assert "On this table, the root mean squared error is" in text
    assert "evaluated on another table of 100 rows" in page.text("header")
    assert "A linear model's, trained on the rest of this table (80 rows), is" in text
    assert "equal training rows" not in text


def test_report__rows_of_training_as_another_table__says_that_figures_flatter(read_page, regression_model):
    table = make_table().drop_columns(["rooms", "dear", "third"])

    assert "About 100% of these rows equal training rows." in read_page(regression_model, table).text()


@pytest.mark.usefixtures("without_charts")
def test_report__training_table_with_what_was_said_out_of_fold__is_that_of_the_run(
    tmp_path, regression_model
):
    write_report(regression_model, tmp_path / "run.html")
    save(regression_model, tmp_path / "m.netable")
    loaded = load(tmp_path / "m.netable")
    table = make_table().drop_columns(["rooms", "dear", "third"])
    write_table_report(loaded, tmp_path / "again.html", table, out_of_fold=regression_model.out_of_fold)

    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "run.html").read_bytes()


@pytest.mark.usefixtures("without_charts")
def test_report__other_rows_with_what_was_said_out_of_fold__are_another_table(tmp_path, regression_model):
    table = make_table().drop_columns(["rooms", "dear", "third"]).take(np.arange(120)[::-1])
    write_table_report(regression_model, tmp_path / "r.html", table, out_of_fold=regression_model.out_of_fold)

    assert "On this table" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_report__loaded_model_without_a_table__says_what_needs_one(read_page, tmp_path, classifier_model):
    save(classifier_model, tmp_path / "m.netable")
    page = read_page(load(tmp_path / "m.netable"))

    assert "Out of fold, the log loss was" in page.text()
    assert "need a table: netable report MODEL TABLE." in page.text()
    assert (
        "Comparison with a linear model, on 120 rows that neither was trained on; it was trained on 60"
        in page.text()
    )
    assert "Training" in page.text("h2")
    assert "Errors in detail" not in page.text("h2")


def test_report__nothing_held_out__says_so(read_page):
    table = make_table().drop_columns(["rooms", "dear", "third"])
    model = fit(table, Settings(target="price", early_stopping=False, **(QUICK | {"folds": 1})))

    text = read_page(model).text()
    assert "The quality of this model is unknown" in text
    assert "No rows were held out." in text
    assert "20% of the rows" not in text


def test_report__no_target__names_it(tmp_path, regression_model):
    with pytest.raises(SchemaError, match=r"^The target column 'price' is not in the table\."):
        write_table_report(regression_model, tmp_path / "r.html", make_table().drop_columns(["price"]))


def test_report__no_rows__is_an_error(tmp_path, regression_model):
    with pytest.raises(DataError, match=r"^The table has 0 rows; there is nothing to report on\.$"):
        write_table_report(regression_model, tmp_path / "r.html", make_table().slice(0, 0))


@pytest.mark.usefixtures("without_charts")
def test_report__no_folder__is_an_error(tmp_path, regression_model):
    with pytest.raises(FileError, match="cannot be written"):
        write_report(regression_model, tmp_path / "none" / "r.html")


def test_report__same_model__has_the_same_page(tmp_path, classifier_model, classifier_page):
    write_report(classifier_model, tmp_path / "again.html")

    assert (tmp_path / "again.html").read_text(encoding="utf-8") == classifier_page.page


def test_report__size__is_far_below_what_mail_takes(tmp_path, rng):
    size = rng.normal(size=5000)
    table = pa.table({"size": size, "y": size + rng.normal(size=5000)})
    write_report(fit(table, Settings(target="y", **QUICK)), tmp_path / "r.html")

    assert (tmp_path / "r.html").stat().st_size < 600_000
    assert "1,000 of 5,000 rows, drawn at random, are shown." in (tmp_path / "r.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.usefixtures("without_charts")
def test_report__estimator__is_judged_on_the_rows_given(tmp_path, rng):
    X = rng.normal(size=(150, 3))
    net = NetRegressor(hidden_layer_sizes=(4,), max_epochs=2, folds=2, embedding="none").fit(
        X[:100], X[:100, 0]
    )
    net.report(tmp_path / "report.html", X[100:], X[100:, 0], sample_weight=np.ones(50))

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "On this table, the root mean squared error is" in page
    assert "50 rows" in page


@pytest.mark.filterwarnings("ignore:Values far outside", "ignore:Farther outside")
def test_report__two_rows_and_the_farthest_numbers_and_dates__is_a_page(tmp_path):
    ends = {
        "number": [-1e300, 1e300],
        "date": pa.array(["0001-01-01", "9999-12-31"]).cast(pa.timestamp("us")),
        "y": [1e-300, -1e-300],
    }
    for rows in (2, 120):
        table = pa.table(ends).take(np.arange(rows) % 2)
        model = fit(table, Settings(target="y", **QUICK | {"embedding": "bins"}))

        write_report(model, tmp_path / "report.html", table)

        assert (tmp_path / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_report__history_and_figures_that_are_not_finite_or_known__are_shown_without(
    read_page, regression_model
):
    history, epochs = copy(regression_model.history), regression_model.history.epochs
    history.epochs = [epoch._replace(train_loss=[None] * len(epoch.train_loss)) for epoch in epochs]
    norms = {"body.blocks.0.0.weight": None, "body.head.weight": 1.0}
    history.readings = [SimpleNamespace(epoch=epoch, stack=0, gradient_norms=norms) for epoch in (1, 2)]
    results = regression_model.results | {"valid": {"later": 0.5}, "baseline": {"later": None}, "linear": {}}
    told = replace(regression_model, history=history, results=results, learned_from=None)

    text = read_page(told).text()
    assert "the later was 0.5" in text
    assert "No training loss is finite" in text


def test_report__targets_with_letters_that_no_xml_holds__are_drawn(read_page) -> None:
    table = make_table().select(["size", "age", "price", "rooms"])
    table = table.rename_columns(["size", "age", "_a\uffff", "b\x0b"])
    page = read_page(fit(table, Settings(target=("_a\uffff", "b\x0b"), **QUICK)), drawn=True)

    assert "_a\ufffd b\ufffd" in page.text("svg")

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

import netable
from checking import examples
from grouped import grouped_table
from grown import grown_model
from netable.config.settings import Settings
from netable.errors import DataWarning, FileError, ModelFileError, UserError
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.file.container import FORMAT_VERSION, MAX_HEADER_BYTES
from netable.model.model import Model
from netable_files import parts, refusal, signed, with_about, with_tensors
from small import QUICK, make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]
MODELS = ("regression_model", "classifier_model")


@pytest.fixture(scope="session")
def content(regression_model: Model, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "m.netable"
    save(regression_model, path)
    return path.read_bytes()


# Round trips


@pytest.mark.parametrize("name", MODELS)
def test_load__saved_model__is_the_same(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    model: Model = request.getfixturevalue(name)
    features = make_table().select(FEATURES)
    state = torch.get_rng_state()
    save(model, tmp_path / "m.netable")
    loaded = load(tmp_path / "m.netable")

    assert torch.equal(torch.get_rng_state(), state)
    assert (loaded.outcome(features) == model.outcome(features)).all()
    assert loaded.predict(features).dtype == model.predict(features).dtype
    for part in ("recipe", "target", "schema", "encoder", "results", "history"):
        assert getattr(loaded, part) == getattr(model, part), part
    assert loaded.objective.temperature == model.objective.temperature
    assert loaded.intervals.units == model.intervals.units
    assert loaded.intervals.why_none == model.intervals.why_none
    for errors, again in zip(model.intervals.errors, loaded.intervals.errors, strict=True):
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(errors, again, strict=True))
    assert np.array_equal(loaded.sketch.hashes, model.sketch.hashes)
    assert loaded.out_of_fold is None
    assert not loaded.net.training
    assert not any(p.requires_grad for p in loaded.net.parameters())


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, Settings]:
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    n = draw(st.sampled_from([8, 30, 110]))
    missing = draw(st.sampled_from([0.0, 0.3]))
    makers: dict[str, Callable[[], Any]] = {
        "number": lambda: rng.normal(size=n) * 10.0 ** rng.integers(-3, 6),
        "offset": lambda: 1e9 + rng.normal(size=n),
        "category": lambda: rng.choice(["서울", "부산", "", "a\nb", "'\"<b>"], n),
        "wide": lambda: rng.choice([f"level {i}" for i in range(20)], n),
        "flag": lambda: rng.random(n) < 0.5,
        "date": lambda: rng.integers(0, 9999, n).astype("datetime64[D]").astype("datetime64[us]"),
    }
    kinds = draw(st.lists(st.sampled_from(sorted(makers)), min_size=1, max_size=4))
    columns = {
        f"{draw(st.sampled_from(['열', 'col', 'a b', '~x']))} {i}": pa.array(
            makers[kind](), mask=rng.random(n) < missing
        )
        for i, kind in enumerate(kinds)
    }
    target: str | tuple[str, ...] = "y"
    what = draw(st.sampled_from(["number", "two numbers", "text", "flag", "codes"]))
    if what == "two numbers":
        target = ("y", "값")
        columns |= {"y": rng.normal(size=n), "값": rng.normal(size=n) * 1e6}
    else:
        columns["y"] = {
            "number": lambda: rng.normal(size=n),
            "text": lambda: np.resize(["예", "아니오", "10"], n),
            "flag": lambda: np.arange(n) % 2 == 0,
            "codes": lambda: np.arange(n) % 2 + 5.0,
        }[what]()
    model = draw(st.sampled_from(["mlp", "linear"]))
    weight = draw(st.sampled_from([None, "balanced"]))
    sizes = draw(st.sampled_from([(), (3,), (4, 2)]))
    settings: dict[str, Any] = {"class_weight": weight}
    if "number" in what:
        settings = {
            "loss": draw(st.sampled_from(["mse", "mae", "huber", "quantile", "poisson"])),
            "target_transform": draw(st.sampled_from(["auto", "none", "log"])),
        }
        if settings["loss"] == "poisson" or settings["target_transform"] == "log":
            columns |= {name: np.abs(columns[name]) for name in ({"y", "값"} & columns.keys())}
        if settings["loss"] == "poisson":
            settings["target_transform"] = "auto"
    return pa.table(columns), Settings(
        target=target, model=model, max_epochs=1, folds=2, hidden_layer_sizes=sizes, **settings
    )


@examples(25)
@given(tables())
def test_load__any_model__predicts_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[pa.Table, Settings]
) -> None:
    table, config = drawn
    path = tmp_path_factory.mktemp("any") / "모델.netable"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # about odd columns; not what is tested
        try:
            model = fit(table, config)
        except UserError:  # nothing left to learn from, say
            return
        save(model, path)
        loaded = load(path)
    first, again = model.outcome(table), loaded.outcome(table)

    assert first.tobytes() == again.tobytes()
    assert np.isfinite(first).all()
    save(loaded, path.with_name("again"))
    assert path.with_name("again").read_bytes() == path.read_bytes()


def test_save__learned_further_a_call_at_a_time__loads(tmp_path: Path) -> None:
    table = make_table().to_pandas()
    X, y = table[FEATURES], table["price"]
    net = netable.NetRegressor(**{"random_state": 0, **QUICK}).fit(X, y).partial_fit(X, y)
    net.save(tmp_path / "m.netable")

    assert (netable.load(tmp_path / "m.netable").predict(X).ravel() == net.predict(X)).all()


def test_save__largest_seed__loads(tmp_path: Path) -> None:
    save(fit(make_table(), Settings(target="price", seed=2**128 - 1, **QUICK)), tmp_path / "m.netable")

    assert load(tmp_path / "m.netable").results["seed"] == 2**128 - 1


def test_save__scale_that_a_device_narrowed__loads(regression_model: Model, tmp_path: Path) -> None:
    scale = regression_model.objective.scale
    narrow = type(scale)(*(part if part is None else part.float() for part in scale))
    objective = replace(regression_model.objective, scale=narrow)
    save(replace(regression_model, objective=objective), tmp_path / "m.netable")

    assert torch.equal(load(tmp_path / "m.netable").objective.scale.center, narrow.center.double())


def test_save__model_that_could_not_be_loaded__is_refused_and_the_old_file_stays(
    regression_model: Model, tmp_path: Path
) -> None:
    (tmp_path / "m").write_bytes(b"old")

    with pytest.raises(ModelFileError, match=r"is not written, as it could not be loaded: .* no rows"):
        save(replace(regression_model, results={}), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == b"old"


def test_save__class_weight_of_labels_that_are_no_text__comes_back_usable(tmp_path: Path) -> None:
    table = make_table().select(["size", "garden"])
    config = Settings(target="garden", class_weight={True: 3.0, np.bool_(False): np.float32(1)}, **QUICK)
    model = fit(table, config)
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m")

    assert (fit(table, loaded.recipe).outcome(table) == model.outcome(table)).all()


def test_load__public_door__gives_a_model(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(content)

    assert isinstance(netable.load(tmp_path / "m"), Model)
    assert isinstance(netable.load(str(tmp_path / "m")), Model)


def test_save__twice__writes_the_same_bytes(regression_model: Model, tmp_path: Path) -> None:
    save(regression_model, tmp_path / "a")
    save(regression_model, tmp_path / "b")

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_save__file__is_plain_safetensors_with_its_hash_at_the_end(content: bytes) -> None:
    header, _ = parts(content)
    tensors = safetensors.torch.load(content)

    assert header["__metadata__"] == {"netable": str(FORMAT_VERSION)}
    assert content[-32:] == hashlib.sha256(content[:-32]).digest()
    assert tensors["~sha256"].numpy().tobytes() == content[-32:]


def test_save__file__names_no_code(content: bytes) -> None:
    _, body = parts(content)
    about = safetensors.torch.load(content)["about"].numpy().tobytes().decode()

    for word in ("import", "netable.", "torch.", "numpy.", "builtins", "__", "lambda", "pickle", os.getcwd()):
        assert word not in about, word
    assert b"netable." not in body


# Damage


@pytest.mark.bad_input(84)
def test_load__cut_short_anywhere__is_refused(content: bytes, tmp_path: Path) -> None:
    lengths = {round(len(content) * i / 20) for i in range(20)} | {*range(12), len(content) - 1}
    for length in sorted(lengths):
        refusal(tmp_path / "m", content[:length])


@pytest.mark.bad_input(84)
def test_load__cut_short__says_so(content: bytes, tmp_path: Path) -> None:
    n = len(content)
    assert refusal(tmp_path / "m", content[:-1]) == f"is cut short: {n - 1} of {n} bytes are there."
    assert refusal(tmp_path / "m", content[:20]) == "is cut short: its header is not complete."


@pytest.mark.bad_input(84)
@pytest.mark.bad_input(85)
@given(st.data())
def test_load__any_byte_altered__is_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    length = int.from_bytes(content[:8], "little")
    # The header is small against the rest and is read before the checksum: it gets half of the draws.
    place = data.draw(st.integers(0, 7 + length) | st.integers(0, len(content) - 1))
    altered = bytearray(content)
    altered[place] ^= data.draw(st.integers(1, 255))
    refusal(tmp_path_factory.getbasetemp() / "altered.netable", bytes(altered))


@pytest.mark.bad_input(84)
def test_load__bytes_added_or_exchanged__are_refused(content: bytes, tmp_path: Path) -> None:
    n = len(content)
    longer = f"is damaged or was altered: it has {n + 1} bytes, but its header describes {n}."
    assert refusal(tmp_path / "m", content + b"\0") == longer
    exchanged = content[:-1000] + content[-900:-800] + content[-900:]
    assert refusal(tmp_path / "m", exchanged) == "is damaged or was altered: its checksum does not match."


# Not ours


@pytest.mark.bad_input(88)
@pytest.mark.parametrize(
    ("foreign", "message"),
    [
        (pickle.dumps({"a": 1}), "is a pickle. It could run any code; netable never loads one."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "is a picture, not a netable model."),
        (b"PAR1" + b"\0" * 40, "is a Parquet table, not a netable model."),
        (b"\x1f\x8b\x08" + b"\0" * 40, "is a gzip archive, not a netable model."),
        (b"%PDF-1.7\n" + b"\0" * 40, "is a PDF, not a netable model."),
        (b"size,price\n1,2\n" * 9, "is not a netable model."),
        (b"", "is not a netable model."),
        (b"\x10\0\0\0\0\0\0\0{", "is not a netable model."),
        (b"\0" * 100, "is not a netable model."),
        (
            safetensors.torch.save({"w": torch.zeros(3)}),
            "is a safetensors file, but not a netable model.",
        ),
        (
            safetensors.torch.save({"w": torch.zeros(3)}, {"format": "pt"}),
            "is a safetensors file, but not a netable model.",
        ),
    ],
)
def test_load__something_else__is_refused_by_name(foreign: bytes, message: str, tmp_path: Path) -> None:
    assert refusal(tmp_path / "m", foreign) == message


@pytest.mark.bad_input(88)
def test_load__checkpoint_of_pytorch__is_refused_and_never_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    for zipped in (True, False):
        torch.save(Evil(), tmp_path / "m.pt", _use_new_zipfile_serialization=zipped)
        refusal(tmp_path / "m.pt", (tmp_path / "m.pt").read_bytes())
    assert "never loads one" in refusal(tmp_path / "m.pkl", pickle.dumps(Evil()))
    assert not (tmp_path / "ran").exists()


@pytest.mark.bad_input(20)
def test_load__path_that_cannot_be_read__is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^The model .* cannot be read: No such file or directory\.$"):
        load(tmp_path / "no")
    with pytest.raises(FileError, match=r"^The model .* cannot be read: Is a directory\.$"):
        load(tmp_path)


@pytest.mark.bad_input(86)
@pytest.mark.parametrize("version", ["3", "999", "1.5", "x", "-1", "²", "9" * 5000])
def test_load__newer_format__asks_for_an_upgrade(content: bytes, tmp_path: Path, version: str) -> None:
    header, body = parts(content)
    header["__metadata__"]["netable"] = version

    assert refusal(tmp_path / "m", signed(header, body)) == (
        f"has format {version[:20]!r}; this netable reads 2. Upgrade netable to load it."
    )


def test_load__older_format__asks_for_another_training(content: bytes, tmp_path: Path) -> None:
    header, body = parts(content)
    header["__metadata__"]["netable"] = "1"

    assert refusal(tmp_path / "m", signed(header, body)) == (
        "has format '1'; this netable reads 2. Train the model again."
    )


# Hostile, with a right checksum


@pytest.mark.bad_input(87)
def test_load__huge_header__is_refused_before_it_is_read(content: bytes, tmp_path: Path) -> None:
    for length in (MAX_HEADER_BYTES + 1, 2**40, 2**63, 2**64 - 1):
        huge = struct.pack("<Q", length) + content[8:]
        assert refusal(tmp_path / "m", huge) == (
            f"claims a header of {length} bytes; a model's has at most {MAX_HEADER_BYTES}."
        )


def offsets(header: dict[str, Any], name: str, begin: Any, end: Any) -> None:
    header[name]["data_offsets"] = [begin, end]


HOSTILE_HEADERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "negative offset": lambda h: offsets(h, "about", -8, 4),
    "offsets beyond the end": lambda h: offsets(h, "about", 0, 2**62),
    "offset of a thousand digits": lambda h: offsets(h, "about", 0, 10**1000),
    "infinite offset": lambda h: offsets(h, "about", 0, float("inf")),
    "offset that is no number": lambda h: offsets(h, "about", 0, "x"),
    "overlapping": lambda h: offsets(h, "about", *h["net.stack.0.inputs.center"]["data_offsets"]),
    "reversed": lambda h: offsets(h, "about", *h["about"]["data_offsets"][::-1]),
    "no offsets": lambda h: h["about"].pop("data_offsets"),
    "unknown type": lambda h: h["about"].update(dtype="OBJECT"),
    "another type": lambda h: h["about"].update(dtype="I64"),
    "negative shape": lambda h: h["about"].update(shape=[-1]),
    "huge shape": lambda h: h["about"].update(shape=[2**40, 2**40]),
    "entry that is a list": lambda h: h.update(about=[1, 2]),
    "entry that is a number": lambda h: h.update(about=1),
    "metadata that is text": lambda h: h.update(__metadata__="netable"),
    "metadata that is a list": lambda h: h.update(__metadata__=["netable"]),
    "version that is a list": lambda h: h.update(__metadata__={"netable": [1]}),
    "renamed": lambda h: h.update(abouT=h.pop("about")),
}


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("name", HOSTILE_HEADERS)
def test_load__hostile_header__is_one_line(content: bytes, tmp_path: Path, name: str) -> None:
    header, body = parts(content)
    HOSTILE_HEADERS[name](header)
    refusal(tmp_path / "m", signed(header, body))


@pytest.mark.bad_input(87)
@pytest.mark.parametrize(
    "text",
    [
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"{" + b" " * 100,
        b'{"\xff\xfe": 1}',
        b'{"a": NaN, "__metadata__": {"netable": "1"}}',
        b'{"__metadata__": {"netable": "1"}}',
        b'{"__metadata__": {"netable": "1"}, "a": {"data_offsets": [0, 1e999]}}',
        b"{}",
    ],
)
def test_load__header_that_is_no_header__is_one_line(content: bytes, tmp_path: Path, text: bytes) -> None:
    refusal(tmp_path / "m", signed(text, parts(content)[1]))


def put(about: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        about = about[name]
    about[last] = value


HUGE = 10**12
HOSTILE_ABOUT: dict[str, tuple[str, Any]] = {
    "huge layer": ("config.hidden_layer_sizes", [HUGE]),
    "huge second layer": ("config.hidden_layer_sizes", [4, HUGE]),
    "huge layer of another model": ("config.model", "auto"),
    "many layers": ("config.hidden_layer_sizes", [4] * 100_000),
    "no layers": ("config.hidden_layer_sizes", []),
    "unknown setting": ("config.callback", "os.system"),
    "unknown activation": ("config.activation", "os.system"),
    "unknown model": ("config.model", "os.system"),
    "config that is a list": ("config", []),
    "many outputs": ("target.names", [f"y{i}" for i in range(100_000)]),
    "another task": ("target.task", "binary"),
    "unknown task": ("target.task", "os.system"),
    "target that is missing": ("target", None),
    "unknown part of the target": ("target.evil", 1),
    "many numbers": ("encoder.ranges", [[0.0, 1.0]] * 100_000),
    "many levels": ("encoder.levels.도시", [str(i) for i in range(100_000)]),
    "levels that are a number": ("encoder.levels", 5),
    "columns that are text": ("encoder.schema.columns", "abc"),
    "unknown part of a column": ("encoder.schema.columns", [{"evil": 1}]),
    "history that is text": ("history", "abc"),
    "history of empty epochs": ("history.epochs", [[]]),
    "unknown loss": ("config.loss", "os.system"),
    "temperature that is text": ("temperature", "hot"),
    "temperature below zero": ("temperature", -1.0),
    "no temperature": ("temperature", None),
    "intervals that are text": ("intervals", "wide"),
    "intervals in units that do not exist": ("intervals.units", ["miles"]),
    "intervals of many targets": ("intervals.units", ["own"] * 100_000),
}


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("name", HOSTILE_ABOUT)
def test_load__hostile_description__is_one_line_and_takes_no_memory(
    content: bytes, tmp_path: Path, name: str
) -> None:
    path, value = HOSTILE_ABOUT[name]

    def change(about: dict[str, Any]) -> None:
        put(about, path, value)
        if name == "huge layer of another model":
            about["config"]["hidden_layer_sizes"] = [HUGE]

    refused = refusal(tmp_path / "m", with_about(content, change))
    assert refused.startswith("does not hold a complete model: ")


HOSTILE_TENSORS: dict[str, Callable[[dict[str, torch.Tensor]], object]] = {
    "no tensors of the network": lambda t: [t.pop(n) for n in list(t) if n.startswith("net.")],
    "no description": lambda t: t.pop("about"),
    "description of another type": lambda t: t.update(about=torch.zeros(5)),
    "no sketch": lambda t: t.pop("sketch"),
    "no judges": lambda t: t.pop("judges"),
    "no scale": lambda t: t.pop("scale.center"),
    "scale of many members": lambda t: t.update({"scale.center": torch.zeros(100_000, 1, 1)}),
    "huge empty statistics": lambda t: t.update({"net.stack.0.inputs.center": torch.zeros(HUGE, 0)}),
    "huge empty head": lambda t: t.update({"net.stack.0.body.head.weight": torch.zeros(HUGE, 4, 0)}),
    "no members": lambda t: t.update({n: v[:0] for n, v in t.items() if n.startswith("net.")}),
    "other layer": lambda t: t.update({"net.stack.0.body.blocks.0.0.weight": torch.zeros(2, 10**6, 4)}),
    "smearing of many members": lambda t: t.update({"scale.smearing": torch.ones(100_000, 1, 1)}),
    "shift of another shape": lambda t: t.update({"scale.shift": torch.ones(2)}),
    "no intervals": lambda t: t.pop("intervals.0.low"),
    "intervals in many bins": lambda t: t.update({"intervals.0.centers": torch.zeros(10**6)}),
    "intervals of other levels": lambda t: t.update({"intervals.0.high": torch.zeros(1, 10**6)}),
    "intervals without bins": lambda t: t.update({"intervals.0.centers": torch.zeros(0)}),
    "levels out of place": lambda t: t["net.stack.0.inputs.position"].fill_(10**9),
    "levels before the first": lambda t: t["net.stack.0.inputs.position"].fill_(-1),
    "one tensor more": lambda t: t.update({"net.more": torch.zeros(1)}),
    "text for numbers": lambda t: t.update(
        {"net.stack.0.inputs.scale": torch.zeros(2, 3, dtype=torch.uint8)}
    ),
}


HOSTILE_MEANS: dict[str, Callable[[dict[str, torch.Tensor]], object]] = {
    "no means": lambda t: t.pop("net.stack.0.encoding.means"),
    "means of many groups": lambda t: t.update({"net.stack.0.encoding.means": torch.zeros(2, 10**6, 1)}),
    "means of no number": lambda t: t["net.stack.0.encoding.means"].fill_(torch.nan),
    "groups out of order": lambda t: t["net.stack.0.encoding.keys"].fill_(3),
    "groups before the first": lambda t: t["net.stack.0.encoding.keys"].sub_(10**9),
    "groups of another shape": lambda t: t.update({"net.stack.0.encoding.keys": torch.zeros(2, 2).long()}),
    "columns that do not exist": lambda t: t["net.stack.0.encoding.groups.columns"].fill_(10**9),
    "columns before the first": lambda t: t["net.stack.0.encoding.groups.columns"].fill_(-1),
    "numbers that do not exist": lambda t: t["net.stack.0.encoding.numbers.columns"].fill_(10**9),
    "levels of numbers in no order": lambda t: t["net.stack.0.encoding.numbers.cuts"].neg_(),
    "levels of too many numbers": lambda t: t.update(
        {"net.stack.0.encoding.numbers.cuts": torch.zeros(99, 1)}
    ),
    "columns of another shape": lambda t: t.update(
        {"net.stack.0.encoding.groups.columns": torch.zeros(2, dtype=torch.int64)}
    ),
}


HOSTILE_TREES: dict[str, Callable[[dict[str, torch.Tensor]], object]] = {
    "leaves of no number": lambda t: t["net.stack.1.body.head.weight"].fill_(torch.nan),
    "infinite thresholds": lambda t: t["net.stack.1.body.splits.bias"].fill_(-torch.inf),
    "many leaves": lambda t: t.update({"net.stack.1.body.head.weight": torch.zeros(2, 10**6, 1)}),
    "many splits": lambda t: t.update({"net.stack.1.body.splits.weight": torch.zeros(2, 4, 10**6)}),
    "leaves in one row": lambda t: t.update({"net.stack.1.body.head.weight": torch.zeros(2)}),
}


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("name", ["", *HOSTILE_TREES])
def test_load__trees__are_the_same_or_refused(tmp_path: Path, name: str) -> None:
    model, path = grown_model(), tmp_path / "m.netable"
    save(model, path)
    if name:
        refused = refusal(tmp_path / "m", with_tensors(path.read_bytes(), HOSTILE_TREES[name]))
        assert refused.startswith("does not hold a complete model: ")
        return
    rows = grouped_table().drop_columns(["y", "is_much", "third"])
    np.testing.assert_array_equal(load(path).predict(rows), model.predict(rows))


@pytest.fixture(scope="session")
def content_with_means(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    table = make_table().append_column("place", pa.array([f"place {i % 12}" for i in range(120)]))
    settings = {"target": "price", "ignore_columns": ("rooms", "dear"), "categories": "means"}
    path = tmp_path_factory.mktemp("model") / "m.netable"
    save(fit(table, Settings(**QUICK | settings)), path)
    return path.read_bytes()


@pytest.mark.parametrize("name", HOSTILE_MEANS)
def test_load__hostile_means__are_one_line_and_take_no_memory(
    content_with_means: bytes, tmp_path: Path, name: str
) -> None:
    refused = refusal(tmp_path / "m", with_tensors(content_with_means, HOSTILE_MEANS[name]))

    assert refused.startswith(("does not hold a complete model: ", "is not a netable model: the tensor "))


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("name", HOSTILE_TENSORS)
def test_load__hostile_tensors__are_one_line_and_take_no_memory(
    content: bytes, tmp_path: Path, name: str
) -> None:
    refused = refusal(tmp_path / "m", with_tensors(content, HOSTILE_TENSORS[name]))

    assert refused.startswith(("does not hold a complete model: ", "is not a netable model: the tensor "))


# Writing


@pytest.mark.bad_input(79)
@pytest.mark.bad_input(80)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_save__disk_that_fails__leaves_the_old_file_and_nothing_beside_it(
    regression_model: Model, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "m.netable"
    path.write_bytes(b"the old model")
    monkeypatch.setattr(os, step, no_space)
    with pytest.raises(FileError, match=r"m\.netable cannot be written: No space left on device\.$"):
        save(regression_model, path)
    monkeypatch.undo()

    assert path.read_bytes() == b"the old model"
    assert os.listdir(tmp_path) == ["m.netable"]
    save(regression_model, path)
    assert path.read_bytes() == content


@pytest.mark.posix
def test_save__permissions__are_those_of_any_new_file(regression_model: Model, tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        save(regression_model, tmp_path / "m")
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o644


@pytest.mark.bad_input(82)
def test_save__over_a_file_that_is_read__the_reader_sees_the_old_one_whole(
    regression_model: Model, tmp_path: Path
) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"old" * 10_000)
    with path.open("rb") as reader:
        first = reader.read(10)
        save(regression_model, path)
        assert first + reader.read() == b"old" * 10_000


# Devices


@pytest.mark.bad_input(90)
def test_load__model_trained_with_another_device__is_on_the_cpu(
    regression_model: Model, tmp_path: Path
) -> None:
    elsewhere = replace(regression_model, recipe=replace(regression_model.recipe, device="cuda:1"))
    save(elsewhere, tmp_path / "m")
    loaded = load(tmp_path / "m")

    assert {p.device.type for p in loaded.net.parameters()} == {"cpu"}
    assert np.isfinite(loaded.predict(make_table().select(FEATURES))).all()


@pytest.mark.bad_input(90)
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_load__model_on_a_gpu__is_on_the_cpu(tmp_path: Path) -> None:
    table = make_table().select(["size", "도시", "price"])
    model = fit(table, Settings(target="price", device="cuda", **QUICK))
    save(model, tmp_path / "m")

    np.testing.assert_allclose(
        load(tmp_path / "m").outcome(table), model.outcome(table), rtol=1e-4, atol=1e-5
    )


def test_evaluate__loaded_model__still_knows_its_training_rows(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.warns(DataWarning, match=r"^About 100% of these rows"):
        load(tmp_path / "m").evaluate(make_table().drop_columns(["rooms", "dear", "third"]))

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netable.config.settings import DEFAULTS, Settings, config_from
from netable.config.yaml_file import read_config_file
from netable.errors import ConfigError, FileError, UserError


def test_config__defaults__are_a_configuration() -> None:
    assert Settings() == DEFAULTS
    assert config_from({}) == DEFAULTS
    with pytest.raises(FrozenInstanceError):
        DEFAULTS.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("model", "mpl", "model cannot be 'mpl'. Did you mean 'mlp'?"),
        (
            "model",
            "mine:make_net",
            "model cannot be 'mine:make_net': a network of your own is for NetClassifier and NetRegressor in Python, "
            "as a function. Here there are: auto, linear, mlp, resnet, trees.",
        ),
        ("task", "class", "task cannot be 'class'. Did you mean 'multiclass'?"),
        ("activation", "rellu", "activation cannot be 'rellu'. Did you mean 'relu'?"),
        ("loss", "hubber", "loss cannot be 'hubber'. Did you mean 'huber'?"),
        (
            "target_transform",
            "sqrt",
            "target_transform cannot be 'sqrt'. There are: 'auto', 'none', 'log'.",
        ),
        ("quantile", 0.0, "quantile must be above 0; got 0.0."),
        ("quantile", 1, "quantile must be below 1; got 1."),
        ("quantile", "high", "quantile must be a number of at least 0; got 'high'."),
        ("optimizer", "adamww", "optimizer cannot be 'adamww'. Did you mean 'adamw'?"),
        ("schedule", "cosin", "schedule cannot be 'cosin'. Did you mean 'cosine'?"),
        ("kinds", {"a": "nummer"}, "The kind of 'a' cannot be 'nummer'. Did you mean 'number'?"),
        ("kinds", ["a"], "kinds must map column names to kinds; got ['a']."),
        ("hidden_layer_sizes", (8, 0), "Each of hidden_layer_sizes must be an integer of at least 1; got 0."),
        (
            "hidden_layer_sizes",
            None,
            "Each of hidden_layer_sizes must be an integer of at least 1; got None.",
        ),
        ("batch_size", 0, "batch_size must be an integer of at least 1; got 0."),
        ("batch_size", "big", "batch_size must be an integer of at least 1; got 'big'."),
        ("max_epochs", 1.5, "max_epochs must be an integer of at least 1; got 1.5."),
        ("folds", 0, "folds must be an integer of at least 1; got 0."),
        ("patience", 0, "patience must be an integer of at least 1; got 0."),
        ("seed", 2**128, f"seed must be below 2**128; got {2**128}."),
        ("seed", 10**400, f"seed must be below 2**128; got {10**400}."),
        ("max_epochs", 10**20, f"max_epochs must be below 2**53; got {10**20}."),
        ("hidden_layer_sizes", [10**12], f"Each of hidden_layer_sizes must be below 1000001; got {10**12}."),
        ("weight_decay", float("inf"), "weight_decay must be finite; got inf."),
        ("time_limit", float("inf"), "time_limit must be finite; got inf."),
        ("clip_norm", 10**400, f"clip_norm must be finite; got {10**400}."),
        ("ignore_columns", ["a", 1], "Each of ignore_columns must be text; got 1."),
        ("na_values", ["a", None], "Each of na_values must be text; got None."),
        ("na_values", ["\udcff"], "Each of na_values must be text; got '\\udcff'."),
        ("weight_column", ["w"], "weight_column must be text; got ['w']."),
        ("time_column", 5, "time_column must be text; got 5."),
        ("kinds", {5: "number"}, "kinds must map column names to kinds; got 5 for a name."),
        ("class_weight", [1, 2], "class_weight must be 'balanced', a mapping or None; got [1, 2]."),
        ("stacks", [{}] * 101, "There can be 100 stacks at most; got 101."),
        ("seed", -1, "seed must be an integer of at least 0; got -1."),
        ("lr", -0.1, "lr must be a number of at least 0; got -0.1."),
        ("lr", float("nan"), "lr must be a number of at least 0; got nan."),
        ("lr", None, "lr must be a number of at least 0; got None."),
        ("weight_decay", "much", "weight_decay must be a number of at least 0; got 'much'."),
        ("clip_norm", -1, "clip_norm must be a number of at least 0; got -1."),
        (
            "clip_norm",
            0.0,
            "clip_norm must be above 0; got 0.0.",
        ),
        ("dropout", 1, "dropout must be below 1; got 1."),
        ("momentum", 1.5, "momentum must be below 1; got 1.5."),
        ("validation_fraction", 1.0, "validation_fraction must be below 1; got 1.0."),
        ("class_weight", "even", "class_weight must be 'balanced', a mapping or None; got 'even'."),
        ("target", 2020, "target must be the name of a column, or several; got 2020."),
        ("target", ("a", 1), "target must be the name of a column, or several; got ('a', 1)."),
        ("device", None, "device must be text; got None."),
        ("early_stopping", "no", "early_stopping must be true or false; got 'no'."),
        ("effort", "bst", "effort cannot be 'bst'. Did you mean 'best'?"),
        ("embedding", "bin", "embedding cannot be 'bin'. Did you mean 'bins'?"),
        ("precision", "flaot32", "precision cannot be 'flaot32'. Did you mean 'float32'?"),
        ("time_limit", 0, "time_limit must be above 0; got 0."),
        ("time_limit", "1h", "time_limit must be a number of at least 0; got '1h'."),
        ("stacks", "bins", "stacks must be a list of mappings, or 'auto'; got 'bins'."),
        ("stacks", {"seed": 1}, "stacks must be a list of mappings, or 'auto'; got {'seed': 1}."),
        ("stacks", [], "stacks must be a list of mappings, or 'auto'; got ()."),
        ("stacks", None, "stacks must be a list of mappings, or 'auto'; got None."),
        ("stacks", ["bins"], "Each of stacks must map settings to values; got 'bins'."),
        (
            "stacks",
            [{"embeding": "bins"}],
            "A setting of a stack cannot be 'embeding'. Did you mean 'embedding'?",
        ),
        (
            "stacks",
            [{}, {"folds": 3}],
            "A setting of a stack cannot be 'folds'. There are: 'model', 'embedding', 'categories', "
            "'hidden_layer_sizes', 'activation', 'dropout', 'optimizer', 'lr', 'weight_decay', "
            "'max_epochs', 'patience', 'seed'.",
        ),
        ("stacks", [{}, {"embedding": "bin"}], "embedding cannot be 'bin'. Did you mean 'bins'?"),
        ("stacks", [{"dropout": 1}], "dropout must be below 1; got 1."),
        ("stacks", [{"lr": "fast"}], "lr must be a number of at least 0; got 'fast'."),
        ("stacks", [{"seed": 0.5}], "seed must be an integer of at least 0; got 0.5."),
        (
            "stacks",
            [{"hidden_layer_sizes": [8, "wide"]}],
            "Each of hidden_layer_sizes must be an integer of at least 1; got 'wide'.",
        ),
    ],
)
def test_config__value_that_cannot_be__is_refused_with_the_value(
    setting: str, value: Any, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        config_from({setting: value})
    assert str(caught.value) == message


def test_config__logarithm_of_a_rate__is_refused() -> None:
    message = r"^loss='poisson' works on a log scale by itself; leave target_transform='log' out\.$"
    with pytest.raises(ConfigError, match=message):
        Settings(loss="poisson", target_transform="log")


def test_config__sequences__become_tuples() -> None:
    config = Settings(target=["a", "b"], hidden_layer_sizes=[8, 4], ignore_columns="id")  # type: ignore[arg-type]

    assert config.target == ("a", "b")
    assert config.hidden_layer_sizes == (8, 4)
    assert config.ignore_columns == ("id",)
    assert Settings(stacks=[{"seed": 1}]).stacks == ({"seed": 1},)  # type: ignore[arg-type]
    assert replace(config, hidden_layer_sizes=16).hidden_layer_sizes == (16,)  # type: ignore[arg-type]


def test_config_from__unknown_key__names_the_nearest() -> None:
    message = r"^the configuration has no setting 'optimiser'\. Did you mean 'optimizer'\?$"
    with pytest.raises(ConfigError, match=message):
        config_from({"optimiser": "sgd"})


def test_to_dict__numpy_values_and_labels__are_plain_for_json_and_yaml() -> None:
    config = Settings(
        target="y",
        seed=np.int64(3),
        lr=np.float64(0.1),
        hidden_layer_sizes=(np.int32(4),),
        class_weight={np.int64(0): np.float32(2.0), True: 1.0, 2.0: 3, "a": 4},
    )
    plain = config.to_dict()

    assert json.loads(json.dumps(plain)) == plain
    assert yaml.safe_load(yaml.safe_dump(plain)) == plain
    assert plain["class_weight"] == {"0": 2.0, "True": 1.0, "2": 3, "a": 4}
    assert config_from(plain) == replace(config, class_weight=plain["class_weight"])


@given(
    st.builds(
        Settings,
        target=st.none() | st.text() | st.lists(st.text(), min_size=1, max_size=3).map(tuple),
        kinds=st.dictionaries(st.text(), st.sampled_from(["number", "category", "date"]), max_size=3),
        hidden_layer_sizes=st.lists(st.integers(1, 9), max_size=3).map(tuple),
        lr=st.just("auto") | st.floats(0, 10, exclude_min=True),
        folds=st.just("auto") | st.integers(1, 20),
        clip_norm=st.none() | st.floats(0, 10, exclude_min=True),
        class_weight=st.none()
        | st.just("balanced")
        | st.dictionaries(st.text(), st.floats(0, 10), max_size=2),
        seed=st.integers(0, 2**63),
    )
)
def test_to_dict__any_configuration__comes_back_through_json(config: Settings) -> None:
    assert config_from(json.loads(json.dumps(config.to_dict()))) == config


def test_read_config_file__yaml__gives_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "target: 집값\nlr: 1e-3\nweight_decay: 1.0e-2\nhidden_layer_sizes: [8, 4]\nseed: 10\n", "utf-8"
    )

    assert read_config_file(path) == {
        "target": "집값",
        "lr": 0.001,
        "weight_decay": 0.01,
        "hidden_layer_sizes": [8, 4],
        "seed": 10,
    }


def test_read_config_file__empty__is_all_defaults(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("# nothing\n")

    assert read_config_file(tmp_path / "c.yaml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "must map settings to values; it holds a list."),
        ("a: [1\n", "c.yaml is not YAML: line 2, column 1: expected ',' or ']', but got '<stream end>'."),
        ("a: b: c\n", "c.yaml is not YAML: line 1, column 5: mapping values are not allowed here."),
        ("optimiser: sgd\n", "c.yaml has no setting 'optimiser'. Did you mean 'optimizer'?"),
        ("5: sgd\n", "has no setting '5'. There are: 'target'"),
        (
            "x: !!python/object/apply:os.system ['echo hi']\n",
            "is not YAML: line 1, column 4: tags (with !) are not read here.",
        ),
        ("lr: fast\n", "c.yaml: lr must be a number of at least 0; got 'fast'."),
        ("lr: &a 1\nmomentum: *a\n", "line 1, column 5: anchors and aliases (& and *) are not read here."),
        ("x: &a [*a]\n", "line 1, column 4: anchors and aliases (& and *) are not read here."),
        ("lr: !!float '1'\n", "line 1, column 5: tags (with !) are not read here."),
        ("lr: 1\nseed: 2\nlr: 3\n", "line 1, column 1: the key 'lr' is there twice."),
        ("kinds: {a: flag, b: date, a: date}\n", "line 1, column 8: the key 'a' is there twice."),
        ("<<: {lr: 1}\n", "c.yaml has no setting '<<'."),
        ("=: 1\n", "c.yaml has no setting '='."),
        ("{[1]: 2}\n", "line 1, column 2: found unhashable key."),
        ("stacks: " + "[" * 11 + "]" * 11, "line 1, column 18: it is nested more than 10 deep."),
        ("lr: " + "[" * 100_000, "it is nested more than 10 deep."),
        ("seed: " + "9" * 5000, "line 1, column 7: a number of 5000 characters."),
        ("seed: 0x" + "f" * 5000, "line 1, column 7: a number of 5002 characters."),
        ("lr: 1:1:1" + ":1" * 5000, "a number of 10005 characters."),
        ("lr: 2020-13-45\n", "lr must be a number of at least 0; got '2020-13-45'."),
        ("lr: .nan\n", "lr must be a number of at least 0; got nan."),
        ("lr: .inf\n", "lr must be finite; got inf."),
        ("target: 'a\\ud800'\nseed: \"\\ud800\"\n", "seed must be an integer of at least 0"),
        ("- a\n--- \n- b\n", "line 2, column 1: but found another document."),
        ("stacks: [" + "{}," * 101 + "]", "c.yaml: There can be 100 stacks at most; got 101."),
        ("x" * 900 + ": 1\n", "has no setting 'xxx"),
        ("lr: " + "x" * 5000, "lr must be a number of at least 0; got 'xxx"),
    ],
)
def test_read_config_file__what_is_no_configuration__is_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config_file(tmp_path / "c.yaml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_read_config_file__dates__are_texts_such_as_names_of_columns(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("target: 2020-01-01\nkinds: {2021-01-01: number}\n")

    assert read_config_file(tmp_path / "c.yaml") == {
        "target": "2020-01-01",
        "kinds": {"2021-01-01": "number"},
    }


def test_read_config_file__what_a_run_writes__is_read(tmp_path: Path) -> None:
    sizes = [8, 4]  # the same list twice, for which a writer of YAML may use an alias
    config = Settings(target="y", stacks=({"hidden_layer_sizes": sizes}, {"hidden_layer_sizes": sizes}))
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config.to_dict(), sort_keys=False))

    assert config_from(read_config_file(tmp_path / "c.yaml")).to_dict() == config.to_dict()


@pytest.mark.bad_input(20)
def test_read_config_file__too_long_or_endless__is_refused_early(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("a" * 300_000)
    for path in (tmp_path / "c.yaml", Path("/dev/zero")):
        if path.exists():
            with pytest.raises(FileError, match=r"cannot be read: it has more than 250000 bytes\.$"):
                read_config_file(path)


@pytest.mark.bad_input(20)
def test_read_config_file__unreadable__is_a_file_error(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"target: caf\xe9\n")
    for path in (tmp_path / "no.yaml", tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(FileError, match=r"^The configuration .* cannot be read: "):
            read_config_file(path)


def test_config__every_setting__is_described() -> None:
    described = Settings.__doc__ or ""
    for f in fields(Settings):
        assert f.name in described, f"{f.name} is not in the docstring"


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in fields(Settings)]),
        st.none() | st.text() | st.integers() | st.lists(st.integers()),
    )
)
def test_config_from__anything__is_a_configuration_or_a_user_error(settings: dict[str, Any]) -> None:
    with suppress(UserError):
        config_from(settings)


@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_config__infinite_rate__is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} must be finite; got inf\.$"):
        Settings(**{name: float("inf")})

"""Forked and spawned processes, threads, and the end of Python, beside fits and predictions."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from netable import NetClassifier, NetRegressor, load
from netable.compute import threads as parallel
from netable.model.model import Model
from processes import run
from small import QUICK, make_table

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")


def same_weights(first: Model, second: Model) -> bool:
    pairs = zip(first.net.state_dict().values(), second.net.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def at_once(*calls: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(call) for call in calls]]


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(parallel, "usable_cores", lambda: 2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_threads__that_fit_and_predict_at_once__have_the_same_bits_as_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, 4))
    targets = {NetRegressor: X.sum(1), NetClassifier: np.where(X[:, 0] > 0, "yes", "no")}
    stacks = ({}, {"embedding": "periodic"})

    def fitted(kind: type, seed: int) -> Model:
        return kind(**QUICK | {"random_state": seed, "stacks": stacks}).fit(X, targets[kind]).model_

    shared = NetRegressor(**QUICK).fit(X, targets[NetRegressor])
    expected = shared.predict(X)
    shared.save(tmp_path / "shared.netable")

    def predicts() -> bool:
        return all(
            np.array_equal(shared.predict(X), expected) and np.allclose(shared.predict(X[:1]), expected[:1])
            for _ in range(5)
        )

    def saves_and_loads() -> bool:
        path = tmp_path / f"{threading.get_ident()}.netable"
        shared.save(path, overwrite=True)
        return np.array_equal(load(path).predict(X), expected) and np.array_equal(
            load(tmp_path / "shared.netable").predict(X), expected
        )

    alone = [fitted(kind, seed) for kind in targets for seed in (0, 1)]
    fits = [lambda kind=kind, seed=seed: fitted(kind, seed) for kind in targets for seed in (0, 1)]
    found = at_once(*fits, predicts, predicts, saves_and_loads, saves_and_loads)

    assert all(same_weights(a, b) for a, b in zip(alone, found, strict=False))  # type: ignore[arg-type]
    assert [a.results["valid"] for a in alone] == [b.results["valid"] for b in found[:4]]  # type: ignore[attr-defined]
    assert found[4:] == [True] * 4
    assert torch.get_num_threads() == 2
    assert at_once(torch.get_num_threads) == [2]


def test_fit__afterwards__no_thread_is_left_and_the_number_of_threads_is_recorded() -> None:
    before = threading.active_count()
    model = NetRegressor(**QUICK | {"stacks": ({}, {"embedding": "bins"})}).fit(
        *(lambda t: (t.select(["size", "age"]), t["price"].to_numpy()))(make_table())
    )

    assert threading.active_count() == before
    assert model.results_["threads"] == parallel.free_cores()


@forks
@pytest.mark.bad_input(99)
def test_fork__99_after_threads__fits_and_predicts_in_one_thread() -> None:
    answer = run(
        """
        one, two = NetRegressor(**ONE).fit(X, y), net().fit(X, y)
        torch.mm(torch.rand(900, 900), torch.rand(900, 900))  # threads of torch, which a fork leaves behind
        expected = one.predict(X), two.predict(X)
        print(torch.get_num_threads(), flush=True)

        def child():
            print(torch.get_num_threads(), flush=True)
            same = [np.allclose(n.predict(X), e, rtol=1e-6) for n, e in zip((one, two), expected)]
            same += [np.allclose(n.predict(X[:1]), e[:1]) for n, e in zip((one, two), expected)]
            fitted = net().fit(X, y), NetRegressor(**ONE).fit(X, y)
            same.append(np.array_equal(fitted[0].predict(X), two.predict(X)))
            print(same, fitted[1].results_["threads"], flush=True)

        pid = os.fork()
        if not pid:
            child()
            os._exit(0)
        print(os.waitpid(pid, 0)[1])
        """
    )

    assert answer.splitlines() == ["2", "1", "[True, True, True, True, True] 1", "0"]


@pytest.mark.slow
@forks
def test_fork__while_other_threads_fit__never_waits_for_their_locks() -> None:
    answer = run(
        """
        shared = NetClassifier(**QUICK).fit(X, y > 0)
        done = threading.Event()

        def keep_fitting():
            while not done.is_set():
                shared.predict(X)
                NetClassifier(**QUICK).fit(X[:200], y[:200] > 0)

        threads = [threading.Thread(target=keep_fitting) for _ in range(2)]
        for thread in threads:
            thread.start()
        ends = []
        for _ in range(20):
            time.sleep(0.1)
            pid = os.fork()
            if not pid:
                shared.predict(X)
                NetClassifier(**QUICK | {"max_epochs": 1}).fit(X[:200], y[:200] > 0)
                os._exit(0)
            ends.append(os.waitpid(pid, 0)[1])
        done.set()
        for thread in threads:
            thread.join()
        print(ends)
        """
    )

    assert answer == f"{[0] * 20}\n"


@pytest.mark.slow
@forks
def test_fork__servers_that_load_first__predict_in_every_child(tmp_path: Path) -> None:
    answer = run(
        """
        net().fit(X, y).save("model.netable")
        np.savetxt("rows.csv", X, delimiter=",", header=",".join(f"x{i}" for i in range(12)), comments="")
        model = load("model.netable")
        expected = model.predict(X)
        children = []
        for _ in range(4):
            pid = os.fork()
            if not pid:
                same = np.allclose(model.predict(X), expected) and np.allclose(model.predict("rows.csv"), expected)
                os._exit(0 if same and len(model.predict(X[:2])) == 2 else 1)
            children.append(pid)
        print([os.waitpid(pid, 0)[1] for pid in children])
        """,
        folder=tmp_path,
    )

    assert answer == "[0, 0, 0, 0]\n"


def test_end_of_python__daemon_threads_that_fit__do_not_keep_it() -> None:
    answer = run(
        """
        from netable.fit.fit import fit as fit_table
        from netable.config.settings import Settings
        from netable.table.reading.read import from_array
        from watching import Calls

        table = from_array(X).append_column("y", [y])

        def fit(settings, begun):
            config = Settings(target="y", **settings | {"max_epochs": 100_000, "early_stopping": False})
            fit_table(table, config, watchers=[Calls(on_epoch=lambda epoch: begun.set())])

        for settings in (QUICK, ONE):
            begun = threading.Event()
            threading.Thread(target=fit, args=(settings, begun), daemon=True).start()
            begun.wait()
        print("ends", flush=True)
        """
    )

    assert answer == "ends\n"


@pytest.mark.slow
def test_end_of_python__predictions_at_exit__are_made() -> None:
    answer = run(
        """
        import atexit
        model = net().fit(X, y)
        expected = model.predict(X)
        atexit.register(lambda: print(np.array_equal(model.predict(X), expected)))
        """
    )

    assert answer == "True\n"


def test_event_loop__fits_in_its_threads__go_on_beside_it() -> None:
    table = make_table()
    X, y = table.select(["size", "age"]), table["price"].to_numpy()

    async def fit_three() -> tuple[int, list[NetRegressor]]:
        fits = [asyncio.to_thread(NetRegressor(**QUICK, random_state=seed).fit, X, y) for seed in (0, 0, 1)]
        together, ticks = asyncio.gather(*fits), 0
        while not together.done():
            await asyncio.sleep(0.005)
            ticks += 1
        return ticks, await together

    ticks, (first, same, other) = asyncio.run(fit_three())

    assert ticks
    assert same_weights(first.model_, same.model_)
    assert not same_weights(first.model_, other.model_)


WORKERS = """
import multiprocessing as mp
import numpy as np
import torch
from netable import NetRegressor
from watching import Calls

def work(arguments):
    model, X, y = arguments
    again = NetRegressor(**{k: v for k, v in model.get_params().items()}).fit(X, y)
    return model.predict(X), again.predict(X), torch.get_num_threads()
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver", "loky"])
def test_workers__however_begun__fit_and_predict_as_their_parent(method: str, tmp_path: Path) -> None:
    (tmp_path / "workers.py").write_text(WORKERS)
    answer = run(
        f"""
        method = {method!r}
        sys.path.insert(0, ".")
        import workers
        """
        """
        if __name__ == "__main__":
            model = net(max_epochs=1).fit(X, y)
            jobs = [(model, X, y)] * 2
            if method == "loky":
                import joblib
                found = joblib.Parallel(n_jobs=2)(joblib.delayed(workers.work)(job) for job in jobs)
            else:
                import multiprocessing
                with multiprocessing.get_context(method).Pool(2) as pool:
                    found = pool.map_async(workers.work, jobs).get(timeout=100)
            expected = model.predict(X)
            print([np.allclose(p, expected) and np.allclose(a, expected) for p, a, _ in found])
            print(max(threads for *_, threads in found) <= (1 if method in ("fork", "loky") else 2))
        """,
        folder=tmp_path,
    )

    assert answer == "[True, True]\nTrue\n"


@pytest.mark.slow
@forks
def test_data_loader__forked_workers_that_predict__do_not_hang() -> None:
    answer = run(
        """
        model = net().fit(X, y)
        expected = model.predict(X)

        class Rows(torch.utils.data.Dataset):
            def __len__(self):
                return 6
            def __getitem__(self, i):
                return model.predict(X[150 * i : 150 * (i + 1)])

        loader = torch.utils.data.DataLoader(Rows(), batch_size=None, num_workers=2)
        print(np.allclose(np.concatenate(list(loader)), expected[:900]))
        """
    )

    assert answer == "True\n"

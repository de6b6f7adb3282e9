from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netable.compute.memory import RowsAtOnce, in_chunks
from netable.config.settings import Settings
from netable.errors import MemoryShortage, TrainingWarning
from netable.fit.fit import fit
from netable.nn import MLP, TableNet, seed_noise
from netable.train import Batches, Objective, train, train_epoch
from netable.train.step import train_step
from netable.train.stopping import outputs_for
from small import QUICK, make_table

CPU = torch.device("cpu")
SHORTAGES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB). Tried to allocate 256.00 MB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError(
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000 bytes."
    ),
    MemoryError("Unable to allocate 7.45 GiB for an array"),
]
each_shortage = pytest.mark.parametrize("error", SHORTAGES, ids=lambda error: str(error)[:12])


class Narrow(nn.Module):
    """A network in a memory that holds some rows at once, and that counts how often it was too short."""

    def __init__(self, net: nn.Module, rows: int, error: Exception = SHORTAGES[0]) -> None:
        super().__init__()
        self.net, self.rows, self.error, self.failed = net, rows, error, 0

    def forward(self, *inputs: Tensor) -> Tensor:
        if inputs[0].shape[-2] > self.rows:
            self.failed += 1
            raise self.error
        return self.net(*inputs)


class _FewBackward(torch.autograd.Function):
    @staticmethod
    def forward(context: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(context: torch.autograd.function.FunctionCtx, slope: Tensor) -> Tensor:
        if len(slope) > 16:
            raise SHORTAGES[0]
        return slope


class NarrowBackward(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return _FewBackward.apply(super().forward(x))


def rows_of(n: int = 60, members: tuple[int, ...] = ()) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(*members, n, 4, generator=generator, dtype=torch.float64)
    return x, x.sum(-1, keepdim=True) + 1


def linear(seed: int = 0, kind: type[nn.Linear] = nn.Linear) -> nn.Linear:
    torch.manual_seed(seed)
    return kind(4, 1).double()


def step_of(
    net: nn.Module, criterion: Callable[..., Tensor], batch: tuple[Tensor, ...], **options: object
) -> Tensor:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    return train_step(net, criterion, optimizer, batch, **options)  # type: ignore[arg-type]


def same_parameters(first: nn.Module, second: nn.Module) -> None:
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.bad_input(95)
@each_shortage
def test_train_step__95_memory_too_short_for_the_batch__takes_the_same_step_in_parts(
    error: Exception,
) -> None:
    whole, narrow = linear(), Narrow(linear(), 20, error)
    expected = step_of(whole, nn.MSELoss(), rows_of(), clip_norm=0.5)

    text = (
        r"^Memory is too short for batches of 60 rows: each is computed in 4 parts, whose gradients are added up\. "
        r"batch_size=15 would fit as a whole\.$"
    )
    with pytest.warns(TrainingWarning, match=text):
        found = step_of(narrow, nn.MSELoss(), rows_of(), clip_norm=0.5)

    torch.testing.assert_close(found, expected)
    same_parameters(narrow.net, whole)
    assert narrow.failed == 2  # 60 rows, and 30


def test_train_step__memory_too_short_on_the_way_back__takes_the_same_step_in_parts() -> None:
    whole, narrow = linear(), linear(kind=NarrowBackward)
    step_of(whole, nn.MSELoss(), rows_of())

    with pytest.warns(TrainingWarning, match=r"in 4 parts.* batch_size=15 would fit"):
        step_of(narrow, nn.MSELoss(), rows_of())

    same_parameters(narrow, whole)


@pytest.mark.parametrize("parts_of", [7, 30, 59])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_train_step__uneven_parts__count_by_their_rows(parts_of: int, reduction: str) -> None:
    whole, narrow, rows = linear(), linear(), RowsAtOnce()
    rows.most = parts_of
    expected = step_of(whole, nn.MSELoss(reduction=reduction), rows_of())
    found = step_of(narrow, nn.MSELoss(reduction=reduction), rows_of(), rows=rows)

    torch.testing.assert_close(found, expected)
    same_parameters(narrow, whole)


def test_train_step__stack_with_weights_and_dropout_in_parts__has_the_gradients_of_the_whole() -> None:
    x, y = (part.float() for part in rows_of(64, (3,)))
    weight = torch.rand(3, 64, generator=torch.Generator().manual_seed(2))
    objective = Objective("regression", mean_weight=weight.mean(-1))
    gradients, losses = [], []
    for most in (None, 16):
        net = MLP(
            4,
            1,
            hidden_layer_sizes=(8,),
            dropout=0.3,
            members=(3,),
            generator=torch.Generator().manual_seed(0),
        )
        seed_noise(net, 5)
        rows = RowsAtOnce(dim=1)
        rows.most = most
        losses.append(step_of(net, objective, (x, y, weight), rows=rows))
        gradients.append([parameter.grad for parameter in net.parameters()])

    assert losses[0].shape == (3,)
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(gradients[0], gradients[1])


def test_train_step__several_inputs__are_cut_together() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = linear()

        def forward(self, x: Tensor, z: Tensor) -> Tensor:
            return self.part(x) * z

    x, y = rows_of()
    z, rows = torch.rand(60, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64), RowsAtOnce()
    rows.most = 25
    nets = [Sum(), Sum()]
    step_of(nets[0], nn.MSELoss(), ((x, z), y))  # type: ignore[arg-type]
    step_of(nets[1], nn.MSELoss(), ((x, z), y), rows=rows)  # type: ignore[arg-type]

    same_parameters(nets[1], nets[0])


@each_shortage
def test_train_step__memory_too_short_for_a_row__is_one_line(error: Exception) -> None:
    with pytest.raises(MemoryShortage, match=r"^Out of memory: .* would be needed at once\. Try narrower"):
        step_of(Narrow(linear(), 0, error), nn.MSELoss(), rows_of())


def test_train_step__batch_that_cannot_be_cut__is_one_line() -> None:
    x, y = rows_of()

    with pytest.raises(MemoryShortage, match=r"^Out of memory: "):
        step_of(Narrow(linear(), 20), nn.MSELoss(), (x, y, torch.ones(3)))


def test_train_step__error_of_another_kind__is_passed_on() -> None:
    with pytest.raises(RuntimeError, match=r"^nothing to do with it$"):
        step_of(Narrow(linear(), 20, RuntimeError("nothing to do with it")), nn.MSELoss(), rows_of())


def test_train__memory_too_short_for_batches__is_found_out_once_and_read_as_ever() -> None:
    x, y = rows_of()
    histories, nets = [], []
    for rows in (1000, 20):
        net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 1)).double()
        nn.init.constant_(net[2].bias, 2.0)
        net.load_state_dict(nets[0].net.state_dict() if nets else net.state_dict())
        nets.append(Narrow(net, rows))
    for net in nets:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        generator = torch.Generator().manual_seed(0)
        batches = Batches(x, y, batch_size=30, generator=generator)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            histories.append(train(net, nn.MSELoss(), optimizer, batches, max_epochs=5))

    assert [str(w.message)[:51] for w in caught] == ["Memory is too short for batches of 30 rows: each is"]
    assert nets[1].failed == 1
    same_parameters(*nets)
    whole, parts = histories
    assert [e.train_loss for e in parts.epochs] == [pytest.approx(e.train_loss) for e in whole.epochs]
    assert [r[:2] for r in parts.readings] == [r[:2] for r in whole.readings]
    assert any(share for r in whole.readings for share in (*r.dead.values(), *r.saturated.values()))
    for ours, theirs in zip(parts.readings, whole.readings, strict=True):
        assert ours.dead == theirs.dead
        assert ours.saturated == pytest.approx(theirs.saturated)
    assert (parts.constant_loss, parts.first_ratio) == pytest.approx((whole.constant_loss, whole.first_ratio))


def test_train_epoch__memory_too_short__takes_parts() -> None:
    net = Narrow(linear(), 20)

    with pytest.warns(TrainingWarning, match="in 2 parts"):
        train_epoch(net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1), [rows_of(40)] * 3)

    assert net.failed == 1


@pytest.mark.parametrize("n_rows", [0, 1, 7, 64])
def test_in_chunks__memory_too_short__goes_on_with_half_from_there(n_rows: int) -> None:
    asked: list[int] = []

    def compute(some: slice) -> list[int]:
        asked.append(some.stop - some.start)
        if some.stop - some.start > 5:
            raise MemoryError
        return list(range(n_rows))[some]

    found = in_chunks(compute, n_rows, 20, CPU)

    assert [row for rows in found for row in rows] == list(range(n_rows))
    assert sum(rows > 5 for rows in asked) == {0: 0, 1: 0, 7: 1, 64: 2}[n_rows]


def test_outputs_for__memory_too_short__are_the_same() -> None:
    net = MLP(
        4, 2, members=(3,), hidden_layer_sizes=(5,), generator=torch.Generator().manual_seed(0)
    ).double()
    x = rows_of(50)[0]
    rows = torch.arange(50).expand(3, -1)

    torch.testing.assert_close(outputs_for(Narrow(net, 9), (x,), rows), outputs_for(net, (x,), rows))


def test_fit__memory_too_short_for_batches__trains_judges_and_predicts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = make_table(300).drop_columns(["rooms", "dear", "third"])
    config = Settings(target="price", **QUICK | {"batch_size": 64, "dropout": 0.0, "folds": 3})
    forward = TableNet.forward

    def narrow(net: TableNet, numbers: Tensor, codes: Tensor) -> Tensor:
        if numbers.shape[-2] > 40:
            raise SHORTAGES[0]
        return forward(net, numbers, codes)

    expected = fit(table, config)
    with monkeypatch.context() as patch:
        patch.setattr(TableNet, "forward", narrow)
        with pytest.warns(TrainingWarning, match="Memory is too short for batches"):
            model = fit(table, config)
        predicted = model.predict(table)

    # Other cells are hidden in training: drawn part by part.
    assert model.results["valid"]["rmse"] == pytest.approx(expected.results["valid"]["rmse"], rel=0.05)
    np.testing.assert_allclose(predicted, model.predict(table), rtol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_train__gpu_that_is_too_small__takes_parts() -> None:
    there = torch.cuda.mem_get_info()[0]
    width, rows = 4096, 2**15
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(min(1.0, 3e9 / torch.cuda.mem_get_info()[1]))
    try:
        net = nn.Sequential(nn.Linear(8, width), *[nn.Sigmoid()] * 8, nn.Linear(width, 1)).cuda()
        x = torch.rand(rows, 8, device="cuda")
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        with pytest.warns(TrainingWarning, match=f"Memory is too short for batches of {rows} rows"):
            history = train(net, nn.MSELoss(), optimizer, [(x, x.sum(1, keepdim=True))], max_epochs=2)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)

    assert there > 3e9
    assert len(history.epochs) == 2

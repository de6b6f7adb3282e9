from __future__ import annotations

import torch
from torch import Tensor

from gradients import check_gradients
from netable.nn import TableInput, learn_statistics
from netable.nn.bags import BAG_SIZE, Bags
from netable.nn.codes import FIRST_LEVEL, MISSING, UNSEEN


def bags() -> Bags:
    layer = Bags((3, 2), (6, 5), generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        layer.embedding.normal_(generator=torch.Generator().manual_seed(1))
    return layer


def test_bags__known_pieces__are_summed_over_the_root_of_their_number() -> None:
    layer, vectors = bags(), bags().embedding
    rows = torch.tensor([[2, 4, MISSING, 6 + 3, 6 + UNSEEN], [5, UNSEEN, MISSING, 6 + 2, 6 + 4]])

    text, other = layer(rows).split(BAG_SIZE, -1)

    torch.testing.assert_close(text, torch.stack([(vectors[2] + vectors[4]) / 2**0.5, vectors[5]]))
    torch.testing.assert_close(other, torch.stack([vectors[9], (vectors[8] + vectors[10]) / 2**0.5]))


def test_bags__no_known_piece__is_the_vector_of_missing_or_unseen() -> None:
    layer, vectors = bags(), bags().embedding
    rows = torch.tensor([[MISSING] * 3 + [6 + MISSING] * 2, [UNSEEN] * 3 + [6 + UNSEEN] * 2])

    expected = torch.stack([torch.cat([vectors[i], vectors[6 + i]]) for i in (MISSING, UNSEEN)])
    torch.testing.assert_close(layer(rows), expected)


def test_bags__gradients__are_those_of_finite_differences() -> None:
    rows = torch.tensor([[2, 4, MISSING, 9, 7], [5, UNSEEN, MISSING, 8, 10]])

    check_gradients(bags(), rows, second=False)


def test_bags__members_of_a_stack__are_as_alone() -> None:
    stack = Bags((3,), (6,), (2,), generator=torch.Generator().manual_seed(0))
    rows = torch.randint(0, 6, (2, 5, 3), generator=torch.Generator().manual_seed(1))
    alone = Bags((3,), (6,))

    for member in range(2):
        alone.load_state_dict({"embedding": stack.embedding[member]})
        torch.testing.assert_close(stack(rows)[member], alone(rows[member]))


def text_input(codes: Tensor, weights: Tensor) -> TableInput:
    numbers = torch.zeros(len(codes), 0)
    statistics = learn_statistics(numbers, codes, weights, (4, 6), (1, 3), robust=True)
    return TableInput(statistics, smooth_clip=True, generator=torch.Generator().manual_seed(0)).eval()


def test_input__piece_that_a_member_did_not_learn_from__is_left_out() -> None:
    codes = torch.tensor([[2, 2, 3, 0], [3, 4, 0, 0], [2, 5, 2, 0]])
    layer = text_input(codes, torch.tensor([[1.0, 1, 1], [1, 0, 1]]).double())
    numbers, row = torch.zeros(1, 0), torch.tensor([[2, 2, 4, 0]])

    known, unknown = layer(numbers, row)[..., -BAG_SIZE:]

    vectors = layer.bags.embedding  # type: ignore[union-attr]
    torch.testing.assert_close(known[0], (vectors[0, 2] + vectors[0, 4]) / 2**0.5)
    torch.testing.assert_close(unknown[0], vectors[1, FIRST_LEVEL])


def test_input__text_beside_a_category__has_features_of_its_own() -> None:
    layer = text_input(torch.tensor([[2, 2, 3, 0], [3, 4, 0, 0]]), torch.ones(1, 2).double())

    assert layer.d_out == 4 + BAG_SIZE
    assert layer(torch.zeros(1, 0), torch.tensor([[3, 0, 0, 0]])).tolist() == [
        [[0, 0, 0, 1] + BAG_SIZE * [0]]
    ]

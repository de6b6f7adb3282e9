from __future__ import annotations

import torch

from levels import CARDINALITIES, WIDTHS, classes_of, codes_of, learned, parts_and_weights, rows_of
from netable.nn.target_encoding import TargetEncoding


def encoding() -> tuple[TargetEncoding, torch.Tensor, torch.Tensor]:
    codes, y, (parts, weights) = codes_of(0), classes_of(1), parts_and_weights()
    return TargetEncoding(learned(codes, y, weights, parts), CARDINALITIES, WIDTHS), codes, parts


def test_forward__new_rows__are_their_numbers_and_means_of_all_rows() -> None:
    net, codes, _ = encoding()
    numbers = torch.randn(len(codes), 2)

    encoded, left = net(numbers, net.look_up(torch.zeros(len(codes), 2), codes))
    places = rows_of(learned(codes, classes_of(1), *parts_and_weights()[::-1]), codes)

    assert encoded.shape == (3, len(codes), 2 + net.d_out)
    assert torch.equal(encoded[1, :, :2], numbers)
    assert torch.equal(encoded[1, :, 2:], net.means[1, places, 0])
    assert torch.equal(left, codes[:, 2:])  # the text


def test_forward__training_rows__have_means_without_their_part() -> None:
    net, codes, parts = encoding()
    assert net.by_part is not None

    encoded, _ = net(torch.zeros(len(codes), 0), net.look_up(torch.zeros(len(codes), 2), codes, parts))
    places = net.look_up(torch.zeros(len(codes), 2), codes)[:, 3:].long()

    assert torch.equal(encoded[2], net.by_part[2, parts[:, None], places, 0])


def test_forward__rows_of_each_member__are_looked_up_in_its_own_means() -> None:
    net, codes, parts = encoding()
    rows = torch.stack([torch.arange(5), torch.arange(5, 10), torch.arange(10, 15)])
    looked_up = net.look_up(torch.zeros(len(codes), 2), codes, parts)

    encoded, left = net(torch.zeros(3, 5, 1), looked_up[rows])
    whole, _ = net(torch.zeros(len(codes), 1), looked_up)

    for member in range(3):
        assert torch.equal(encoded[member], whole[member, rows[member]])
    assert torch.equal(left, codes[rows][..., 2:])


def test_look_up__levels_never_seen__have_the_place_of_unknown_groups() -> None:
    codes = codes_of(0)
    unseen = torch.ones_like(codes[:1])
    codes = codes[(codes[:, :2] != 1).all(1)]
    means = learned(codes, classes_of(1)[: len(codes)], *parts_and_weights(len(codes))[::-1])

    places = TargetEncoding(means, CARDINALITIES, WIDTHS).look_up(torch.zeros(1, 0), unseen)[0, 3:]

    assert not places.any()


def test_forward__single_columns__have_the_same_means_without_pairs() -> None:
    codes, y, (parts, weights) = codes_of(0), classes_of(1), parts_and_weights()
    means = learned(codes, y, weights, parts)
    nets = [
        TargetEncoding(m, CARDINALITIES, WIDTHS)
        for m in (means, means.of_single_columns(CARDINALITIES, WIDTHS))
    ]
    numbers = torch.zeros(len(codes), 2)

    every, singles = (net(numbers, net.look_up(numbers, codes, parts))[0] for net in nets)

    assert nets[1].d_out < nets[0].d_out
    assert nets[1].groups.columns.tolist() == [
        pair for pair in nets[0].groups.columns.tolist() if pair[0] == pair[1]
    ]
    assert torch.equal(singles, every[..., : 2 + nets[1].d_out])

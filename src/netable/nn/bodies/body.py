"""The base class of all bodies."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from netable.nn.layers.linear import Linear


class Body(nn.Module):
    """A network between the input layer and the output, for one member or a stack of them.

    A subclass takes `(d_in, d_out, *, members, generator)` and the settings that its row in `netable.config.bodies`
    names. Its first `Linear` takes the features. Its last one is `head`, which starts at zero, so that the first output
    is the head's bias and the first steps follow the data.

    Shape
    -----
    x : (batch, d_in) or (\\*members, batch, d_in)
    returns : (\\*members, batch, d_out), logits or standardized targets; never probabilities
    """

    head: Linear

    @property
    def linears(self) -> list[Linear]:
        """The linear maps, from the features to the head."""
        return [module for module in self.modules() if isinstance(module, Linear)]

    @torch.no_grad()
    def forget(self, features: Tensor) -> None:
        """Let the first weights of some features, a (d_in,) mask, be zero."""
        self.linears[0].weight[..., features, :] = 0

    @torch.no_grad()
    def begin_at(self, output: Tensor) -> None:
        """Let the first output of each member be this constant: (\\*members, 1, d_out)."""
        self.head.bias.copy_(output)

    def layers(self) -> list[tuple[str, str]]:
        """What each layer is, and its shape, such as ("hidden", "30 → 128"); the last one is the output."""
        shapes = [linear.weight.shape for linear in self.linears]
        names = ["hidden"] * (len(shapes) - 1) + ["output"]
        return [(name, f"{shape[-2]} → {shape[-1]}") for name, shape in zip(names, shapes, strict=True)]

    def summary(self) -> str:
        """The class and the widths of the linear maps, such as MLP(30-128-1)."""
        widths = [linear.weight.shape[-2] for linear in self.linears] + [self.head.weight.shape[-1]]
        return f"{type(self).__name__}({'-'.join(map(str, widths))})"

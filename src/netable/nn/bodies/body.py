"""The base class of all bodies."""

from __future__ import annotations

from torch import nn

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

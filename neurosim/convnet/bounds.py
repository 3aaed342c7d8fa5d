"""Keeping a learned parameter between two bounds, neither of which holds it for good."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

__all__ = ["Within"]


class Within(nn.Module):
    """The nearer bound where a raw parameter is outside; a parametrisation of torch's.

    The gradient passes, except one that would move a raw value outside still further out: so an
    optimiser may overshoot a bound by a step, and comes back as soon as the gradient turns.

    Parameters
    ----------
    low, high : float
        Either may be infinite.

    Examples
    --------
    >>> Within(0.0, 1.0)(torch.tensor([-0.5, 0.3, 2.0]))
    tensor([0.0000, 0.3000, 1.0000])
    """

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        return _Held.apply(raw, self.low, self.high)

    def right_inverse(self, value: torch.Tensor) -> torch.Tensor:
        """What is assigned, moved into the bounds."""
        return value.clamp(self.low, self.high)


class _Held(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(raw: torch.Tensor, low: float, high: float) -> torch.Tensor:
        return raw.clamp(low, high)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: torch.Tensor) -> None:
        raw, low, high = inputs
        ctx.save_for_backward(raw)
        ctx.bounds = (low, high)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (raw,), (low, high) = ctx.saved_tensors, ctx.bounds
        outward = ((raw <= low) & (gradient > 0)) | ((raw >= high) & (gradient < 0))
        return torch.where(outward, 0.0, gradient), None, None

"""Gabor receptive fields and spiking cells as the first layers of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from neurosim.base.errors import Faults
from neurosim.base.units import in_unit
from neurosim.models.cells.lif import LIF
from neurosim.models.receptive_fields.bank import GaborBank
from neurosim.models.receptive_fields.convolution import Padding, check_padding

if TYPE_CHECKING:
    from neurosim.stimuli import VisualField

__all__ = ["GaborLayer", "SpikingLayer"]


class GaborLayer(nn.Module):
    """A fixed first layer of Gabor receptive fields: `GaborBank.convolve` on tensors.

    Parameters
    ----------
    bank : GaborBank
        A channel per cell; its positions do not matter.
    field : VisualField
        The kernels' pixels; the images have the same pixels per degree.
    stride : int
    padding : int, "valid" or "same"
        As for `GaborBank.convolve`.

    Examples
    --------
    >>> from neurosim import GaborBank, VisualField
    >>> bank = GaborBank.quadrature([0, 45, 90, 135], spatial_frequency=2)
    >>> layer = GaborLayer(bank, VisualField(size=3.5, ppd=12), stride=2, padding="same")
    >>> layer
    GaborLayer(16 cells, 42x42 pixels, stride=2, padding=same)
    >>> layer(torch.zeros(5, 1, 48, 48)).shape
    torch.Size([5, 16, 24, 24])
    """

    weight: torch.Tensor

    def __init__(
        self, bank: GaborBank, field: VisualField, stride: int = 1, padding: Padding = "valid"
    ) -> None:
        super().__init__()
        faults = Faults("GaborLayer")
        stride = faults.whole("stride", stride)
        check_padding(padding, faults)
        faults.kind("bank", bank, GaborBank, "a GaborBank")
        faults.stop()
        kernels = torch.tensor(bank.kernels(field).values, dtype=torch.float64)
        self.register_buffer("weight", kernels[:, None])
        self.stride = int(stride)
        self.padding: Padding = padding

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Drive (image, cell, row, column) of contrasts (image, 1, row, column)."""
        faults = Faults("GaborLayer")
        real = isinstance(image, torch.Tensor) and image.is_floating_point()
        got = getattr(image, "dtype", type(image).__name__)
        faults.require(real, "contrasts, tensors of floats", got)
        faults.stop()
        faults.require(
            image.ndim >= 3 and image.shape[-3] == 1,
            "images (image, 1, row, column)",
            tuple(image.shape),
        )
        faults.stop()
        rows, columns = self.weight.shape[-2:]
        if self.padding == "same":  # as convolve: of an even kernel one more at the end
            around = [(columns - 1) // 2, columns // 2, (rows - 1) // 2, rows // 2]
        else:
            around = [0 if self.padding == "valid" else int(self.padding)] * 4
        padded = nn.functional.pad(image, around)
        return nn.functional.conv2d(padded, self.weight.to(image.dtype), stride=self.stride)

    def extra_repr(self) -> str:
        cells, _, rows, columns = self.weight.shape
        size = f"{rows}x{columns} pixels"
        return f"{cells} cells, {size}, stride={self.stride}, padding={self.padding}"


class SpikingLayer(nn.Module):
    """Leaky integrate-and-fire cells in Brian2 as a layer: drive in, counted rate out.

    No gradient passes: it stands in front of what is learned. Its rate-coded twin, with the rates
    that the counts scatter about, is ``Activation`` or ``Curve`` of the same cell.

    Parameters
    ----------
    lif : LIF
        One cell, for all channels.
    gain, baseline : float
        mV per unit of drive, and at no drive, above rest.
    duration : float
        Counted time of each input, s.
    seed : int
        The same seed and input give the same spikes.
    hz_per_unit : float
        Rate, Hz, for an output of 1.

    Examples
    --------
    >>> from neurosim import LIF
    >>> layer = SpikingLayer(LIF(noise_sd=4), gain=15, duration=1.0, seed=1)
    >>> layer
    SpikingLayer(LIF, gain=15 mV, baseline=0 mV, 1 s, seed=1)
    """

    def __init__(
        self,
        lif: LIF,
        gain: float = 1.0,
        baseline: float = 0.0,
        duration: float = 0.5,
        seed: int = 0,
        hz_per_unit: float = 1.0,
    ) -> None:
        super().__init__()
        faults = Faults("SpikingLayer")
        if faults.kind("lif", lif, LIF, "a LIF"):
            faults.require(lif.cells is None, "a LIF that is one cell", f"{lif.cells} cells")
        self.shown: dict[str, Any] = {}
        for name, given in (("gain", gain), ("baseline", baseline)):
            potential = in_unit(given, "mV", "SpikingLayer", name)
            self.shown[name] = faults.number(name, potential, "finite, mV", np.isfinite)
        seconds = in_unit(duration, "s", "SpikingLayer", "duration")
        self.shown["duration"] = faults.number("duration", seconds, "> 0 s", _positive)
        self.shown["seed"] = faults.whole("seed", seed, 0)
        hz_per_unit = faults.number("hz_per_unit", hz_per_unit, "> 0", _positive)
        faults.stop()
        self.lif, self.hz_per_unit = lif, hz_per_unit

    @torch.no_grad()
    def forward(self, drive: torch.Tensor) -> torch.Tensor:
        """Rates, of the shape of the drive."""
        from neurosim.simulation.simulate import simulate

        faults = Faults("SpikingLayer")
        real = isinstance(drive, torch.Tensor) and drive.is_floating_point()
        faults.require(real, "drive as a tensor of floats", type(drive).__name__)
        faults.stop()
        flat = drive.detach().cpu().double().reshape(-1, 1).numpy()
        stimuli = xr.DataArray(flat, dims=("stimulus", "cell"), attrs={"units": "1"})
        responses = simulate(self.lif, stimuli, trials=1, **self.shown)
        rate = responses["count"].values.astype(float) / np.asarray(responses["duration"])
        out = torch.as_tensor(rate.reshape(drive.shape) / self.hz_per_unit)
        return out.to(drive.dtype).to(drive.device)

    def extra_repr(self) -> str:
        s = self.shown
        units = f"gain={s['gain']:g} mV, baseline={s['baseline']:g} mV, {s['duration']:g} s"
        return f"LIF, {units}, seed={s['seed']}"


def _positive(number: float) -> bool:
    return 0 < number < float("inf")

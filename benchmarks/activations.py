"""What a rectifier costs as a layer: forward and backward, over torch's own ReLU in the same run.

    python benchmarks/activations.py [elements]

float32, on one thread; precise is the default, fast is precise=False, tabulated a `Curve`.
"""

import sys
import time

import torch

from neurosim import RECTIFIERS
from neurosim.convnet import Activation


def seconds(layer: torch.nn.Module, x: torch.Tensor, *given: torch.Tensor) -> float:
    """The best of five runs."""
    best = float("inf")
    for _ in range(5):
        x.grad = None
        begin = time.perf_counter()
        layer(x, *given).sum().backward()
        best = min(best, time.perf_counter() - begin)
    return best


def main() -> None:
    elements = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    torch.set_num_threads(1)
    x = torch.randn(elements // 64, 64, requires_grad=True)
    own = seconds(torch.nn.ReLU(), x)
    print(f"torch.nn.ReLU: {1e9 * own / elements:.1f} ns per element, forward and backward")
    for rectifier in RECTIFIERS.values():
        given = [torch.rand_like(x) for _ in rectifier.regressors]
        times = [seconds(Activation(rectifier, precise=p), x, *given) for p in (True, False)]
        line = f"{rectifier.name:26s} {times[0] / own:6.1f} precise {times[1] / own:6.1f} fast"
        if len(rectifier.gains) == 1 and not given:
            table = Activation(rectifier).tabulated(-4, 4)
            line += f" {seconds(table, x) / own:6.1f} tabulated"
        print(line, flush=True)


if __name__ == "__main__":
    main()

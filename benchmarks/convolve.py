"""A bank at every position of an image, against SciPy's overlap-add: time, memory and difference.

    python benchmarks/convolve.py

1024 x 1536 pixels, 64 filters of 48 x 48; both in one run, alternately, the ratio of the medians.
"""

import time
import tracemalloc

import numpy as np
from scipy.signal import oaconvolve

from neurosim import GaborBank, VisualField

FIELD = VisualField(size=3, ppd=16)
ROUNDS = 3


def main() -> None:
    image = np.random.default_rng(0).standard_normal((1024, 1536))
    bank = GaborBank.quadrature(np.arange(0, 180, 11.25), 2.5)
    kernels = bank.kernels(FIELD).values[:, ::-1, ::-1]

    def ours() -> np.ndarray:
        return bank.convolve(image, FIELD).values

    def theirs() -> np.ndarray:
        return oaconvolve(image[None], kernels, mode="valid", axes=(1, 2))

    seconds: dict[str, list[float]] = {"neurosim": [], "oaconvolve": []}
    for _ in range(ROUNDS):
        for name, way in (("neurosim", ours), ("oaconvolve", theirs)):
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    middle = {name: float(np.median(each)) for name, each in seconds.items()}
    for name, each in middle.items():
        print(f"{name:12s} {each:6.2f} s")
    print(f"ratio        {middle['neurosim'] / middle['oaconvolve']:6.2f}")
    tracemalloc.start()
    result = ours()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"memory beyond the result {(peak - result.nbytes) / 2**20:.0f} MiB "
        f"(the result: {result.nbytes / 2**20:.0f} MiB)"
    )
    print(f"largest difference {np.abs(result - theirs()).max():.1e}")


if __name__ == "__main__":
    main()

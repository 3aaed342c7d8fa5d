"""The engine behind `neurosim.simulate`: LIF cells exact between grid points, noise by hash.

Brian2 generates the code, from the equations in `model`, in processes of their own: once in C++
(`standalone`, kept by `cache`), or on its NumPy and Cython targets (`runtime`). `worker` is the
side that the rest of neurosim sees; it, `cells`, `primitives`, `protocol` and `cache` never import
Brian2.
"""

"""Networks of different rectifiers with as many parameters as each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["counted", "matched"]

_KERNEL = 3


def counted(
    filters: Sequence[int], paths: int, depth: int, pixels: int, classes: int, kernel: int = _KERNEL
) -> int:
    """Parameters of a network: weights and biases of its convolutions and of its read-out.

    Parameters
    ----------
    filters : sequence of int
        Of each convolution.
    paths : int
        Channels that go on for each filter.
    depth : int
        Channels of an image.
    pixels : int
        That the read-out sees of each channel.
    classes, kernel : int

    Examples
    --------
    >>> counted([8, 16], 1, 1, 16, 10)
    3818
    """
    total = 0
    for each in filters:
        total += each * (depth * kernel**2 + 1)
        depth = each * paths
    return total + classes * (depth * pixels + 1)


def matched(
    filters: Sequence[int], paths: int, count: Callable[[Sequence[int], int], int]
) -> list[int]:
    """Filters of a two-layer network of more paths with as many parameters as one of one path.

    The second layer has 1.6 to 2.5 times the filters of the first; of those, the nearest in number.

    Parameters
    ----------
    filters : sequence of int
        Of the network of one path.
    paths : int
    count : callable
        Parameters of (filters, paths).

    Examples
    --------
    >>> matched([8, 16], 2, lambda filters, paths: counted(filters, paths, 1, 16, 10))
    [5, 9]
    """
    if paths == 1:
        return [*filters]
    wanted = count(filters, 1)
    tried = [
        [first, second]
        for first in range(1, filters[0] + 1)
        for second in range(first, filters[1] + 1)
        if 1.6 <= second / first <= 2.5
    ]
    return min(tried, key=lambda each: abs(count(each, paths) - wanted))

"""Seeds: every name has a random stream of its own.

The generator of a name is Philox 4x64 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), keyed by the
128-bit BLAKE2b hash of (seed, chunk, name). A stream so depends on nothing but these three: not on what else is drawn,
not on the order, the machine or the number of workers.
"""

from __future__ import annotations

import hashlib

import numpy as np

from tumen.uncertainty._arrays import Array

__all__ = ["generator", "normals", "stratified"]


def generator(seed: int, chunk: int, name: str) -> np.random.Generator:
    """The generator of one name in one chunk; raises `ValueError` if `seed` or `chunk` is negative."""
    if seed < 0 or chunk < 0:
        raise ValueError(f"seed and chunk are {seed} and {chunk}; expected whole numbers of 0 or more")
    digest = hashlib.blake2b(f"{int(seed)}/{int(chunk)}/{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def stratified(seed: int, chunk: int, name: str, size: int) -> Array:
    """A Latin hypercube of one dimension: one point in each of `size` equal strata of (0, 1), shuffled; shape (size,).

    McKay, Beckman and Conover (1979). A point lies at the middle of one of 2^32 cells of its stratum, so that rounding
    can take it neither to 0 or 1 nor into another stratum (for `size` up to 2^19).
    """
    random = generator(seed, chunk, name)
    strata = random.permutation(size)
    within = (random.integers(0, 2**32, size=size) + 0.5) / 2.0**32
    return np.asarray((strata + within) / size, dtype=np.float64)


def normals(seed: int, chunk: int, name: str, shape: tuple[int, ...]) -> Array:
    """Independent standard normals of that shape."""
    return generator(seed, chunk, name).standard_normal(shape)

"""Sobol points of scipy, unscrambled, and (with --table) the direction numbers of src/math/joe_kuo.bin: python sobol.py

The table holds, for each dimension from the second on, the primitive polynomial (all its bits) and its initial numbers
m_1 .. m_s (s its degree), as little-endian 16-bit integers. They are Joe and Kuo's new-joe-kuo-6, which scipy ships.
"""
import json
import os
import sys

import numpy as np
import scipy.stats
from scipy.stats import qmc

DIMENSIONS = 1024
here = os.path.dirname(os.path.abspath(__file__))
if "--table" in sys.argv:
    z = np.load(os.path.join(os.path.dirname(scipy.stats.__file__), "_sobol_direction_numbers.npz"))
    out = []
    for poly, m in zip(z["poly"][1:DIMENSIONS], z["vinit"][1:DIMENSIONS]):
        degree = int(poly).bit_length() - 1
        out += [int(poly), *map(int, m[:degree])]
    np.array(out, dtype="<u2").tofile(os.path.join(here, "../../src/math/joe_kuo.bin"))

points = qmc.Sobol(DIMENSIONS, scramble=False).random(600)
small = qmc.Sobol(8, scramble=False).random(64)
late = qmc.Sobol(5, scramble=False).fast_forward(1_000_003).random(1)[0]

# Points far beyond what can be stepped to, from scipy's own direction numbers of 53 bits, by the rule that also gives the
# points above: the exclusive or over the bits of the index's Gray code.
directions = qmc.Sobol(DIMENSIONS, scramble=False, bits=53)._sv


def at(index):
    gray = index ^ (index >> 1)
    chosen = [directions[:, j] for j in range(53) if gray >> j & 1]
    return np.bitwise_xor.reduce(chosen, axis=0).astype(float) / 2.0**53 if chosen else np.zeros(DIMENSIONS)


assert all((at(index) == points[index]).all() for index in range(600))
# The Gray code of the first is 53 ones: it depends on every bit of every direction number.
indices = [int("10" * 26 + "1", 2), 0x1234_5678_9ABC, 0x0F_EDCB_A987_6543]
far = [{"index": index, "point": at(index).tolist()} for index in indices]
digest = [[int(r), int(d), float(points[r, d])] for r, d in zip(*(np.random.default_rng(0).integers(0, k, 3000) for k in points.shape))]
json.dump(
    {"points": small.tolist(), "sum_by_dimension": points.sum(axis=0).tolist(), "entries": digest, "late": late.tolist(), "far": far},
    open(os.path.join(here, "sobol.json"), "w"),
)

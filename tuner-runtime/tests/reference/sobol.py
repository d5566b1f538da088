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
digest = [[int(r), int(d), float(points[r, d])] for r, d in zip(*(np.random.default_rng(0).integers(0, k, 3000) for k in points.shape))]
json.dump(
    {"points": small.tolist(), "sum_by_dimension": points.sum(axis=0).tolist(), "entries": digest, "late": late.tolist()},
    open(os.path.join(here, "sobol.json"), "w"),
)

"""Yeo-Johnson powers and quartiles of scipy and numpy: python transform.py"""
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)
cases = []
for n in [8, 25, 100, 500]:
    for draw in [
        rng.standard_normal(n),
        np.exp(rng.standard_normal(n)),
        -np.exp(rng.standard_normal(n)),
        rng.standard_t(3, n),
        rng.gamma(2, 1, n) - 1,
        -rng.gamma(0.7, 1, n) + 2,
    ]:
        z = (draw - np.median(draw)) / np.std(draw)
        power = stats.yeojohnson_normmax(z, brack=(-2, 2))
        low, high = np.quantile(z, [0.25, 0.75])
        cases.append(
            dict(
                values=z.tolist(),
                power=float(power),
                warped=stats.yeojohnson(z, power).tolist(),
                winsorised=np.maximum(z, low - 1.5 * (high - low)).tolist(),
            )
        )
json.dump(cases, open(__file__.replace(".py", ".json"), "w"))

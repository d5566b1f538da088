"""Bounded optima found by scipy's L-BFGS-B: python lbfgs.py"""
import json

import numpy as np
from scipy.optimize import minimize, rosen, rosen_der

problems = []


def add(name, f, g, x0, lo, hi):
    r = minimize(f, x0, jac=g, method="L-BFGS-B", bounds=list(zip(lo, hi)), options=dict(maxiter=5000, maxfun=50000, gtol=1e-12, ftol=1e-16))
    problems.append(dict(name=name, start=list(x0), lower=list(lo), upper=list(hi), x=r.x.tolist(), value=float(r.fun), evaluations=int(r.nfev)))


for d, lo, hi, x0 in [
    (2, -2.0, 2.0, -1.2),
    (2, -2.0, 0.5, -1.2),
    (5, -2.0, 0.8, -1.0),
    (10, -2.0, 2.0, -1.5),
    (10, 1.2, 3.0, 2.5),
    (20, -0.5, 0.9, 0.0),
]:
    add("rosenbrock", rosen, rosen_der, [x0] * d, [lo] * d, [hi] * d)

# a convex quadratic with a bad condition, its optimum on some of the bounds
rng = np.random.default_rng(1)
q, _ = np.linalg.qr(rng.standard_normal((12, 12)))
a = q @ np.diag(np.logspace(-2, 3, 12)) @ q.T
b = 10 * rng.standard_normal(12)
add("quadratic", lambda x: 0.5 * x @ a @ x - b @ x, lambda x: a @ x - b, [0.3] * 12, [-1.0] * 12, [1.0] * 12)
problems[-1]["matrix"] = a.tolist()
problems[-1]["vector"] = b.tolist()

# the sum of exp(x_i) - i x_i, optimum ln i cut at the bounds
i = np.arange(1, 9)
add("exponential", lambda x: np.sum(np.exp(x) - i * x), lambda x: np.exp(x) - i, [0.5] * 8, [0.2] * 8, [1.7] * 8)
json.dump(problems, open(__file__.replace(".py", ".json"), "w"), indent=0)

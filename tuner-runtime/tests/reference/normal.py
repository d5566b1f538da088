"""Normal distribution and logEI to 60 digits, rounded once to doubles: python normal.py"""
import json
import random

from mpmath import erfc, exp, log, mp, mpf, npdf, sqrt, erfinv

mp.dps = 60


def cdf(x):
    return erfc(-x / sqrt(2)) / 2


def tail(u):
    """(ln h, Phi/h, phi/h) for h = phi + u Phi."""
    u = mpf(u)
    mp.dps = 60 + (int(abs(u)).bit_length() if u < 0 else 0) * 2
    if u < -1000:  # h/phi = u^-2 (1 + S), Phi/phi = |u|^-1 (1 + P); 12 terms are exact to far beyond 60 digits here
        s, p, a, b = mpf(1), mpf(1), mpf(1), mpf(1)
        for k in range(1, 13):
            a *= -(2 * k + 1) / u**2
            b *= -(2 * k - 1) / u**2
            s, p = s + a, p + b
        g = s / u**2
        r = p / -u
        out = -u * u / 2 - log(2 * mp.pi) / 2 + log(g), r / g, 1 / g
    else:
        h = npdf(u) + u * cdf(u)
        out = log(h), cdf(u) / h, npdf(u) / h
    mp.dps = 60
    return out


def improvement(mean, sd, best):
    """ln E max(y - best, 0) for y ~ N(mean, sd^2), and its derivatives by mean and sd."""
    log_h, cdf_ratio, density_ratio = tail((mpf(mean) - mpf(best)) / mpf(sd))
    return [float(v) for v in (log_h + log(mpf(sd)), cdf_ratio / mpf(sd), density_ratio / mpf(sd))]


def far_series(u):
    """-u Phi(u) / phi(u) far below 0, by its asymptotic series."""
    p, b = mpf(1), mpf(1)
    for k in range(1, 13):
        b *= -(2 * k - 1) / u**2
        p += b
    return p


def inverse_mills(u):
    """phi(u) / Phi(u)."""
    u = mpf(u)
    if u < -1000:
        return float(-u / far_series(u))
    return float(npdf(u) / cdf(u))


def log_cdf(u):
    u = mpf(u)
    if u < -1000:
        return float(-u * u / 2 - log(2 * mp.pi) / 2 + log(far_series(u) / -u))
    if u > 0:
        return float(mp.log1p(-cdf(-u)))
    return float(log(cdf(u)))


def erfcx(x):
    x = mpf(x)
    if x > 1000:
        s, t = mpf(1), mpf(1)
        for k in range(1, 13):
            t *= -(2 * k - 1) / (2 * x * x)
            s += t
        return float(s / (x * sqrt(mp.pi)))
    return float(exp(x * x) * erfc(x))


def quantile(p):
    p = mpf(p)
    x = mp.findroot(lambda x: log(cdf(x) / p), start(p), tol=mpf(10) ** -50)
    return float(x)


def start(p):
    if p > mpf("1e-5"):
        return -sqrt(2) * erfinv(1 - 2 * p)
    t = sqrt(-2 * log(p))
    return -(t - (log(t) + log(2 * mp.pi) / 2) / t)


us = [-1e6, -123456.789, -1e5, -3e4, -1e4, -1234.5, -1000.0, -316.0, -100.5, -50.0, -38.6, -37.5, -30.0]
us += [-25 - 2.0**-40, -25.0, -25 + 2.0**-40, -24.9, -20.0, -15.3, -10.0, -8.29, -7.1, -5.5, -5.0, -4.4, -3.3, -2.5, -2.0, -1.5, -1.1]
us += [-1 - 2.0**-40, -1.0, -1 + 2.0**-40, -0.9, -0.5, -0.25, -0.1, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
us += [1.0, 1.1, 1.5, 2.0, 2.5, 3.3, 4.4, 5.5, 6.0, 7.1, 8.29, 10.0, 15.3, 20.0, 25.0, 30.0, 37.0, 38.5, 45.0, 50.0]
# ... and between them: the whole range by ratio, and each piece evenly.
rng = random.Random(1)
us += [-(10 ** rng.uniform(-3, 6)) for _ in range(80)]
us += [rng.uniform(low, high) for low, high in [(-60, -25), (-25, -1), (-1, 1), (1, 50)] for _ in range(30)]
ends = [(0.3, 0.7, 1.0), (2.0, 0.1, 1.0), (-9.0, 0.3, 1.0), (0.0, 2.0, 0.0), (-1.0, 1e-6, 0.0), (1.0, 1e-6, 0.5), (1e3, 1e3, -1e3)]
ends += [(rng.gauss(0, 1), 10 ** rng.uniform(-6, 1), rng.gauss(0, 2)) for _ in range(40)]
xs = [-26.5, -20.0, -7.7, -3.0, -1.0, -0.5, -0.1, -1e-9, 0.0, 1e-9, 0.1, 0.4, 0.5, 0.9, 1.0, 1.3, 2.0, 2.9, 4.0, 6.0, 7.7, 9.9]
xs += [10 - 2.0**-40, 10.0, 10.1, 12.0, 17.0, 25.0, 26.6, 30.0, 100.0, 1e4, 1e8, 1e150]
ps = [1e-300, 1e-200, 1e-100, 1e-50, 1e-20, 1e-12, 1e-10, 1e-6, 1e-3, 0.01, 0.024, 0.0749, 0.075, 0.0751, 0.1, 0.2, 0.3, 0.45, 0.49999]
tables = {
    "tail": [[u, *map(float, tail(u))] for u in us],
    "improvement": [[*end, *improvement(*end)] for end in ends],
    "log_cdf": [[u, log_cdf(u)] for u in us],
    "inverse_mills": [[u, inverse_mills(u)] for u in us],
    "cdf": [[u, float(cdf(mpf(u)))] for u in us if u > -37.5],
    "erfcx": [[x, erfcx(x)] for x in xs],
    "quantile": [[p, quantile(p)] for p in ps],
}
rows = [f'"{name}": [\n' + ",\n".join(map(json.dumps, table)) + "\n]" for name, table in tables.items()]
with open(__file__.replace(".py", ".json"), "w") as out:
    out.write("{\n" + ",\n".join(rows) + "\n}\n")

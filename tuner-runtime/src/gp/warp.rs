//! Kumaraswamy's warp of an input coordinate: w(u) = 1 - (1 - u^a)^b.
//!
//! Source: P. Kumaraswamy (1980); its use for inputs of a Gaussian process follows J. Snoek et al., "Input warping for
//! Bayesian optimization" (2014), and HEBO. With a = b = 1 it is the identity.

/// The parameters of one dimension's warp, as logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Warp {
    /// ln a.
    pub log_a: f64,
    /// ln b.
    pub log_b: f64,
}

/// A warped coordinate and its derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warped {
    /// w(u).
    pub value: f64,
    /// dw/du; at the ends of [0, 1], where it may be infinite, that of the nearest inner point.
    pub by_u: f64,
    /// dw/d ln a.
    pub by_log_a: f64,
    /// dw/d ln b.
    pub by_log_b: f64,
}

impl Warp {
    /// w(u) for u in [0, 1].
    pub fn value(&self, u: f64) -> f64 {
        Bend::new(*self).value(u)
    }

    /// w(u) and its derivatives for u in [0, 1].
    pub fn apply(&self, u: f64) -> Warped {
        let bend = Bend::new(*self);
        let (by_log_a, by_log_b) = bend.by_logarithms(u);
        Warped {
            value: bend.value(u),
            by_u: bend.by_u(u),
            by_log_a,
            by_log_b,
        }
    }
}

/// A warp by the parameters themselves, each of whose parts is computed alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bend {
    a: f64,
    b: f64,
}

impl Bend {
    pub(crate) fn new(warp: Warp) -> Self {
        Self {
            a: warp.log_a.exp(),
            b: warp.log_b.exp(),
        }
    }

    /// w(u).
    pub(crate) fn value(self, u: f64) -> f64 {
        if u <= 0.0 {
            0.0
        } else if u >= 1.0 {
            1.0
        } else {
            // 1 - u^a = -expm1(a ln u), without cancellation near 1.
            -(self.b * (-(self.a * u.ln()).exp_m1()).ln()).exp_m1()
        }
    }

    /// dw/du.
    pub(crate) fn by_u(self, u: f64) -> f64 {
        let log_u = inner(u).ln();
        let log_rest = (-(self.a * log_u).exp_m1()).ln();
        self.a * self.b * self.outer(log_rest) * ((self.a - 1.0) * log_u).exp()
    }

    /// dw/d ln a and dw/d ln b.
    pub(crate) fn by_logarithms(self, u: f64) -> (f64, f64) {
        if u <= 0.0 || u >= 1.0 {
            return (0.0, 0.0);
        }
        let log_u = inner(u).ln();
        let power = (self.a * log_u).exp();
        let rest = -(self.a * log_u).exp_m1();
        let log_rest = rest.ln();
        let outer = self.outer(log_rest);
        (
            self.a * self.b * outer * power * log_u,
            -self.b * outer * rest * log_rest,
        )
    }

    /// (1 - u^a)^(b - 1).
    fn outer(self, log_rest: f64) -> f64 {
        ((self.b - 1.0) * log_rest).exp()
    }
}

/// The nearest point at which the slope is not cut off.
fn inner(u: f64) -> f64 {
    const EDGE: f64 = 1e-9;
    u.clamp(EDGE, 1.0 - EDGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_differences() {
        for (log_a, log_b) in [
            (0.0, 0.0),
            (0.7, -0.4),
            (-1.5, 1.2),
            (2.0, 2.0),
            (-2.0, -2.0),
        ] {
            for u in [1e-3, 0.1, 0.5, 0.77, 0.999] {
                let at = |log_a, log_b, u| Warp { log_a, log_b }.value(u);
                let (h, k) = (1e-6, 1e-7);
                let found = Warp { log_a, log_b }.apply(u);
                let by_a = (at(log_a + h, log_b, u) - at(log_a - h, log_b, u)) / (2.0 * h);
                let by_b = (at(log_a, log_b + h, u) - at(log_a, log_b - h, u)) / (2.0 * h);
                let by_u = (at(log_a, log_b, u + k) - at(log_a, log_b, u - k)) / (2.0 * k);
                for (found, wanted) in [
                    (found.by_log_a, by_a),
                    (found.by_log_b, by_b),
                    (found.by_u, by_u),
                ] {
                    assert!((found - wanted).abs() <= 1e-5 * wanted.abs() + 1e-8);
                }
            }
        }
    }

    #[test]
    fn ends_stay_and_the_middle_is_monotone() {
        for (log_a, log_b) in [(0.0, 0.0), (2.0, -2.0), (-2.0, 2.0)] {
            let warp = Warp { log_a, log_b };
            assert_eq!((warp.value(0.0), warp.value(1.0)), (0.0, 1.0));
            let values: Vec<f64> = (0..=100)
                .map(|i| warp.value(f64::from(i) / 100.0))
                .collect();
            assert!(values.is_sorted() && values.iter().all(|w| (0.0..=1.0).contains(w)));
            for u in [0.0, f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0, 1.0] {
                let at = warp.apply(u);
                assert!(at.by_u.is_finite() && at.by_log_a.is_finite() && at.by_log_b.is_finite());
            }
        }
        let identity = Warp::default();
        assert!((identity.value(0.3) - 0.3).abs() < 1e-15);
    }
}

//! The projected L-BFGS against scipy's L-BFGS-B and against known optima.

use crate::{assert_close, numbers, reference, rows};
use tuner_runtime::math::lbfgs::{Lbfgs, Options, minimize};

const TIGHT: Options = Options {
    memory: 10,
    gradient_tolerance: 1e-6,
    value_tolerance: 0.0,
    max_iterations: 2000,
};

fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
    gradient.fill(0.0);
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let (bend, gap) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        sum += 100.0 * bend * bend + gap * gap;
        gradient[i] += -400.0 * x[i] * bend - 2.0 * gap;
        gradient[i + 1] += 200.0 * bend;
    }
    sum
}

fn quadratic(matrix: &[Vec<f64>], vector: &[f64], x: &[f64], gradient: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for (i, row) in matrix.iter().enumerate() {
        let product: f64 = row.iter().zip(x).map(|(a, x)| a * x).sum();
        sum += x[i] * (0.5 * product - vector[i]);
        gradient[i] = product - vector[i];
    }
    sum
}

fn exponential(x: &[f64], gradient: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for (i, (x, gradient)) in x.iter().zip(gradient).enumerate() {
        let slope = i as f64 + 1.0;
        sum += x.exp() - slope * x;
        *gradient = x.exp() - slope;
    }
    sum
}

#[test]
fn bounded_optima_are_those_of_scipy() {
    for problem in reference("lbfgs").as_array().expect("a list") {
        let name = problem["name"].as_str().expect("a name");
        let (start, wanted) = (numbers(&problem["start"]), numbers(&problem["x"]));
        let (lower, upper) = (numbers(&problem["lower"]), numbers(&problem["upper"]));
        let found = match name {
            "rosenbrock" => minimize(rosenbrock, &start, &lower, &upper, TIGHT),
            "quadratic" => {
                let (matrix, vector) = (rows(&problem["matrix"]), numbers(&problem["vector"]));
                let f = |x: &[f64], g: &mut [f64]| quadratic(&matrix, &vector, x, g);
                minimize(f, &start, &lower, &upper, TIGHT)
            }
            _ => minimize(exponential, &start, &lower, &upper, TIGHT),
        };
        assert!(found.converged, "{name}: {found:?}");
        let value = problem["value"].as_f64().expect("a value");
        assert_close(found.value, value, 1e-9, 1e-3, name);
        for (x, wanted) in found.x.iter().zip(&wanted) {
            assert_close(*x, *wanted, 1e-5, 1.0, name);
        }
        let budget = problem["evaluations"].as_f64().expect("a count") as usize * 2 + 20;
        assert!(
            found.evaluations <= budget,
            "{name}: {} evaluations",
            found.evaluations
        );
    }
}

#[test]
fn every_point_asked_for_is_in_the_box() {
    let (lower, upper) = ([-0.5; 4], [0.7; 4]);
    let mut minimiser = Lbfgs::new(&[9.0, -9.0, 0.0, 0.1], &lower, &upper, TIGHT);
    let mut gradient = [0.0; 4];
    while !minimiser.is_done() {
        assert!(minimiser.point().iter().all(|x| (-0.5..=0.7).contains(x)));
        let value = rosenbrock(minimiser.point(), &mut gradient);
        minimiser.tell(value, &gradient);
    }
    assert!(minimiser.into_minimum().converged);
}

#[test]
fn a_wall_of_infinite_values_is_not_entered() {
    // -ln(x) + x is infinite (here NaN) below 0; the optimum is 1.
    let barrier = |x: &[f64], gradient: &mut [f64]| {
        gradient[0] = 1.0 - 1.0 / x[0];
        x[0] - x[0].ln()
    };
    let found = minimize(barrier, &[40.0], &[-100.0], &[100.0], TIGHT);
    assert_close(found.x[0], 1.0, 1e-6, 0.0, "barrier");
    let lost = minimize(|_, _| f64::NAN, &[0.5], &[0.0], &[1.0], TIGHT);
    assert_eq!((lost.x, lost.converged), (vec![0.5], false));
}

#[test]
fn a_start_at_the_optimum_or_without_variables_ends_at_once() {
    let found = minimize(rosenbrock, &[1.0, 1.0], &[0.0; 2], &[2.0; 2], TIGHT);
    assert_eq!((found.evaluations, found.converged), (1, true));
    let nothing = minimize(|_, _| 3.0, &[], &[], &[], TIGHT);
    assert_eq!((nothing.value, nothing.converged), (3.0, true));
}

#[test]
fn the_iteration_limit_holds() {
    let options = Options {
        max_iterations: 3,
        ..TIGHT
    };
    let mut calls = 0;
    let counted = |x: &[f64], gradient: &mut [f64]| {
        calls += 1;
        rosenbrock(x, gradient)
    };
    let found = minimize(counted, &[-1.2, 1.0], &[-5.0; 2], &[5.0; 2], options);
    assert!(!found.converged && found.value < 24.2);
    assert_eq!(found.evaluations, calls);
}

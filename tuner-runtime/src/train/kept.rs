//! The weights of the best epoch of every run, and with them the model of the best trial.

use std::path::PathBuf;

use super::error::TrainError;
use super::history::EpochMetrics;
use super::network::Network;
use super::sequential::Sequential;
use crate::search::Tuner;
use crate::space::Tunable;
use crate::trial::Goal;

/// The name of the weights in the folder of their execution.
pub(super) const WEIGHTS: &str = "weights.safetensors";

/// Stores the weights after each epoch that is better than all before it.
pub(crate) struct Keeper {
    path: PathBuf,
    goal: Goal,
    best: Option<f64>,
}

impl Keeper {
    /// Keeps in this file what is better than the epochs that there were.
    pub(super) fn new(path: PathBuf, goal: Goal, earlier: &[EpochMetrics]) -> Self {
        let mut keeper = Self {
            path,
            goal,
            best: None,
        };
        for epoch in earlier {
            keeper.is_better(epoch);
        }
        keeper
    }

    pub(super) fn see(
        &mut self,
        epoch: &EpochMetrics,
        network: &mut Network,
    ) -> Result<(), TrainError> {
        match self.is_better(epoch) {
            true => network.save(&self.path),
            false => Ok(()),
        }
    }

    /// Of equal epochs the first is the best, as for the result of the run.
    fn is_better(&mut self, epoch: &EpochMetrics) -> bool {
        let Some(value) = epoch.get(&self.goal.name) else {
            return false;
        };
        let better = self
            .best
            .is_none_or(|best| self.goal.is_better(value, best));
        if better {
            self.best = Some(value);
        }
        better
    }
}

impl<T: Tunable> Tuner<T> {
    /// The network of the best trial, with the weights of its best execution at its best epoch: those
    /// that the recorded metric was measured with. `build` makes the network that the search trained.
    ///
    /// The weights are in the folder of that execution
    /// ([`Tuner::directory_of`](crate::search::Tuner::directory_of)), in the safetensors format.
    ///
    /// # Errors
    /// When no trial has a result, the best one did not train by [`Fit::run`](super::Fit::run), or its
    /// weights do not fit the network.
    ///
    /// ```
    /// # extern crate tuner_runtime as tuner;
    /// # use tuner::{sampler::Random, search::{Execution, Progress, Tuner}, space::{Tunable, tunable}};
    /// use tuner::train::{Activation, Data, Fit, Loss, Sequential};
    /// #[tunable]
    /// struct Net { #[hp(int = 2..=8)] units: usize }
    /// impl Net {
    ///     fn build(&self) -> Sequential {
    ///         Sequential::input([1]).dense(self.units, Activation::Tanh).dense(1, Activation::Linear)
    ///     }
    /// }
    /// # fn main() -> tuner::Result<()> {
    /// let line: Vec<f32> = (0..32).map(|i| i as f32 / 16.0 - 1.0).collect();
    /// let data = Data::values(line.clone(), [1], line, 1)?;
    /// let mut tuner = Tuner::<Net>::builder().sampler(Random::new()).objective("val_loss")
    ///     .max_trials(2).progress(Progress::Silent).build()?;
    /// tuner.search(|run: &mut Execution, net: Net| {
    ///     Fit::new(net.build()).loss(Loss::Mse).run(run, &data, &data)
    /// })?;
    /// let mut model = tuner.best_model(Net::build)?;
    /// let loss = Fit::new(Sequential::input([1])).loss(Loss::Mse).evaluate(&mut model, &data)?[0].1;
    /// assert_eq!(Some(loss), tuner.best_trial()?.metrics.get("val_loss"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn best_model(&self, build: impl FnOnce(&T) -> Sequential) -> crate::Result<Network> {
        let best = self.best_trial()?;
        let (trial, execution) = self.best_execution()?;
        let path = self.directory_of(trial, execution).join(WEIGHTS);
        if !path.exists() {
            return Err(crate::Error::new(format!(
                "trial {trial} kept no weights in {}; train with Fit::run in the search, and let \
                 .keep_best(..) be at least 1",
                path.display()
            )));
        }
        let mut network = build(&best.params).initialize(0)?;
        network.load(&path)?;
        Ok(network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::Random;
    use crate::search::Progress;
    use crate::space::tunable;
    use crate::train::{Activation, Adam, Data, Fit, Metric};
    use crate::trial::Objective;

    #[tunable]
    struct Net {
        #[hp(int = 4..=32, step = 4)]
        units: usize,
        #[hp(choice = [0.1, 0.03, 0.01])]
        rate: f64,
    }

    impl Net {
        fn build(&self) -> Sequential {
            let net = Sequential::input([1]).dense(self.units, Activation::Relu);
            net.batch_norm().dense(2, Activation::Linear)
        }

        fn fit(&self) -> Fit {
            let fit = Fit::new(self.build()).optimizer(Adam::new(self.rate));
            fit.metric(Metric::Accuracy).batch_size(8).epochs(6)
        }
    }

    /// Whether a number is far from zero, of numbers that begin at `offset`.
    fn data(offset: usize) -> Data {
        let numbers = (offset..offset + 80).map(|i| (i * 37 % 80) as f32 / 20.0 - 2.0);
        let inputs: Vec<f32> = numbers.collect();
        let labels: Vec<u8> = inputs.iter().map(|x| u8::from(x.abs() > 1.0)).collect();
        Data::classes(inputs, [1], &labels).unwrap()
    }

    #[test]
    fn the_best_model_gives_the_recorded_metric_again() {
        let (train, validation) = (data(0), data(7));
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let builder = Tuner::<Net>::builder().sampler(Random::new()).max_trials(4);
            let builder = builder.objective(Objective::maximize("val_accuracy"));
            let builder = builder.executions_per_trial(2).workers(2).keep_best(1);
            let builder = builder.directory(folder.path()).project_name("net");
            builder.progress(Progress::Silent).build().unwrap()
        };
        let mut tuner = open();
        assert!(tuner.best_model(Net::build).is_err());
        tuner
            .search(|run, net: Net| net.fit().run(run, &train, &validation))
            .unwrap();
        drop(tuner);
        let tuner = open();
        let mut model = tuner.best_model(Net::build).unwrap();
        let best = tuner.best_trial().unwrap();
        let measured = best.params.fit().evaluate(&mut model, &validation).unwrap();
        let accuracy = measured.iter().find(|(name, _)| name == "accuracy");
        let (trial, execution) = tuner.best_execution().unwrap();
        let record = tuner.study().trials()[trial as usize].clone();
        let recorded = record
            .execution(execution)
            .unwrap()
            .metrics
            .clone()
            .unwrap();
        assert_eq!(
            accuracy.map(|(_, value)| *value),
            recorded.get("val_accuracy")
        );
        // The last epoch is another one somewhere, or this shows nothing.
        let last = |run: &crate::trial::ExecutionRecord| {
            let values: Vec<f64> = run
                .curve
                .of("val_accuracy")
                .map(|(_, value)| value)
                .collect();
            values.last() < values.iter().max_by(|a, b| a.total_cmp(b))
        };
        let trials = tuner.study().trials();
        assert!(trials.iter().any(|trial| trial.executions.iter().any(last)));
        let kept: Vec<_> = std::fs::read_dir(folder.path().join("net/trials"))
            .unwrap()
            .collect();
        assert_eq!(kept.len(), 1, "only the best trial keeps its folder");
    }
}

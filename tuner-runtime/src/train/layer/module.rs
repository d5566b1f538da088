//! A module of dfdx's own `nn` as a layer: sizes known at compile time, trained like any other.
//!
//! dfdx keeps the numbers of its tensors to itself, so the layer holds them a second time, as
//! parameters, and copies them into the module before each pass.

use std::any::type_name;
use std::fmt::{self, Debug};

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName,
};
use dfdx::nn::{BuildModule, BuildOnDevice, Module, ModuleMut};
use dfdx::shapes::{Const, HasShape, Shape};
use dfdx::tensor::{
    Cpu, CpuError, NoneTape, OwnedTape, PutTape, SplitTape, Tape, Tensor, TensorFromVec,
};

use dfdx::tensor_ops::ReshapeTo;

use super::{Built, Layer, Run, Site};
use crate::math::rng::Rng;
use crate::train::batch::{Batch, Grads, Key};
use crate::train::buffer::Buffer;
use crate::train::error::TrainError;
use crate::train::ops::all_finite;
use crate::train::parameter::Parameter;
use crate::train::pool;

type Rows<const N: usize, T> = Tensor<(usize, Const<N>), f32, Cpu, T>;
type Recorded = OwnedTape<f32, Cpu>;

/// A module of dfdx, described by its type.
#[derive(Clone, Copy)]
pub struct DfdxModule {
    name: &'static str,
    build: fn(&mut Site<'_>) -> Result<Built, String>,
}

impl DfdxModule {
    /// The module that the builder type `B` names, from `IN` numbers to `OUT`.
    pub fn new<B, const IN: usize, const OUT: usize>() -> Self
    where
        B: BuildOnDevice<Cpu, f32>,
        B::Built: Trainable<IN, OUT>,
    {
        Self {
            name: type_name::<(B, Const<IN>, Const<OUT>)>(),
            build: build::<B, IN, OUT>,
        }
    }

    pub(super) fn build(&self, site: &mut Site<'_>) -> Result<Built, String> {
        (self.build)(site)
    }
}

impl Debug for DfdxModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for DfdxModule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl From<DfdxModule> for Layer {
    fn from(module: DfdxModule) -> Self {
        Self::Dfdx(module)
    }
}

/// A module of dfdx that takes rows of `IN` numbers and gives rows of `OUT`, with and without a
/// tape: every `nn` module of such sizes is one.
pub trait Trainable<const IN: usize, const OUT: usize>:
    Module<Rows<IN, NoneTape>, Output = Rows<OUT, NoneTape>>
    + ModuleMut<Rows<IN, Recorded>, Output = Rows<OUT, Recorded>>
    + TensorCollection<f32, Cpu>
    + Debug
    + Send
    + 'static
{
}

impl<M, const IN: usize, const OUT: usize> Trainable<IN, OUT> for M where
    M: Module<Rows<IN, NoneTape>, Output = Rows<OUT, NoneTape>>
        + ModuleMut<Rows<IN, Recorded>, Output = Rows<OUT, Recorded>>
        + TensorCollection<f32, Cpu>
        + Debug
        + Send
        + 'static
{
}

struct Running<M, const IN: usize, const OUT: usize> {
    module: M,
    parameters: Vec<(String, Parameter)>,
}

impl<M: Debug, const IN: usize, const OUT: usize> Debug for Running<M, IN, OUT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)
    }
}

fn build<B, const IN: usize, const OUT: usize>(site: &mut Site<'_>) -> Result<Built, String>
where
    B: BuildOnDevice<Cpu, f32>,
    B::Built: Trainable<IN, OUT>,
{
    if *site.input != [IN] {
        return Err(format!(
            "takes {IN} numbers, not inputs of the shape {:?}: flatten before it, and state its \
             own sizes",
            site.input
        ));
    }
    let seeded = Cpu::seed_from_u64(site.rng.next_u64());
    let mut module = B::Built::try_build(&seeded).map_err(|error| error.to_string())?;
    let mut read = Read {
        device: site.device,
        parameters: Vec::new(),
    };
    let names = String::new();
    B::Built::iter_tensors(&mut RecursiveWalker {
        m: (&mut module, names),
        f: &mut read,
    })
    .map_err(|error| error.to_string())?;
    let parameters = read.parameters;
    Ok(Built {
        run: Box::new(Running::<B::Built, IN, OUT> { module, parameters }),
        output: vec![OUT],
    })
}

impl<M: Trainable<IN, OUT>, const IN: usize, const OUT: usize> Run for Running<M, IN, OUT> {
    fn forward(&mut self, batch: Batch, rng: &mut Rng) -> Result<Batch, TrainError> {
        pool::use_one_thread();
        let rows = batch.rows;
        let mut write = Write {
            parameters: self.parameters.iter(),
        };
        walk(&mut self.module, &mut write)?;
        // dfdx draws dropout from the device of the tensor: one for each pass, from our seed.
        let device = match batch.training() {
            true => Cpu::seed_from_u64(rng.next_u64()),
            false => Cpu::default(),
        };
        let x = device.tensor_from_vec(batch.values.to_vec(), (rows, Const::<IN>));
        let (batch, tape) = batch.lend_tape();
        let Some(mut tape) = tape else {
            let y = self.module.try_forward(x).map_err(failed)?;
            return Ok(batch.resume(Buffer::from(y.as_vec()), None, None));
        };
        let mut take = Take {
            parameters: self.parameters.iter(),
            takers: Vec::new(),
        };
        walk(&mut self.module, &mut take)?;
        let (takers, ghost) = (take.takers, x.clone());
        let input = batch.wants_gradient().then(|| batch.key().clone());
        // Recorded first, so it runs last, when dfdx has left its gradients.
        tape.add_backward_op(move |grads| {
            if let Some(input) = input {
                let gradient = std::mem::take(&mut **grads.get_or_alloc_mut(&ghost)?);
                input
                    .put(grads, gradient.into())
                    .map_err(TrainError::into_engine)?;
            }
            takers.into_iter().try_for_each(|taker| taker(grads))
        });
        let y = self
            .module
            .try_forward_mut(x.put_tape(tape))
            .map_err(failed)?;
        let (y, mut tape) = y.try_contiguous().map_err(TrainError::engine)?.split_tape();
        let mut keep = Keep {
            parameters: self.parameters.iter_mut(),
        };
        walk(&mut self.module, &mut keep)?;
        let mut kept = self.parameters.iter().filter(|(_, p)| !p.is_trained());
        if rows == 1 && kept.any(|(_, p)| !all_finite(p.values())) {
            return Err(TrainError::Data(format!(
                "a batch of one example has no variance, which a normalisation in the module of \
                 {IN} to {OUT} numbers needs: train on batches of 2 or more"
            )));
        }
        let key = batch.new_key();
        let (output, values) = (key.clone(), Buffer::from(y.as_vec()));
        tape.add_backward_op(move |grads| {
            let gradient = output.take(grads).map_err(TrainError::into_engine)?;
            **grads.get_or_alloc_mut(&y)? = gradient.into_vec();
            Ok(())
        });
        Ok(batch.resume(values, Some(tape), Some(key)))
    }

    /// What dfdx keeps without training it are the statistics of its normalisations, and their
    /// variance is over one example fewer than there are.
    fn fewest_rows(&self) -> usize {
        match self.parameters.iter().all(|(_, p)| p.is_trained()) {
            true => 1,
            false => 2,
        }
    }

    fn visit(&mut self, see: &mut dyn FnMut(&str, &mut Parameter)) {
        for (name, parameter) in &mut self.parameters {
            see(name, parameter);
        }
    }
}

fn failed(error: impl Debug) -> TrainError {
    TrainError::Engine(format!("{error:?}"))
}

fn walk<M, V>(module: &mut M, visitor: &mut V) -> Result<(), TrainError>
where
    M: TensorCollection<f32, Cpu>,
    V: TensorVisitor<f32, Cpu, Viewer = ViewTensorMut, Err = CpuError, E2 = f32, D2 = Cpu>,
{
    let mut walker = RecursiveWalker {
        m: module,
        f: visitor,
    };
    M::iter_tensors(&mut walker)
        .map(|_| ())
        .map_err(TrainError::engine)
}

type Options<S> = TensorOptions<S, f32, Cpu>;
type Visited<S> = Result<Option<Tensor<S, f32, Cpu>>, CpuError>;

/// Makes a parameter of each tensor.
struct Read<'a> {
    device: &'a Cpu,
    parameters: Vec<(String, Parameter)>,
}

impl TensorVisitor<f32, Cpu> for Read<'_> {
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        options: Options<S>,
        (tensor, name): (&mut Tensor<S, f32, Cpu>, String),
    ) -> Visited<S> {
        let sizes: Vec<usize> = tensor.shape().concrete().into_iter().collect();
        let make = match options.do_gradient_update {
            true => Parameter::trained,
            false => Parameter::kept,
        };
        let parameter = make(self.device, &sizes, tensor.as_vec());
        self.parameters.push((name, parameter));
        Ok(None)
    }
}

/// Copies the parameters into the tensors.
struct Write<'a> {
    parameters: std::slice::Iter<'a, (String, Parameter)>,
}

impl TensorVisitor<f32, Cpu> for Write<'_> {
    type Viewer = ViewTensorMut;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: Options<S>, tensor: &mut Tensor<S, f32, Cpu>) -> Visited<S> {
        if let Some((_, parameter)) = self.parameters.next() {
            tensor.copy_from(parameter.values());
        }
        Ok(None)
    }
}

/// Copies the tensors that are not trained, such as running statistics, into the parameters.
struct Keep<'a> {
    parameters: std::slice::IterMut<'a, (String, Parameter)>,
}

impl TensorVisitor<f32, Cpu> for Keep<'_> {
    type Viewer = ViewTensorMut;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: Options<S>, tensor: &mut Tensor<S, f32, Cpu>) -> Visited<S> {
        match self.parameters.next() {
            Some((_, parameter)) if !parameter.is_trained() => {
                tensor.copy_into(parameter.values_mut());
            }
            _ => {}
        }
        Ok(None)
    }
}

/// Moves the gradient of one tensor to the place of its parameter.
type Taker = Box<dyn FnOnce(&mut Grads) -> Result<(), CpuError>>;

/// Makes a [`Taker`] for each trained tensor.
struct Take<'a> {
    parameters: std::slice::Iter<'a, (String, Parameter)>,
    takers: Vec<Taker>,
}

impl TensorVisitor<f32, Cpu> for Take<'_> {
    type Viewer = ViewTensorMut;
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(&mut self, _: Options<S>, tensor: &mut Tensor<S, f32, Cpu>) -> Visited<S> {
        if let Some((_, parameter)) = self.parameters.next()
            && parameter.is_trained()
        {
            let (tensor, key): (_, Key) = (tensor.clone(), parameter.key().clone());
            self.takers.push(Box::new(move |grads| {
                let gradient = std::mem::take(&mut **grads.get_or_alloc_mut(&tensor)?);
                key.put(grads, gradient.into())
                    .map_err(TrainError::into_engine)
            }));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use dfdx::nn::builders::{BatchNorm1D, Dropout, Linear, ReLU, Tanh};

    use crate::train::gradient_check::check_gradients;
    use crate::train::{Activation, Adam, Data, Fit, Sequential};

    type Mlp = (Linear<3, 8>, Tanh, Linear<8, 2>);

    #[test]
    fn gradients_agree_with_differences_on_both_sides() {
        let net = Sequential::input([3]).module::<Mlp, 3, 2>();
        check_gradients(&net, 6);
        let net = Sequential::input([5])
            .dense(3, Activation::Tanh)
            .module::<Mlp, 3, 2>()
            .dense(2, Activation::Linear);
        check_gradients(&net, 6);
    }

    #[test]
    fn a_module_is_trained_by_the_same_fit_with_the_same_bits() {
        type Noisy = (Linear<1, 16>, ReLU, Dropout, Linear<16, 2>);
        let inputs: Vec<f32> = (0..64).map(|i| (i as f32 - 31.5) / 10.0).collect();
        let labels: Vec<u8> = inputs.iter().map(|x| u8::from(x.abs() > 1.5)).collect();
        let data = Data::classes(inputs, [1], &labels).unwrap();
        let run = || {
            let fit = Fit::new(Sequential::input([1]).module::<Noisy, 1, 2>());
            let fit = fit.optimizer(Adam::new(0.02)).batch_size(8).epochs(20);
            let trained = fit.train(4, &data, None, &mut |_| std::ops::ControlFlow::Continue(()));
            trained.unwrap().history.curve("loss")
        };
        let losses = run();
        assert!(losses[19] < 0.7 * losses[0], "{losses:?}");
        assert_eq!(run(), losses);
    }

    #[test]
    fn a_normalisation_never_sees_one_example_alone() {
        type Normal = (BatchNorm1D<1>, Linear<1, 2>);
        let inputs: Vec<f32> = (0..33).map(|i| i as f32 / 10.0).collect();
        let labels: Vec<u8> = inputs.iter().map(|x| u8::from(*x > 1.5)).collect();
        let data = Data::classes(inputs, [1], &labels).unwrap();
        let fit = Fit::new(Sequential::input([1]).module::<Normal, 1, 2>());
        let train = |fit: &Fit, data: &Data| {
            fit.train(4, data, None, &mut |_| std::ops::ControlFlow::Continue(()))
        };
        // Three batches of 8 and one of 9.
        assert!(train(&fit.clone().batch_size(8), &data).is_ok());
        for (size, count) in [(1, 33), (8, 1)] {
            let fit = fit.clone().batch_size(size);
            let error = train(&fit, &data.take(count)).unwrap_err().to_string();
            assert!(error.contains("batch of one example"), "{error}");
        }
    }

    #[test]
    fn a_wrong_size_is_named() {
        let error = Sequential::input([4])
            .module::<Mlp, 3, 2>()
            .initialize(0)
            .unwrap_err();
        assert!(error.to_string().contains("takes 3 numbers"), "{error}");
    }
}

/**
 * Random streams that repeat PyTorch's and NumPy's, number for number, in pure Java.
 *
 * <p>Enter at {@link dev.sampo.samplers.random.TorchGenerator}: {@code new TorchGenerator(seed).randn(noise)} is the starting
 * noise of a Python pipeline with the same seed. {@link dev.sampo.samplers.random.NumpyRandomState} and {@link
 * dev.sampo.samplers.random.NumpyGenerator} repeat {@code numpy.random.RandomState} and {@code numpy.random.default_rng}. What
 * only needs Gaussian noise takes a {@link dev.sampo.samplers.random.NoiseSource}.
 */
@NullMarked
package dev.sampo.samplers.random;

import org.jspecify.annotations.NullMarked;

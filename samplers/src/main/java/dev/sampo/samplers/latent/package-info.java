/**
 * The mathematics of latent and autoregressive sampling on plain arrays: walks and grids between latents ({@link
 * dev.sampo.samplers.latent.Interpolation}, {@link dev.sampo.samplers.latent.LatentGrid}, {@link
 * dev.sampo.samplers.latent.LatentArithmetic}), truncation ({@link dev.sampo.samplers.latent.TruncatedNormal}, {@link
 * dev.sampo.samplers.latent.StyleMixing}), draws of one level ({@link dev.sampo.samplers.latent.CategoricalSampler}, {@link
 * dev.sampo.samplers.latent.DiscretizedLogisticMixture}), sound companding ({@link dev.sampo.samplers.latent.MuLaw}),
 * gradient-free search ({@link dev.sampo.samplers.latent.CmaEs}), and the numbers of a VAE ({@link
 * dev.sampo.samplers.latent.Elbo}) and of an anomaly score ({@link dev.sampo.samplers.latent.AnomalyThreshold}).
 *
 * <p>Randomness is passed in: normals as a {@link dev.sampo.samplers.random.NoiseSource}, uniforms in [0, 1) as a {@link
 * java.util.function.DoubleSupplier} such as {@code torchGenerator::nextUniform53}.
 */
@NullMarked
package dev.sampo.samplers.latent;

import org.jspecify.annotations.NullMarked;

/**
 * Pictures by diffusion: unconditional and class-conditional models in pixel space, and text-to-image models in latent space
 * (Stable Diffusion 1.x, 2.x and XL, their LCM and Turbo kinds, Stable Diffusion 3 and Flux as far as the layout goes).
 *
 * <p>Enter at {@link dev.sampo.diffusion.DiffusionPipeline}:
 *
 * <pre>{@code
 * try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder)) {
 *   DiffusionRequest request = DiffusionRequest.builder().prompt("a red boat").seed(7).build();
 *   Pixels picture = pipeline.generate(request).pictures().get(0);
 * }
 * }</pre>
 *
 * <p>The same seed gives the same picture as the Python pipelines: noise is drawn in their order, from PyTorch's CPU generator.
 */
@NullMarked
package dev.sampo.diffusion;

import org.jspecify.annotations.NullMarked;

/**
 * Pictures in stages: a cascade of diffusion models in pixel space, each larger than the one before (Imagen, arXiv:2205.11487; DeepFloyd
 * IF), and unCLIP, a prior that makes the embedding of a picture and a decoder that draws it (DALL-E 2, arXiv:2204.06125; Kandinsky 2.2).
 *
 * <p>Enter at {@link dev.sampo.diffusion.staged.CascadePipeline} and {@link dev.sampo.diffusion.staged.UnClipPipeline}; both take a {@link
 * dev.sampo.diffusion.staged.StagedRequest}:
 *
 * <pre>{@code
 * try (UnClipPipeline pipeline = UnClipPipeline.open(folder)) {
 *   StagedRequest request = StagedRequest.builder().prompt("a red boat").seed(7).build();
 *   Pixels picture = pipeline.generate(request).pictures().pixels(0);
 * }
 * }</pre>
 */
@NullMarked
package dev.sampo.diffusion.staged;

import org.jspecify.annotations.NullMarked;

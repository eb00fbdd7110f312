/**
 * Videos from text by diffusion Transformers: Wan (arXiv:2503.20314) and LTX-Video (arXiv:2501.00103), exported to ONNX.
 *
 * <p>Enter at {@link dev.sampo.video.VideoPipeline}:
 *
 * <pre>{@code
 * try (VideoPipeline pipeline = VideoPipeline.open(folder)) {
 *   VideoRequest request = VideoRequest.builder().prompt("a red boat").numFrames(17).seed(7).build();
 *   PictureBatch frames = pipeline.generate(request).videos().get(0);
 * }
 * }</pre>
 */
@NullMarked
package dev.sampo.video;

import org.jspecify.annotations.NullMarked;

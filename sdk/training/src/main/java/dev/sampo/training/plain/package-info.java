/**
 * Training with plain graphs of standard operators on any ONNX Runtime. Enter at
 * {@link dev.sampo.training.graph.FineTuner}.
 */
@NullMarked
package dev.sampo.training.plain;

import org.jspecify.annotations.NullMarked;

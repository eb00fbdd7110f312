/**
 * Training through ONNX Runtime's training session: its artifacts, its checkpoint format, and the native library that
 * has it. Enter at {@link dev.sampo.training.FineTuner} and {@link dev.sampo.training.artifacts.NativeTraining}.
 */
@NullMarked
package dev.sampo.training.artifacts;

import org.jspecify.annotations.NullMarked;

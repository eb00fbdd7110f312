/**
 * Training through ONNX Runtime's training session: its artifacts and the native library that
 * has it. Enter at {@link dev.sampo.training.artifacts.NativeTraining}.
 */
@NullMarked
package dev.sampo.training.artifacts;

import org.jspecify.annotations.NullMarked;

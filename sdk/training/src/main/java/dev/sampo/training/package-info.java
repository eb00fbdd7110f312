/** Fine-tuning through ONNX Runtime training. */
@NullMarked
package dev.sampo.training;

import org.jspecify.annotations.NullMarked;

/** The files of ONNX Runtime's training: checkpoints and LoRA adapters. */
@NullMarked
package dev.sampo.training.files;

import org.jspecify.annotations.NullMarked;

/** ONNX Runtime sessions, tensors and execution providers. */
@NullMarked
package dev.sampo.runtime;

import org.jspecify.annotations.NullMarked;

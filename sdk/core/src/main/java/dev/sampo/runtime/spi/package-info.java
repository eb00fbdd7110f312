/**
 * What the module {@code sampo-device} adds to {@link dev.sampo.runtime}: calls of ONNX Runtime's C API that its Java API lacks. Programs use
 * {@code SessionConfig.deviceTensors} and never this package.
 */
@NullMarked
package dev.sampo.runtime.spi;

import org.jspecify.annotations.NullMarked;

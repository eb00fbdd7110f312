/**
 * Keeps key/value caches and other tensors where the execution provider computes them. Put {@code sampo-device} on the class path and load
 * graphs with {@code SessionConfig.builder().deviceTensors(true)}; nothing in this package is called by programs.
 *
 * <p>ONNX Runtime's Java API has no IoBinding, its C API has. This package calls the C API of the very library that the Java API has loaded,
 * on the Java API's own sessions: through {@code java.lang.foreign} on Java 22 and newer, through JNA before. docs/adr/0012 says why.
 */
@NullMarked
package dev.sampo.device;

import org.jspecify.annotations.NullMarked;

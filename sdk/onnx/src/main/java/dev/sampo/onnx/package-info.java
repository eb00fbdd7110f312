/**
 * Reading, building and probing ONNX graphs. Enter at {@link dev.sampo.onnx.GraphBuilder}; the classes of the
 * official {@code onnx-ml.proto} are generated into {@code dev.sampo.onnx.proto}.
 */
@NullMarked
package dev.sampo.onnx;

import org.jspecify.annotations.NullMarked;

/**
 * Reading, building and probing ONNX graphs. Enter at {@link dev.sampo.training.onnx.GraphBuilder}; the classes of the
 * official {@code onnx-ml.proto} are generated into {@code dev.sampo.training.onnx.proto}.
 */
@NullMarked
package dev.sampo.training.onnx;

import org.jspecify.annotations.NullMarked;

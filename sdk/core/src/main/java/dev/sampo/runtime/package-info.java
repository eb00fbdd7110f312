/**
 * ONNX Runtime sessions, tensors and execution providers. Start at {@link dev.sampo.runtime.Graph}: one loaded {@code .onnx} file.
 *
 * <pre>{@code
 * try (Graph graph = Graph.load(path, SessionConfig.defaults());
 *     Tensor z = Tensor.ofFloats(Shape.of(1, 64), noise);
 *     Outputs outputs = graph.run(Map.of("z", z))) {
 *   float[] sample = outputs.get("sample").toFloats();
 * }
 * }</pre>
 *
 * <p>A loop that runs the same graph many times uses {@link dev.sampo.runtime.GraphRun} (see {@link
 * dev.sampo.runtime.Graph#prepare()}), which keeps its tensors bound between calls. No other package of Sampo touches {@code
 * ai.onnxruntime}, except for {@link dev.sampo.runtime.spi} and the module behind it.
 */
@NullMarked
package dev.sampo.runtime;

import org.jspecify.annotations.NullMarked;

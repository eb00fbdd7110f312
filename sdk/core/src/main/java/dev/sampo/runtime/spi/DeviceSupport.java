package dev.sampo.runtime.spi;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.List;
import java.util.Map;

/** The C API of the ONNX Runtime that the Java API has loaded. Found with {@link java.util.ServiceLoader}. */
public interface DeviceSupport {
  /**
   * Gets ready to bind inputs and outputs of a session.
   *
   * @param inputs names, in the order of the graph
   * @param outputs names, in the order of the graph
   */
  DeviceSession open(OrtSession session, List<String> inputs, List<String> outputs)
      throws OrtException;

  /**
   * Adds CUDA or TensorRT to options of the Java API, for a JNI library that was built without them over a native library that has them.
   *
   * @param ortName {@code CUDAExecutionProvider} or {@code TensorrtExecutionProvider}
   * @param values options in ONNX Runtime's spelling
   * @throws OrtException if the provider is another one, cannot start, or does not take an option
   */
  void append(SessionOptions options, String ortName, Map<String, String> values)
      throws OrtException;
}

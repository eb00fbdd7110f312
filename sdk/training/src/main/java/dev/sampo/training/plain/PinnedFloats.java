package dev.sampo.training.plain;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** A float tensor over a direct buffer that both Java and ONNX Runtime read and write. */
final class PinnedFloats implements AutoCloseable {
  private final FloatBuffer buffer;
  private final OnnxTensor tensor;

  PinnedFloats(OrtEnvironment env, float[] value, long[] shape) throws OrtException {
    buffer =
        ByteBuffer.allocateDirect(4 * value.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    buffer.duplicate().put(value);
    tensor = OnnxTensor.createTensor(env, buffer, shape);
  }

  OnnxTensor tensor() {
    return tensor;
  }

  float[] copy() {
    float[] result = new float[buffer.capacity()];
    FloatBuffer all = buffer.duplicate();
    all.clear();
    all.get(result);
    return result;
  }

  void set(int index, float value) {
    buffer.put(index, value);
  }

  void clear() {
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, 0);
    }
  }

  @Override
  public void close() {
    tensor.close();
  }
}

package dev.sampo.training.plain;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** A float tensor over a direct buffer that both Java and ONNX Runtime read and write. */
final class PinnedFloats implements AutoCloseable {
  private final FloatBuffer buffer;
  private final OnnxTensor tensor;
  private final List<OnnxTensor> pieces = new ArrayList<>();

  PinnedFloats(OrtEnvironment env, float[] value, long[] shape) throws OrtException {
    buffer =
        ByteBuffer.allocateDirect(4 * value.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    buffer.duplicate().put(value);
    tensor = OnnxTensor.createTensor(env, buffer, shape);
  }

  OnnxTensor tensor() {
    return tensor;
  }

  /** A vector over elements {@code index * size} and the {@code size - 1} after them, in the same memory. */
  OnnxTensor piece(OrtEnvironment env, int index, int size) throws OrtException {
    FloatBuffer part = buffer.duplicate();
    part.position(index * size);
    part.limit(Math.min(buffer.capacity(), (index + 1) * size));
    FloatBuffer slice = part.slice();
    OnnxTensor piece = OnnxTensor.createTensor(env, slice, new long[] {slice.remaining()});
    pieces.add(piece);
    return piece;
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
    pieces.forEach(OnnxTensor::close);
    tensor.close();
  }
}

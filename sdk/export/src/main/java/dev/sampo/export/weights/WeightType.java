package dev.sampo.export.weights;

import org.jspecify.annotations.Nullable;

/**
 * Element types of safetensors, with their numbers in ONNX ({@code TensorProto.DataType}).
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 */
public enum WeightType {
  F64(8, 11),
  F32(4, 1),
  F16(2, 10),
  BF16(2, 16),
  F8_E4M3(1, 17),
  F8_E5M2(1, 19),
  I64(8, 7),
  I32(4, 6),
  I16(2, 5),
  I8(1, 3),
  U64(8, 13),
  U32(4, 12),
  U16(2, 4),
  U8(1, 2),
  BOOL(1, 9);

  private final int sizeBytes;
  private final int onnx;

  WeightType(int sizeBytes, int onnx) {
    this.sizeBytes = sizeBytes;
    this.onnx = onnx;
  }

  /** Bytes of one element. */
  public int sizeBytes() {
    return sizeBytes;
  }

  /** The number of {@code TensorProto.DataType}. */
  public int onnx() {
    return onnx;
  }

  /** Whether ONNX Runtime turns it into float32 with {@code Cast} and it holds plain (not quantised) numbers. */
  public boolean isFloat() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** The type of that name in a header, or null if it is none of these (F4, F6, C64 and the like). */
  static @Nullable WeightType of(String name) {
    for (WeightType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }
}

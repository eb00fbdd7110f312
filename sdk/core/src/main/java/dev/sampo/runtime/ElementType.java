package dev.sampo.runtime;

import ai.onnxruntime.OnnxJavaType;
import dev.sampo.error.RequestException;

/** Element types of tensors. The names are those of the specs: {@code float32}, {@code int64} and so on. */
public enum ElementType {
  FLOAT32("float32", 4, OnnxJavaType.FLOAT),
  FLOAT16("float16", 2, OnnxJavaType.FLOAT16),
  BFLOAT16("bfloat16", 2, OnnxJavaType.BFLOAT16),
  FLOAT64("float64", 8, OnnxJavaType.DOUBLE),
  INT8("int8", 1, OnnxJavaType.INT8),
  UINT8("uint8", 1, OnnxJavaType.UINT8),
  INT16("int16", 2, OnnxJavaType.INT16),
  INT32("int32", 4, OnnxJavaType.INT32),
  INT64("int64", 8, OnnxJavaType.INT64),
  BOOL("bool", 1, OnnxJavaType.BOOL),
  /** Anything else (strings, unsigned 16 to 64 bit, 4 and 8 bit floats). It can be described, not read or made. */
  OTHER("other", 0, OnnxJavaType.UNKNOWN);

  private final String label;
  private final int sizeBytes;
  private final OnnxJavaType onnx;

  ElementType(String label, int sizeBytes, OnnxJavaType onnx) {
    this.label = label;
    this.sizeBytes = sizeBytes;
    this.onnx = onnx;
  }

  /** The name in specs and messages, such as {@code float16}. */
  public String label() {
    return label;
  }

  /** Size of one element in bytes; 0 for {@link #OTHER}. */
  public int sizeBytes() {
    return sizeBytes;
  }

  /** Whether values of this type are floating-point numbers. */
  public boolean isFloat() {
    return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16 || this == FLOAT64;
  }

  /** Whether values of this type are whole numbers; {@link #BOOL} is not among them. */
  public boolean isInteger() {
    return this == INT8 || this == UINT8 || this == INT16 || this == INT32 || this == INT64;
  }

  /**
   * The type with the given {@link #label()}.
   *
   * @throws RequestException if there is none; the message lists those there are
   */
  public static ElementType parse(String label) {
    StringBuilder known = new StringBuilder();
    for (ElementType type : values()) {
      if (type.label.equals(label)) {
        return type;
      }
      known.append(known.length() == 0 ? "" : ", ").append(type.label);
    }
    throw new RequestException(
        "elementType", "Unknown element type '" + label + "'. Known: " + known);
  }

  OnnxJavaType onnx() {
    return onnx;
  }

  static ElementType of(OnnxJavaType onnx) {
    for (ElementType type : values()) {
      if (type.onnx == onnx) {
        return type;
      }
    }
    return OTHER;
  }

  @Override
  public String toString() {
    return label;
  }
}

package dev.sampo.onnx;

import com.google.protobuf.ByteString;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes and reads node attributes. */
public final class Attr {
  private Attr() {}

  public static AttributeProto of(String name, long value) {
    return base(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  public static AttributeProto of(String name, float value) {
    return base(name, AttributeProto.AttributeType.FLOAT).setF(value).build();
  }

  public static AttributeProto of(String name, String value) {
    return base(name, AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  public static AttributeProto of(String name, GraphProto value) {
    return base(name, AttributeProto.AttributeType.GRAPH).setG(value).build();
  }

  public static AttributeProto of(String name, TensorProto value) {
    return base(name, AttributeProto.AttributeType.TENSOR).setT(value).build();
  }

  public static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder builder = base(name, AttributeProto.AttributeType.INTS);
    for (long value : values) {
      builder.addInts(value);
    }
    return builder.build();
  }

  public static AttributeProto strings(String name, List<String> values) {
    AttributeProto.Builder builder = base(name, AttributeProto.AttributeType.STRINGS);
    for (String value : values) {
      builder.addStrings(ByteString.copyFromUtf8(value));
    }
    return builder.build();
  }

  private static AttributeProto.Builder base(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  public static @Nullable AttributeProto find(NodeProto node, String name) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute;
      }
    }
    return null;
  }

  public static long getInt(NodeProto node, String name, long fallback) {
    AttributeProto attribute = find(node, name);
    return attribute == null ? fallback : attribute.getI();
  }

  public static float getFloat(NodeProto node, String name, float fallback) {
    AttributeProto attribute = find(node, name);
    return attribute == null ? fallback : attribute.getF();
  }

  public static String getString(NodeProto node, String name, String fallback) {
    AttributeProto attribute = find(node, name);
    return attribute == null ? fallback : attribute.getS().toString(StandardCharsets.UTF_8);
  }

  public static long @Nullable [] getInts(NodeProto node, String name) {
    AttributeProto attribute = find(node, name);
    return attribute == null ? null : Tensors.longs(attribute.getIntsList());
  }

  public static long[] getInts(NodeProto node, String name, long[] fallback) {
    long[] found = getInts(node, name);
    return found == null ? fallback : found;
  }
}

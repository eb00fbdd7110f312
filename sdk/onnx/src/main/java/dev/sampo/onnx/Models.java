package dev.sampo.onnx;

import com.google.protobuf.ByteString;
import dev.sampo.io.AtomicFile;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Reads and writes {@code .onnx} files. */
public final class Models {
  private Models() {}

  /** Reads a model; weights kept in files beside it are read too. */
  public static ModelProto read(Path file) throws IOException {
    ModelProto model;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      model = ModelProto.parseFrom(in);
    }
    boolean external = model.getGraph().getInitializerList().stream().anyMatch(Models::isExternal);
    if (!external) {
      return model;
    }
    GraphProto.Builder graph = model.getGraph().toBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      if (isExternal(graph.getInitializer(i))) {
        graph.setInitializer(i, internal(graph.getInitializer(i), file));
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private static boolean isExternal(TensorProto tensor) {
    return tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
  }

  private static TensorProto internal(TensorProto tensor, Path model) throws IOException {
    Map<String, String> where = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      where.put(entry.getKey(), entry.getValue());
    }
    Path data = model.resolveSibling(where.getOrDefault("location", ""));
    try (RandomAccessFile in = new RandomAccessFile(data.toFile(), "r")) {
      long offset = Long.parseLong(where.getOrDefault("offset", "0"));
      long length =
          Long.parseLong(where.getOrDefault("length", Long.toString(in.length() - offset)));
      byte[] bytes = new byte[Math.toIntExact(length)];
      in.seek(offset);
      in.readFully(bytes);
      return tensor.toBuilder()
          .clearExternalData()
          .clearDataLocation()
          .setRawData(ByteString.copyFrom(bytes))
          .build();
    }
  }

  /** Writes a model through a temporary file, so that a reader sees the old file or the new one. */
  public static void write(ModelProto model, Path file) throws IOException {
    AtomicFile.write(file, model::writeTo);
  }
}

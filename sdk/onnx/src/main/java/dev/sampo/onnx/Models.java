package dev.sampo.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sampo.error.ModelException;
import dev.sampo.io.AtomicFile;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.runtime.SafePaths;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@code .onnx} files. */
public final class Models {
  private Models() {}

  /**
   * Reads a model; weights kept in files beside it are read too, those of bodies and constants included. Such a file has to lie in the model's
   * folder ({@link SafePaths}).
   *
   * @throws ModelException if the file is missing or no ONNX graph, or the place of a weight is absolute, leaves the folder, is negative or
   *     lies beyond the end of its file
   * @throws IOException if a file cannot be read
   */
  public static ModelProto read(Path file) throws IOException {
    ModelProto model = parse(file);
    GraphProto graph = new External(file).internal(model.getGraph());
    return graph == model.getGraph() ? model : model.toBuilder().setGraph(graph).build();
  }

  /**
   * Reads a model and leaves the weights that lie in files beside it there.
   *
   * @throws ModelException if the file is missing or no ONNX graph
   * @throws IOException if it cannot be read
   */
  public static ModelProto parse(Path file) throws IOException {
    ModelException.refuseSpecial(file);
    ModelProto model;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      model = ModelProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new ModelException(
          file,
          "Model file "
              + file
              + " is truncated or no ONNX graph: "
              + e.getMessage()
              + " Fetch or export it again.",
          e);
    } catch (NoSuchFileException e) {
      throw new ModelException(file, "Model file " + file + " does not exist. Check the path.", e);
    }
    if (!model.hasGraph()) {
      throw new ModelException(
          file, "Model file " + file + " is no ONNX graph. Fetch or export it again.");
    }
    return model;
  }

  /** Brings weights from beside a model into it; what holds none stays the same object. */
  private static final class External {
    private final Path model;
    private final Path folder;

    External(Path model) {
      this.model = model;
      Path parent = model.toAbsolutePath().getParent();
      folder = parent == null ? model.toAbsolutePath() : parent;
    }

    GraphProto internal(GraphProto graph) throws IOException {
      GraphProto.Builder result = null;
      for (int i = 0; i < graph.getInitializerCount(); i++) {
        TensorProto tensor = internal(graph.getInitializer(i));
        if (tensor != graph.getInitializer(i)) {
          result = result == null ? graph.toBuilder() : result;
          result.setInitializer(i, tensor);
        }
      }
      for (int i = 0; i < graph.getNodeCount(); i++) {
        NodeProto node = internal(graph.getNode(i));
        if (node != graph.getNode(i)) {
          result = result == null ? graph.toBuilder() : result;
          result.setNode(i, node);
        }
      }
      return result == null ? graph : result.build();
    }

    private NodeProto internal(NodeProto node) throws IOException {
      NodeProto.Builder result = null;
      for (int i = 0; i < node.getAttributeCount(); i++) {
        AttributeProto attribute = node.getAttribute(i);
        AttributeProto.Builder changed = null;
        if (attribute.hasT() && internal(attribute.getT()) != attribute.getT()) {
          changed = attribute.toBuilder().setT(internal(attribute.getT()));
        }
        GraphProto body = attribute.hasG() ? internal(attribute.getG()) : null;
        if (body != null && body != attribute.getG()) {
          changed = (changed == null ? attribute.toBuilder() : changed).setG(body);
        }
        if (changed != null) {
          result = result == null ? node.toBuilder() : result;
          result.setAttribute(i, changed);
        }
      }
      return result == null ? node : result.build();
    }

    private TensorProto internal(TensorProto tensor) throws IOException {
      if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
        return tensor;
      }
      return tensor.toBuilder()
          .clearExternalData()
          .clearDataLocation()
          .setRawData(ByteString.copyFrom(bytes(tensor)))
          .build();
    }

    private ByteBuffer bytes(TensorProto tensor) throws IOException {
      Map<String, String> place = new HashMap<>();
      for (StringStringEntryProto entry : tensor.getExternalDataList()) {
        place.put(entry.getKey(), entry.getValue());
      }
      String location = place.getOrDefault("location", "");
      Path data = SafePaths.resolve(folder, location, "the external data of " + model);
      try (FileChannel in = FileChannel.open(data, StandardOpenOption.READ)) {
        long size = in.size();
        long offset = number(tensor, place, "offset", 0);
        long length = number(tensor, place, "length", Math.max(0, size - offset));
        if (offset > size || length > size - offset || length > Integer.MAX_VALUE - 16) {
          throw wrong(
              tensor,
              "lies at bytes "
                  + offset
                  + " to "
                  + offset
                  + " + "
                  + length
                  + " of "
                  + data
                  + ", which has "
                  + size,
              null);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        while (bytes.hasRemaining()) {
          if (in.read(bytes, offset + bytes.position()) < 0) {
            throw wrong(tensor, "is cut short in " + data, null);
          }
        }
        bytes.flip();
        return bytes;
      } catch (NoSuchFileException e) {
        throw wrong(tensor, "lies in " + data + ", which does not exist", e);
      }
    }

    private long number(TensorProto tensor, Map<String, String> place, String key, long fallback) {
      String text = place.get(key);
      if (text == null) {
        return fallback;
      }
      try {
        long value = Long.parseLong(text);
        if (value >= 0) {
          return value;
        }
      } catch (NumberFormatException e) {
        throw wrong(tensor, "has the " + key + " '" + text + "', which is no number", e);
      }
      throw wrong(tensor, "has the negative " + key + " " + text, null);
    }

    private ModelException wrong(TensorProto tensor, String what, @Nullable Throwable cause) {
      return new ModelException(
          model,
          "Weight '"
              + tensor.getName()
              + "' of model file "
              + model
              + " "
              + what
              + ". Fetch or export the model again, with the files beside it.",
          cause);
    }
  }

  /** Writes a model through a temporary file, so that a reader sees the old file or the new one. */
  public static void write(ModelProto model, Path file) throws IOException {
    AtomicFile.write(file, model::writeTo);
  }
}

package dev.sampo.training.files;

import com.google.flatbuffers.FlatBufferBuilder;
import dev.sampo.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime's LoRA adapter format, which {@code OrtLoraAdapter} loads: a flatbuffer with file identifier
 * {@code TORT} of {@code Adapter{format_version, adapter_version, model_version, parameters}}.
 */
public final class AdapterFile {
  private static final int FORMAT_VERSION = 1;
  private static final int FLOAT = 1;

  private AdapterFile() {}

  /** Writes parameters by the names of the model's inputs. */
  public static void write(Path file, Map<String, CheckpointFile.Entry> parameters)
      throws IOException {
    byte[] bytes = toBytes(parameters);
    AtomicFile.write(file, out -> out.write(bytes));
  }

  static byte[] toBytes(Map<String, CheckpointFile.Entry> parameters) {
    FlatBufferBuilder b = new FlatBufferBuilder(1 << 16);
    List<Integer> offsets = new ArrayList<>();
    parameters.forEach((name, entry) -> offsets.add(parameter(b, name, entry)));
    int vector = b.createVectorOfTables(offsets.stream().mapToInt(Integer::intValue).toArray());
    b.startTable(4);
    b.addInt(0, FORMAT_VERSION, 0);
    b.addInt(1, 1, 0);
    b.addInt(2, 1, 0);
    b.addOffset(3, vector, 0);
    b.finish(b.endTable(), "TORT");
    return b.sizedByteArray();
  }

  private static int parameter(FlatBufferBuilder b, String name, CheckpointFile.Entry entry) {
    ByteBuffer raw = ByteBuffer.allocate(4 * entry.values().length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(entry.values());
    // The schema asks for data at multiples of eight bytes.
    b.startVector(1, raw.capacity(), 8);
    for (int i = raw.capacity() - 1; i >= 0; i--) {
      b.addByte(raw.get(i));
    }
    int data = b.endVector();
    b.startVector(8, entry.dims().length, 8);
    for (int i = entry.dims().length - 1; i >= 0; i--) {
      b.addLong(entry.dims()[i]);
    }
    int dims = b.endVector();
    int key = b.createString(name);
    b.startTable(4);
    b.addOffset(0, key, 0);
    b.addOffset(1, dims, 0);
    b.addInt(2, FLOAT, 0);
    b.addOffset(3, data, 0);
    return b.endTable();
  }
}

package dev.sampo.export.files;

import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file beside a graph that its weights go to, one after the other, each on a boundary of 64 bytes. */
public final class DataFile implements AutoCloseable {
  private static final int BOUNDARY = 64;

  private final String name;
  private final OutputStream out;
  private long position;

  public DataFile(Path file) throws IOException {
    name = String.valueOf(file.getFileName());
    out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
  }

  /** Begins a tensor and returns where it is. */
  public long begin() throws IOException {
    while (position % BOUNDARY != 0) {
      out.write(0);
      position++;
    }
    return position;
  }

  public void write(byte[] bytes, int count) throws IOException {
    out.write(bytes, 0, count);
    position += count;
  }

  public long position() {
    return position;
  }

  /** A tensor over bytes of this file; several may share them. */
  public TensorProto tensor(String tensorName, int type, long offset, long length, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(tensorName)
            .setDataType(type)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", name))
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Long.toString(length)));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}

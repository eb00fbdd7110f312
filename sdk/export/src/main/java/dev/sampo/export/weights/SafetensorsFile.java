package dev.sampo.export.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of a {@code .safetensors} file: eight bytes with the header's length (little-endian), a JSON object of tensors with {@code
 * dtype}, {@code shape} and {@code data_offsets} (from the end of the header), then their bytes. Only the header is read.
 *
 * <p>Nothing is allocated from a number that the file merely states: a header longer than the file or than 100 MB is refused before it is
 * read, and each tensor must lie within the file, be as long as its shape says and overlap no other.
 */
public final class SafetensorsFile {
  /** The limit of the reference implementation. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  private static final int MAX_RANK = 16;
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path path;
  private final Map<String, Weight> weights = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private SafetensorsFile(Path path) {
    this.path = path;
  }

  /**
   * Reads the header.
   *
   * @throws ModelException if the file cannot be read, is cut short or breaks the format; the message says where
   */
  public static SafetensorsFile read(Path path) {
    ModelException.refuseSpecial(path);
    SafetensorsFile file = new SafetensorsFile(path);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      file.readHeader(channel);
    } catch (IOException e) {
      throw new ModelException(
          path, "Weights " + path + " cannot be read: " + e.getMessage() + ".", e);
    }
    return file;
  }

  public Path path() {
    return path;
  }

  /** The tensors by name, in the order of the header. */
  public Map<String, Weight> weights() {
    return Collections.unmodifiableMap(weights);
  }

  /** What {@code __metadata__} says. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  private void readHeader(FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw broken("it has " + size + " bytes, fewer than the 8 that state the header's length");
    }
    long length = read(channel, 0, 8).getLong(0);
    if (length < 2 || length > MAX_HEADER_BYTES || length > size - 8) {
      throw broken(
          "its header is said to be "
              + Long.toUnsignedString(length)
              + " bytes long, but the file has "
              + size
              + " (and a header at most "
              + MAX_HEADER_BYTES
              + ")");
    }
    byte[] header = read(channel, 8, (int) length).array();
    if (header[0] != '{') {
      throw broken("its header does not begin with '{'");
    }
    try (JsonParser parser = JSON.createParser(header)) {
      parser.nextToken();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals("__metadata__")) {
          readMetadata(parser);
        } else {
          weights.put(name, readWeight(parser, name, 8 + length, size));
        }
      }
      if (parser.nextToken() != null) {
        throw broken("there is more after the header's object");
      }
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      throw broken("its header is no JSON: " + e.getOriginalMessage());
    }
    checkCover(8 + length, size);
  }

  private static ByteBuffer read(FileChannel channel, long from, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new IOException("the file ends at byte " + (from + buffer.position()));
      }
    }
    return buffer;
  }

  private void readMetadata(JsonParser parser) throws IOException {
    expect(parser, JsonToken.START_OBJECT, "__metadata__");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      expect(parser, JsonToken.VALUE_STRING, "__metadata__." + key);
      metadata.put(key, parser.getText());
    }
  }

  private Weight readWeight(JsonParser parser, String name, long dataStart, long size)
      throws IOException {
    expect(parser, JsonToken.START_OBJECT, name);
    String dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "dtype" -> {
          expect(parser, JsonToken.VALUE_STRING, name + ".dtype");
          dtype = parser.getText();
        }
        case "shape" -> shape = longs(parser, name + ".shape", MAX_RANK);
        case "data_offsets" -> offsets = longs(parser, name + ".data_offsets", 2);
        default -> throw broken("tensor '" + name + "' has the unknown entry '" + key + "'");
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
      throw broken("tensor '" + name + "' lacks its dtype, its shape or its two data_offsets");
    }
    return weight(name, dtype, shape, offsets, dataStart, size);
  }

  private Weight weight(
      String name, String dtype, long[] shape, long[] offsets, long dataStart, long size) {
    WeightType type = WeightType.of(dtype);
    if (type == null) {
      throw new ModelException(
          path,
          "Weights "
              + path
              + ": tensor '"
              + name
              + "' is of type "
              + dtype
              + ", which cannot be exported. Save the model in float32, float16 or bfloat16, one of "
              + Arrays.toString(WeightType.values())
              + ".");
    }
    long length = offsets[1] - offsets[0];
    if (length < 0 || offsets[1] > size - dataStart) {
      throw broken(
          "tensor '"
              + name
              + "' lies at "
              + Arrays.toString(offsets)
              + " of "
              + (size - dataStart)
              + " bytes; the file was perhaps not copied whole");
    }
    long wanted = type.sizeBytes();
    for (long dim : shape) {
      if (dim != 0 && wanted > Long.MAX_VALUE / dim) {
        throw broken("tensor '" + name + "' is too large: " + Arrays.toString(shape));
      }
      wanted *= dim;
    }
    if (wanted != length) {
      throw broken(
          "tensor '"
              + name
              + "' of "
              + dtype
              + Arrays.toString(shape)
              + " needs "
              + wanted
              + " bytes and has "
              + length);
    }
    return new Weight(name, type, shape, path, dataStart + offsets[0], length);
  }

  /** The tensors must fill the rest of the file without a gap or an overlap. */
  private void checkCover(long dataStart, long size) {
    List<Weight> sorted = new ArrayList<>(weights.values());
    sorted.sort(
        (a, b) ->
            a.offset() != b.offset()
                ? Long.compare(a.offset(), b.offset())
                : Long.compare(a.length(), b.length()));
    long at = dataStart;
    for (Weight weight : sorted) {
      if (weight.offset() != at) {
        throw broken(
            "tensor '"
                + weight.name()
                + "' begins at byte "
                + weight.offset()
                + ", wanted "
                + at
                + ": tensors must follow one another without gap or overlap");
      }
      at += weight.length();
    }
    if (at != size) {
      throw broken("its tensors end at byte " + at + " of " + size);
    }
  }

  private long[] longs(JsonParser parser, String what, int most) throws IOException {
    expect(parser, JsonToken.START_ARRAY, what);
    long[] values = new long[most];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser, JsonToken.VALUE_NUMBER_INT, what);
      long value = parser.getLongValue();
      if (value < 0 || count == most) {
        throw broken(
            what + (value < 0 ? " holds " + value : " has more than " + most + " entries"));
      }
      values[count++] = value;
    }
    return Arrays.copyOf(values, count);
  }

  private void expect(JsonParser parser, JsonToken wanted, String what) {
    @Nullable JsonToken token = parser.currentToken();
    if (token != wanted) {
      throw broken(what + " is " + token + ", wanted " + wanted);
    }
  }

  private ModelException broken(String how) {
    return new ModelException(
        path,
        "Weights "
            + path
            + " are no safetensors file: "
            + how
            + ". Copy it again from where the model came from.");
  }
}

package dev.sampo.imaging;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The chunks of a PNG (ISO/IEC 15948), taken apart before any library decodes: sizes and checksums are checked, and a decoder gets only
 * those that it needs. Gamma and profiles are left out on purpose: pixels are taken as they are stored, as Pillow takes them.
 */
final class PngFile {
  /** Text that takes more than this when inflated is refused: a small chunk can hold gigabytes. */
  static final int MAX_TEXT_BYTES = 1 << 24;

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  private static final int HEADER_BYTES = 13;

  private record Chunk(String type, int at, int length) {}

  private final Path file;
  private final byte[] bytes;
  private final List<Chunk> chunks = new ArrayList<>();

  private PngFile(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static boolean isPng(byte[] bytes) {
    return bytes.length >= SIGNATURE.length
        && java.util.Arrays.equals(java.util.Arrays.copyOf(bytes, SIGNATURE.length), SIGNATURE);
  }

  static PngFile of(Path file, byte[] bytes) throws IOException {
    PngFile png = new PngFile(file, bytes);
    if (!isPng(bytes)) {
      throw new IOException(file + " cannot be read as PNG: it does not begin as one.");
    }
    png.readChunks();
    return png;
  }

  private void readChunks() throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int at = SIGNATURE.length;
    while (at < bytes.length) {
      if (bytes.length - at < 12) {
        throw damaged("it is cut short");
      }
      int length = in.getInt(at);
      if (length < 0 || length > bytes.length - at - 12) {
        throw damaged("a chunk of " + (length & 0xffffffffL) + " bytes does not fit in the file");
      }
      String type = new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1);
      chunks.add(new Chunk(type, at + 8, length));
      if (type.equals("IEND")) {
        break;
      }
      at += 12 + length;
    }
    Chunk first = chunks.isEmpty() ? null : chunks.get(0);
    if (first == null || !first.type.equals("IHDR") || first.length != HEADER_BYTES) {
      throw damaged("it does not begin with a header");
    }
  }

  private void checkSum(ByteBuffer in, Chunk chunk) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes, chunk.at - 4, chunk.length + 4);
    if ((int) crc.getValue() != in.getInt(chunk.at + chunk.length)) {
      throw damaged("the checksum of its chunk " + chunk.type + " is wrong");
    }
  }

  private static boolean isCritical(String type) {
    return Character.isUpperCase(type.charAt(0));
  }

  IOException damaged(String why) {
    return new IOException(file + " is a damaged PNG: " + why + ".");
  }

  long widthPx() {
    return ByteBuffer.wrap(bytes).getInt(chunks.get(0).at) & 0xffffffffL;
  }

  long heightPx() {
    return ByteBuffer.wrap(bytes).getInt(chunks.get(0).at + 4) & 0xffffffffL;
  }

  int bitDepth() {
    return bytes[chunks.get(0).at + 8] & 0xff;
  }

  /** The Exif block, a TIFF file; empty if there is none. */
  byte[] exif() {
    for (Chunk chunk : chunks) {
      if (chunk.type.equals("eXIf")) {
        return java.util.Arrays.copyOfRange(bytes, chunk.at, chunk.at + chunk.length);
      }
    }
    return new byte[0];
  }

  /** A PNG of no more than pixels, palette and transparency. */
  byte[] pixelsOnly() throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    for (Chunk chunk : chunks) {
      if (isCritical(chunk.type)) {
        checkSum(in, chunk);
      }
    }
    return with(type -> isCritical(type) || type.equals("tRNS"));
  }

  /** A PNG of no more than header and text, none of it larger than {@link #MAX_TEXT_BYTES} in all. */
  byte[] textOnly() throws IOException {
    long size = 0;
    for (Chunk chunk : chunks) {
      if (isText(chunk.type)) {
        size += chunk.type.equals("tEXt") ? chunk.length : inflated(chunk);
        if (size > MAX_TEXT_BYTES) {
          throw new IOException(
              file + " holds more than " + MAX_TEXT_BYTES + " bytes of text; so much is not read.");
        }
      }
    }
    return with(type -> isText(type) || type.equals("IHDR") || type.equals("IEND"));
  }

  private static boolean isText(String type) {
    return type.equals("tEXt") || type.equals("zTXt") || type.equals("iTXt");
  }

  /** Bytes of a chunk's compressed text, counted without keeping them, up to a little over the limit. */
  private long inflated(Chunk chunk) {
    int end = chunk.at + chunk.length;
    int from = chunk.at;
    while (from < end && bytes[from] != 0) {
      from++;
    }
    // zTXt: 0, method, stream; iTXt: 0, compressed?, method, language 0, keyword 0, stream.
    from += chunk.type.equals("zTXt") ? 2 : 3;
    for (int zeros = chunk.type.equals("zTXt") ? 0 : 2; zeros > 0 && from < end; from++) {
      zeros -= bytes[from] == 0 ? 1 : 0;
    }
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(bytes, Math.min(from, end), Math.max(0, end - from));
      byte[] piece = new byte[1 << 16];
      long size = chunk.length;
      while (size <= MAX_TEXT_BYTES && !inflater.finished()) {
        int n = inflater.inflate(piece);
        if (n == 0) {
          break;
        }
        size += n;
      }
      return size;
    } catch (DataFormatException e) {
      // Not compressed, or damaged, which whoever reads it says better.
      return chunk.length;
    } finally {
      inflater.end();
    }
  }

  private byte[] with(Predicate<String> kept) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
    DataOutputStream data = new DataOutputStream(out);
    data.write(SIGNATURE);
    for (Chunk chunk : chunks) {
      if (kept.test(chunk.type)) {
        data.write(bytes, chunk.at - 8, chunk.length + 12);
      }
    }
    return out.toByteArray();
  }
}

package dev.sampo.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf fields straight from a file through a small window, stepping over what is not wanted without reading it: a model of
 * gigabytes is described by reading a few hundred kilobytes, within any heap. Protobuf's own library would read every weight into memory.
 *
 * <p>Wire format: a tag is {@code field << 3 | type}; type 0 is a varint, 1 eight bytes, 2 a length and that many bytes, 5 four bytes.
 */
final class ProtoReader {
  static final int VARINT = 0;
  static final int BYTES = 2;

  private final FileChannel channel;
  private final ByteBuffer window = ByteBuffer.allocate(1 << 16);
  private long windowStart;
  private long position;
  private long limit;

  ProtoReader(FileChannel channel) throws IOException {
    this.channel = channel;
    this.limit = channel.size();
    window.limit(0);
  }

  /** The file is no protobuf message, or ends too early. */
  static final class MalformedException extends IOException {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
      super(message);
    }
  }

  boolean hasMore() {
    return position < limit;
  }

  /** Bytes up to the end of the message that was entered. */
  long left() {
    return limit - position;
  }

  /** The next tag. */
  int tag() throws IOException {
    long tag = varint();
    if (tag <= 0 || tag > Integer.MAX_VALUE || tag >>> 3 == 0) {
      throw new MalformedException("no field at byte " + position);
    }
    return (int) tag;
  }

  long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = next();
      value |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw new MalformedException("a number at byte " + position + " does not end");
  }

  /** Enters a message; hand the result to {@link #leave}. */
  long enter() throws IOException {
    long length = length();
    long outer = limit;
    limit = position + length;
    return outer;
  }

  /** Leaves a message, read to its end or not. */
  void leave(long outer) {
    position = limit;
    limit = outer;
  }

  long length() throws IOException {
    long length = varint();
    if (length < 0 || length > limit - position) {
      throw new MalformedException(
          "a field at byte "
              + position
              + " has "
              + length
              + " bytes, but only "
              + (limit - position)
              + " are left");
    }
    return length;
  }

  String string() throws IOException {
    long length = length();
    if (length > 1 << 20) {
      throw new MalformedException("a name at byte " + position + " has " + length + " bytes");
    }
    byte[] bytes = new byte[(int) length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) next();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Steps over the value of a field. */
  void skip(int tag) throws IOException {
    switch (tag & 7) {
      case VARINT:
        varint();
        break;
      case 1:
        jump(8);
        break;
      case BYTES:
        jump(length());
        break;
      case 5:
        jump(4);
        break;
      default:
        throw new MalformedException("no field at byte " + position);
    }
  }

  private void jump(long n) throws IOException {
    if (n > limit - position) {
      throw new MalformedException("the file ends within a field at byte " + position);
    }
    position += n;
  }

  /** The next byte. */
  int next() throws IOException {
    if (position >= limit) {
      throw new MalformedException("a message ends too early at byte " + position);
    }
    long offset = position - windowStart;
    if (offset < 0 || offset >= window.limit()) {
      fill();
      offset = 0;
    }
    position++;
    return window.get((int) offset) & 0xff;
  }

  private void fill() throws IOException {
    window.clear();
    windowStart = position;
    while (window.position() == 0) {
      if (channel.read(window, windowStart) < 0) {
        throw new MalformedException("the file ends at byte " + position);
      }
    }
    window.flip();
  }
}

package dev.sampo.cli;

import dev.sampo.error.Printable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Writes UTF-8 to a terminal with control characters written out, so that nothing a model or a file says can steer it. A carriage return passes
 * where progress bars need it.
 */
final class EscapingStream extends OutputStream {
  private final OutputStream out;
  private final boolean returns;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final ByteBuffer bytes = ByteBuffer.allocate(8192);
  private final CharBuffer chars = CharBuffer.allocate(8192);

  private EscapingStream(OutputStream out, boolean returns) {
    this.out = out;
    this.returns = returns;
  }

  /**
   * A print stream over another.
   *
   * @param returns whether carriage returns pass
   */
  static PrintStream over(OutputStream out, boolean returns) {
    return new PrintStream(new EscapingStream(out, returns), true, StandardCharsets.UTF_8);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    int at = offset;
    while (at < offset + length) {
      int n = Math.min(bytes.remaining(), offset + length - at);
      bytes.put(source, at, n);
      at += n;
      bytes.flip();
      decoder.decode(bytes, chars, false);
      bytes.compact();
      chars.flip();
      out.write(shown(chars.toString()).getBytes(StandardCharsets.UTF_8));
      chars.clear();
    }
  }

  private String shown(String text) {
    if (!returns || text.indexOf('\r') < 0) {
      return Printable.text(text);
    }
    StringBuilder all = new StringBuilder();
    int start = 0;
    for (int at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', start)) {
      all.append(Printable.text(text.substring(start, at))).append('\r');
      start = at + 1;
    }
    return all.append(Printable.text(text.substring(start))).toString();
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}

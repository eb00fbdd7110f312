package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.SampoException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentencePieceFileTest {
  @TempDir Path folder;

  private static void piece(ByteArrayOutputStream out, int text, int type) {
    out.writeBytes(
        new byte[] {0x0a, 10, 0x0a, 1, (byte) text, 0x15, 0, 0, 0, 0, 0x18, (byte) type});
  }

  private Tokenizer read(byte[] bytes) throws IOException {
    Files.write(folder.resolve("tokenizer.model"), bytes);
    return Tokenizer.fromFolder(folder);
  }

  @Test
  void fromFolder_whenAFieldHasTheWrongWireType_thenErrorOfItsOwnKind() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    piece(out, '?', 2);
    piece(out, 'a', 1);
    // The normalizer: its table (field 2) as a number.
    out.writeBytes(new byte[] {0x1a, 2, 0x10, 5});
    assertThrows(SampoException.class, () -> read(out.toByteArray()));
  }

  @Test
  void fromFolder_whenCutShort_thenErrorOfItsOwnKind() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    piece(out, '?', 2);
    piece(out, 'a', 1);
    byte[] whole = out.toByteArray();
    for (int length = 0; length < whole.length - 12; length++) {
      byte[] cut = java.util.Arrays.copyOf(whole, length);
      if (length != 12) {
        assertThrows(SampoException.class, () -> read(cut), "" + length);
      }
    }
  }
}

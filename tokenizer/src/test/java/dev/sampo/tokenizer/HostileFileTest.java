package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are broken or mean harm end in an error that says where. */
class HostileFileTest {
  private static Tokenizer read(String json) {
    return Tokenizer.fromStream(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static String error(String json) {
    return String.valueOf(assertThrows(TokenizerException.class, () -> read(json)).getMessage());
  }

  private static String withNormalizer(String normalizer) {
    return "{\"normalizer\":"
        + normalizer
        + ",\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"a\"}}";
  }

  @Test
  void read_whenComponentIsUnknown_thenNamesThePath() {
    assertTrue(
        error(withNormalizer("{\"type\":\"Nope\"}"))
            .contains("$.normalizer: unknown normalizer type 'Nope'"));
  }

  @Test
  void read_whenMergeIsNotInVocabulary_thenNamesTheMerge() {
    String message =
        error("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1},\"merges\":[\"a b\"]}}");
    assertTrue(message.contains("$.model.merges[0]") && message.contains("'ab'"), message);
  }

  @Test
  void read_whenNestedDeeply_thenIsAnError() {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      json.append("{\"type\":\"Sequence\",\"normalizers\":[");
    }
    error(withNormalizer(json.toString()));
  }

  @Test
  void read_whenCutShort_thenIsAnError() {
    error("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0");
    error("");
    error("[]");
    error("{}");
  }

  @Test
  void read_whenIdIsHuge_thenIsAnErrorAndTakesNoMemory() {
    error("{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":2147483000},\"unk_token\":\"a\"}}");
    error("{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":-1},\"unk_token\":\"a\"}}");
  }

  @Test
  void fromFolder_whenAnIdOfOlderFilesIsHuge_thenErrorNamesTheFolder(@TempDir Path folder)
      throws IOException {
    Files.write(
        folder.resolve("vocab.json"),
        "{\"a\":0,\"b\":2147483647}".getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("merges.txt"), new byte[0]);
    ModelException e = assertThrows(ModelException.class, () -> Tokenizer.fromFolder(folder));
    assertTrue(e.getMessage().contains("has id 2147483647 but only 2 tokens"), e.getMessage());
    assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
  }

  @Test
  void encode_whenRegexIsCatastrophic_thenIsAnErrorAndNotAHang() {
    Tokenizer t =
        read(
            withNormalizer(
                "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a*)*(a|aa)+(.*)*b\"},\"content\":\"\"}"));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      text.append('a');
    }
    assertThrows(TokenizerException.class, () -> t.encode(text.toString()));
  }

  @Test
  void read_whenRepeatIsHuge_thenIsAnError() {
    error(
        withNormalizer(
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a{1000000}\"},\"content\":\"\"}"));
    error(withNormalizer("{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(\"},\"content\":\"\"}"));
  }

  @Test
  void read_whenPaddingIsHuge_thenIsAnErrorAndTakesNoMemory() {
    // found by the fuzz test
    String json =
        "{\"padding\":{\"strategy\":{\"Fixed\":8},\"direction\":\"Left\",\"pad_to_multiple_of\":2147483647},"
            + "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"a\"}}";
    assertThrows(TokenizerException.class, () -> read(json));
  }

  @Test
  void encode_whenTemplateIsEmpty_thenIsEmpty() {
    // found by the fuzz test
    Tokenizer t =
        read(
            "{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[],\"pair\":[],\"special_tokens\":{}},"
                + "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"a\"}}");
    assertArrayEquals(new int[0], t.encode("a", true).ids());
    assertArrayEquals(new int[0], t.encodeToIds("a", true));
  }

  @Test
  void encode_whenLoneSurrogate_thenIsAnError() {
    Tokenizer t = read(withNormalizer("null"));
    assertThrows(TokenizerException.class, () -> t.encode("a\uD800b"));
    assertThrows(TokenizerException.class, () -> t.encodeToIds("\uDC00", true));
  }

  @Test
  void decode_whenIdIsUnknown_thenIsLeftOut() {
    Tokenizer t = read(withNormalizer("null"));
    assertTrue(t.decode(new int[] {5, -1, Integer.MAX_VALUE}, false).isEmpty());
    assertArrayEquals(new byte[0], t.tokenBytes(99));
  }

  @Test
  void fromStream_whenARegexIsDeep_thenErrorAndNoOverflow() {
    for (String[] c :
        new String[][] {
          {"", "(?i)", "a"},
          {"a", "*", ""},
          {"a", "+?", ""},
          {"a", "{1,2}", ""},
          {"", "(", ""},
          {"", "(?:a|", ""},
          {"", "[", ""},
          {"", "(?=", ""},
          {"(?x)a", " *", ""}
        }) {
      StringBuilder regex = new StringBuilder(c[0]);
      for (int i = 0; i < 15_000; i++) {
        regex.append(c[1]);
      }
      String message =
          error(
              "{\"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"Regex\": \""
                  + regex.append(c[2])
                  + "\"}, \"behavior\": \"Isolated\", \"invert\": false},"
                  + " \"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}, \"unk_token\": \"a\"}}");
      org.junit.jupiter.api.Assertions.assertTrue(message.contains("more than 200"), message);
    }
  }

  @Test
  void fromFolder_whenASentencePieceFileIsChanged_thenErrorHasItsPath(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) throws java.io.IOException {
    java.util.Random random = new java.util.Random(5);
    java.nio.file.Path file = folder.resolve("tokenizer.model");
    for (String name : new String[] {"spm_bpe", "spm_unigram"}) {
      byte[] whole =
          java.nio.file.Files.readAllBytes(
              java.nio.file.Paths.get("src/test/resources/golden/older", name, "tokenizer.model"));
      for (int i = 0; i < 400; i++) {
        byte[] changed =
            java.util.Arrays.copyOf(
                whole, i % 4 == 0 ? 1 + random.nextInt(whole.length) : whole.length);
        for (int k = 0; k < 4; k++) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        java.nio.file.Files.write(file, changed);
        try {
          Tokenizer t = Tokenizer.fromFolder(folder);
          t.decode(t.encodeToIds("Hello, world"));
        } catch (dev.sampo.error.ModelException e) {
          org.junit.jupiter.api.Assertions.assertEquals(file, e.path());
        } catch (TokenizerException e) {
          // a text that this vocabulary has no token for
        }
      }
    }
  }
}

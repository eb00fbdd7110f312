package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListTokenizerTest {
  @TempDir Path folder;

  private Tokenizer read(String sampoJson) throws IOException {
    Files.write(folder.resolve("sampo.json"), sampoJson.getBytes(StandardCharsets.UTF_8));
    return Tokenizer.fromFolder(folder);
  }

  @Test
  void encode_whenCharacters_thenOneIdEach() throws IOException {
    Tokenizer t = read("{\"vocab\": [\"\\n\", \"a\", \"😀\"], \"bos_token_id\": 0}");
    assertArrayEquals(new int[] {1, 2, 0}, t.encodeToIds("a😀\n"));
    assertEquals("a😀\n", t.decode(new int[] {1, 2, 0}));
    assertEquals(0, t.bosTokenId());
    assertEquals(-1, t.eosTokenId());
    Encoding encoding = t.encode("a😀\n");
    assertArrayEquals(new int[] {1, 2, 0}, encoding.ids());
  }

  @Test
  void decode_whenRoleIsLongerThanCharacter_thenItIsSpecial() throws IOException {
    Tokenizer t =
        read("{\"vocab\": [\"<end>\", \"a\", \"b\"], \"bos_token_id\": 1, \"eos_token_id\": 0}");
    assertTrue(t.isSpecial(0));
    assertFalse(t.isSpecial(1));
    assertEquals("ab", t.decode(new int[] {1, 2, 0}));
    assertEquals("ab<end>", t.decode(new int[] {1, 2, 0}, false));
    assertEquals(0, t.tokenBytes(0).length);
  }

  @Test
  void decode_whenWords_thenSpacesBetweenButForUnspaced() throws IOException {
    Tokenizer t =
        read(
            "{\"level\": \"word\", \"lowercase\": true, \"token_pattern\": \"\\\\w+|[.,]\","
                + " \"vocab\": [\"<eos>\", \"hello\", \"world\", \".\", \"<unk>\"],"
                + " \"unspaced_tokens\": [\".\"], \"eos_token_id\": 0, \"unk_token_id\": 4}");
    int[] ids = t.encodeToIds("Hello WORLD xyz.");
    assertArrayEquals(new int[] {1, 2, 4, 3}, ids);
    assertEquals("hello world.", t.decode(new int[] {1, 2, 3, 0}));
    assertEquals("hello world.<eos>", t.decode(new int[] {1, 2, 3, 0}, false));
    assertTrue(t.isSpecial(0));
    assertTrue(t.stripsFirstSpace());
    assertArrayEquals(" world".getBytes(StandardCharsets.UTF_8), t.tokenBytes(2));
    StreamingDecoder stream = t.newStreamingDecoder(true);
    assertEquals("hello", stream.next(1, false));
    assertEquals(" world", stream.next(2, false));
    assertEquals(".", stream.next(3, true));
  }

  @Test
  void target_whenTwoVocabularies_thenTheSecond() throws IOException {
    Tokenizer t = read("{\"source_vocab\": [\"a\", \"b\"], \"target_vocab\": [\"c\"]}");
    assertEquals(2, t.vocabularySize());
    assertEquals("c", t.target().decode(new int[] {0}));
  }

  @Test
  void encode_whenNothingStandsForTheUnknown_thenErrorNamesIt() throws IOException {
    Tokenizer t = read("{\"vocab\": [\"a\"]}");
    TokenizerException e = assertThrows(TokenizerException.class, () -> t.encodeToIds("ab"));
    assertEquals(
        "The model does not know 'b', and has no token for what is unknown. It knows [a].",
        e.getMessage());
  }

  @Test
  void encode_whenTruncatedAndPadded_thenLengthsHold() throws IOException {
    Tokenizer t =
        read("{\"vocab\": [\"a\", \"b\", \"p\"]}")
            .withTruncation(Truncation.to(3))
            .withPadding(new Padding(null, false, 0, 2, 0, "p"));
    List<Encoding> both = t.encodeBatch(List.of(Input.text("aabb"), Input.text("b")), true);
    assertArrayEquals(new int[] {0, 0, 1}, both.get(0).ids());
    assertArrayEquals(new int[] {1, 2, 2}, both.get(1).ids());
  }

  @Test
  void fromFolder_whenAFileIsAtFault_thenModelExceptionHasItsPath() throws IOException {
    ModelException level =
        assertThrows(
            ModelException.class, () -> read("{\"vocab\": [\"a\"], \"level\": \"syllable\"}"));
    assertEquals(folder.resolve("sampo.json"), level.path());
    assertTrue(String.valueOf(level.getMessage()).contains("sampo.json: $.level: is 'syllable'"));
    Files.delete(folder.resolve("sampo.json"));

    assertNull(Tokenizer.findIn(folder));
    ModelException none = assertThrows(ModelException.class, () -> Tokenizer.fromFolder(folder));
    assertEquals(folder, none.path());

    Path json = folder.resolve("tokenizer.json");
    Files.write(json, "{\"model\": {".getBytes(StandardCharsets.UTF_8));
    ModelException cut = assertThrows(ModelException.class, () -> Tokenizer.fromFolder(folder));
    assertEquals(json, cut.path());
    assertTrue(String.valueOf(cut.getMessage()).startsWith(json.toString()));
    assertNotNull(cut.getCause());
  }
}

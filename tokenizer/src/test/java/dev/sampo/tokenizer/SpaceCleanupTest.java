package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpaceCleanupTest {
  @TempDir Path folder;

  private Tokenizer wordPiece(String config) throws IOException {
    Files.write(
        folder.resolve("tokenizer.json"),
        ("{\"model\": {\"type\": \"WordLevel\", \"unk_token\": \"?\", \"vocab\": {\"?\": 0, \"do\": 1,"
                + " \"n't\": 2, \"it\": 3, \"'s\": 4, \".\": 5, \"n\": 6, \"'\": 7, \"t\": 8}}}")
            .getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("tokenizer_config.json"), config.getBytes(StandardCharsets.UTF_8));
    return Tokenizer.fromFolder(folder);
  }

  @Test
  void decode_whenTheConfigurationAsksForIt_thenSpacesBeforePunctuationGo() throws IOException {
    int[] ids = {1, 2, 3, 4, 5};
    assertEquals("do n't it 's .", wordPiece("{}").decode(ids));
    Tokenizer cleaned = wordPiece("{\"clean_up_tokenization_spaces\": true}");
    assertEquals("don't it's.", cleaned.decode(ids));
    assertEquals("don't", cleaned.decode(new int[] {1, 6, 7, 8}));
  }

  @Test
  void stream_whenMoreChangesWhatWas_thenItIsHeldBack() throws IOException {
    Tokenizer cleaned = wordPiece("{\"clean_up_tokenization_spaces\": true}");
    for (int[] ids : new int[][] {{1, 2, 3, 4, 5}, {1, 6, 7, 8, 3}, {1, 6}, {3, 7, 3}, {1, 6, 7}}) {
      StreamingDecoder stream = cleaned.newStreamingDecoder(true);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < ids.length; i++) {
        text.append(stream.next(ids[i], i == ids.length - 1));
      }
      assertEquals(cleaned.decode(ids), text.toString());
    }
  }

  @Test
  void config_whenTokensHaveNamesOfTheirOwn_thenTemplatesSeeThem() throws IOException {
    Tokenizer t =
        wordPiece(
            "{\"image_token\": \"<image>\", \"extra_special_tokens\": {\"audio_token\": {\"content\": \"<a>\"}},"
                + " \"chat_template\": \"{{ image_token }}{{ audio_token }}\"}");
    assertEquals(
        "<image><a>",
        dev.sampo.tokenizer.chat.ChatTemplate.of(t).apply(java.util.List.of(), false));
    Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.write(folder.resolve("chat_template.jinja"), "file".getBytes(StandardCharsets.UTF_8));
    Files.write(
        folder.resolve("additional_chat_templates/tool_use.jinja"),
        "tools {{ tools|length }}".getBytes(StandardCharsets.UTF_8));
    dev.sampo.tokenizer.chat.ChatTemplate both =
        dev.sampo.tokenizer.chat.ChatTemplate.of(Tokenizer.fromFolder(folder));
    assertEquals("file", both.apply(java.util.List.of(), false));
    assertEquals(
        "tools 1",
        both.apply(java.util.List.of(), false, java.util.Map.of("tools", java.util.List.of("x"))));
    assertEquals("[default, tool_use]", both.names().toString());
  }

  /** huggingface/tokenizers 1392: the decoder takes letters of an added token for bytes, as tokenizers 0.23.2 does. */
  @Test
  void decode_whenAddedTokenHasLettersOfTheByteMap_thenAsTokenizersDoes() throws IOException {
    Files.write(
        folder.resolve("tokenizer.json"),
        ("{\"added_tokens\": [{\"id\": 0, \"content\": \"il\u00d6veyou\", \"normalized\": true, \"special\": false}, {\"id\": 1,"
                + " \"content\": \"\u0120x\", \"normalized\": true, \"special\": false}, {\"id\": 2, \"content\": \" plain\","
                + " \"normalized\": true, \"special\": false}, {\"id\": 3, \"content\": \"\u65e5\u672c\", \"normalized\": true,"
                + " \"special\": false}], \"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false,"
                + " \"use_regex\": false}, \"decoder\": {\"type\": \"ByteLevel\"}, \"model\": {\"type\": \"BPE\","
                + " \"vocab\": {}, \"merges\": []}}")
            .getBytes(StandardCharsets.UTF_8));
    Tokenizer t = Tokenizer.fromFolder(folder);
    assertArrayEquals(new int[] {0, 3}, t.encodeToIds("il\u00d6veyou\u65e5\u672c"));
    assertEquals("il\ufffdveyou\u65e5\u672c", t.decode(new int[] {0, 3}));
    assertArrayEquals(new int[] {1, 2}, t.encodeToIds("\u0120x plain"));
    assertEquals(" x plain", t.decode(new int[] {1, 2}));
  }
}

package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Folders of Optimum's Marian export: SentencePiece cuts, vocab.json numbers. */
class MarianCasesTest {
  @TestFactory
  Stream<DynamicTest> encode_whenMarianFolder_thenTheIdsOfTransformers() throws IOException {
    return Cases.find(
            p ->
                p.endsWith("want.json")
                    && Files.exists(p.resolveSibling("folder").resolve("source.spm")))
        .stream()
        .map(want -> DynamicTest.dynamicTest(want.toString(), () -> check(want)));
  }

  private static void check(Path want) throws IOException {
    int[] ids = Golden.MAPPER.readValue(Files.readAllBytes(want), int[].class);
    Tokenizer tokenizer = Tokenizer.fromFolder(want.resolveSibling("folder"));
    String text = tokenizer.decode(ids);
    assertArrayEquals(ids, tokenizer.encodeToIds(text), text);
    assertArrayEquals(ids, tokenizer.encode(text).ids(), text);
    assertEquals(ids[ids.length - 1], tokenizer.eosTokenId());
    int[] plain = Arrays.copyOf(ids, ids.length - 1);
    assertArrayEquals(plain, tokenizer.encodeToIds(text, false), text);
    StringBuilder streamed = new StringBuilder();
    StreamingDecoder stream = tokenizer.target().newStreamingDecoder(true);
    for (int i = 0; i < ids.length; i++) {
      streamed.append(stream.next(ids[i], i == ids.length - 1));
    }
    assertEquals(text, streamed.toString());
  }
}

package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every text, on byte-level BPE with GPT-2's vocabulary and on small tokenizers of other kinds. */
class TokenizerPropertyTest {
  private static final Path FOLDER =
      java.nio.file.Paths.get("src/test/resources/golden/text/tokenizers");
  private static final Tokenizer GPT2 = Tokenizer.fromFile(FOLDER.resolve("gpt2/tokenizer.json"));
  private static final List<Tokenizer> OTHERS = others();

  private static List<Tokenizer> others() {
    List<Tokenizer> out = new ArrayList<>();
    for (String name :
        new String[] {
          "x_llama2",
          "x_qwen2",
          "x_o200k",
          "x_llama3",
          "x_unigram_bytes",
          "t5_unigram",
          "bert_uncased"
        }) {
      out.add(Tokenizer.fromFile(FOLDER.resolve(name).resolve("tokenizer.json")));
    }
    return out;
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<Integer> any =
        Arbitraries.integers().between(0, 0x10FFFF).filter(c -> c < 0xD800 || c > 0xDFFF);
    Arbitrary<Integer> common =
        Arbitraries.of(
            "abcdeABC 0123 \t\r\n'.,!?sStTmMdD-_é日本\u0301\u00a0\u2028\u3000ſ👍🏽\u200dक्ष"
                .codePoints()
                .boxed()
                .toList());
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(1, any), net.jqwik.api.Tuple.of(4, common))
        .list()
        .ofMaxSize(60)
        .map(
            codes -> {
              StringBuilder text = new StringBuilder();
              codes.forEach(text::appendCodePoint);
              return text.toString();
            });
  }

  @Property(tries = 2000)
  void decode_whenEncodedByBytes_thenGivesTheText(@ForAll("texts") String text) {
    assertEquals(text, GPT2.decode(GPT2.encode(text).ids(), false));
  }

  @Property(tries = 1000)
  void offsets_whenEncodedByBytes_thenPointAtTheTokensText(@ForAll("texts") String text) {
    Encoding e = GPT2.encode(text);
    int[] starts = e.starts();
    int[] ends = e.ends();
    int last = 0;
    for (int i = 0; i < e.length(); i++) {
      String shown = GPT2.decode(new int[] {e.id(i)}, false);
      String part = text.substring(starts[i], ends[i]);
      assertTrue(starts[i] <= last && last <= ends[i], "tokens leave nothing out");
      assertTrue(
          shown.indexOf('\uFFFD') >= 0 || shown.equals(part), () -> shown + " is not " + part);
      last = ends[i];
    }
    assertEquals(text.length(), last);
  }

  @Property(tries = 1000)
  void offsets_whenAnyTokenizer_thenLieWithinTheTextInBothUnits(@ForAll("texts") String text) {
    for (Tokenizer t : OTHERS) {
      Encoding e = t.encode(text);
      for (int i = 0; i < e.length(); i++) {
        assertTrue(
            0 <= e.starts()[i] && e.starts()[i] <= e.ends()[i] && e.ends()[i] <= text.length());
        assertEquals(text.codePointCount(0, e.starts()[i]), e.codePointStarts()[i]);
        assertEquals(text.codePointCount(0, e.ends()[i]), e.codePointEnds()[i]);
      }
      assertArrayEquals(e.ids(), t.encodeToIds(text, true));
    }
  }

  @Property(tries = 1000)
  void stream_whenIdsComeOneByOne_thenJoinsToTheWholeDecode(@ForAll("texts") String text) {
    List<Tokenizer> all = new ArrayList<>(OTHERS);
    all.add(GPT2);
    for (Tokenizer t : all) {
      int[] ids = t.encode(text).ids();
      StreamingDecoder stream = t.newStreamingDecoder(false);
      StringBuilder joined = new StringBuilder();
      for (int id : ids) {
        String piece = stream.add(id);
        assertTrue(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)));
        joined.append(piece);
      }
      assertEquals(t.decode(ids, false), joined.append(stream.finish()).toString());
    }
  }

  @Property(tries = 500)
  void stream_whenIdsAreRandom_thenJoinsToTheWholeDecode(
      @ForAll @net.jqwik.api.constraints.Size(max = 40)
          List<@net.jqwik.api.constraints.IntRange(max = 50256) Integer> list) {
    int[] ids = list.stream().mapToInt(Integer::intValue).toArray();
    StreamingDecoder stream = GPT2.newStreamingDecoder(true);
    StringBuilder joined = new StringBuilder();
    for (int id : ids) {
      joined.append(stream.add(id));
    }
    assertEquals(GPT2.decode(ids, true), joined.append(stream.finish()).toString());
  }

  @Property(tries = 300)
  void encode_whenManyThreads_thenAllGiveTheSame(@ForAll("texts") String text) {
    int[] wanted = GPT2.encode(text).ids();
    List<Input> inputs = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      inputs.add(Input.text(text));
    }
    for (Encoding e : GPT2.encodeBatch(inputs, true)) {
      assertArrayEquals(wanted, e.ids());
    }
  }
}

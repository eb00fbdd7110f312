package dev.sampo.tokenizer.pretokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.tokenizer.regex.Regex;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.SplitBehavior;
import dev.sampo.tokenizer.text.Splits;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** The hand-written splitters against the regular expressions that they stand for. */
class FamousSplittersPropertyTest {
  private static final String[] PATTERNS = {
    FamousSplitters.GPT2,
    FamousSplitters.CL100K,
    FamousSplitters.CL100K_POSSESSIVE,
    FamousSplitters.QWEN2,
    FamousSplitters.O200K,
    FamousSplitters.O200K_NO_SLASH
  };
  private static final Regex[] REGEXES = new Regex[PATTERNS.length];

  static {
    for (int i = 0; i < PATTERNS.length; i++) {
      REGEXES[i] = Regex.compile(PATTERNS[i]);
    }
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<Integer> any =
        Arbitraries.integers().between(0, 0x10FFFF).filter(c -> c < 0xD800 || c > 0xDFFF);
    Arbitrary<Integer> tricky =
        Arbitraries.of(
            "  \t\n\r\n'''sStTmMdDlLvVrReEſK\u212Aab1234٣Ⅷ½²漢カʰªǅ\u0301\u0903\u00a0\u2028\u3000\u0085\u200b.,/!?-_$👍𝒳𐐀𝟙\uD83C\uDFFD"
                .codePoints()
                .boxed()
                .toList());
    return Arbitraries.frequencyOf(Tuple.of(1, any), Tuple.of(6, tricky))
        .list()
        .ofMinSize(1)
        .ofMaxSize(40)
        .map(
            codes -> {
              StringBuilder text = new StringBuilder();
              codes.forEach(text::appendCodePoint);
              return text.toString();
            });
  }

  @Property(tries = 5000)
  void cut_whenAnyText_thenEqualsTheRegex(@ForAll("texts") String text) {
    for (int i = 0; i < PATTERNS.length; i++) {
      Splits byHand = new Splits(new AlignedText(text));
      byHand.cut(Objects.requireNonNull(FamousSplitters.find(PATTERNS[i])));
      Splits byRegex = new Splits(new AlignedText(text));
      byRegex.split(REGEXES[i]::findAll, SplitBehavior.ISOLATED, false);
      assertEquals(pieces(byRegex), pieces(byHand), PATTERNS[i]);
    }
  }

  private static List<String> pieces(Splits splits) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < splits.size(); i++) {
      out.add(new String(splits.text().chars(), splits.from(i), splits.to(i) - splits.from(i)));
    }
    return out;
  }
}

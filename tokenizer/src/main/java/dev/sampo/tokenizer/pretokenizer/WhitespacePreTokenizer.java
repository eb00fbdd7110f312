package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.Splits;
import dev.sampo.tokenizer.text.UnicodeTables;

/** {@code \w+|[^\w\s]+}: words, and runs of what is neither word nor white space. */
final class WhitespacePreTokenizer implements PreTokenizer {
  private static final CodePointSet SPACE = UnicodeTables.set("whitespace_dropped");
  private static final CodePointSet MARK = UnicodeTables.set("whitespace_not_word");

  @Override
  public void preTokenize(Splits splits) {
    splits.cut(WhitespacePreTokenizer::cut);
  }

  private static int kind(int c) {
    return SPACE.contains(c) ? 0 : MARK.contains(c) ? 1 : 2;
  }

  private static void cut(char[] text, int from, int to, Splits out) {
    int start = from;
    int last = 0;
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      int kind = kind(c);
      if (kind != last) {
        if (last != 0) {
          out.piece(start, i);
        }
        start = i;
        last = kind;
      }
      i += Character.charCount(c);
    }
    if (last != 0) {
      out.piece(start, to);
    }
  }
}

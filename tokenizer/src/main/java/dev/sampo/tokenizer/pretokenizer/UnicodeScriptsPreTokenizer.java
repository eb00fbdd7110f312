package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.Splits;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.List;

/**
 * Splits where the script changes; Han, Hiragana and Katakana count as one, and spaces belong to what is before them.
 * Spaces at the head belong to nothing and are left out, as in the reference.
 */
final class UnicodeScriptsPreTokenizer implements PreTokenizer {
  private static final CodePointSet ANY = UnicodeTables.set("script:any");
  private static final CodePointSet[] SCRIPTS = scripts();

  private static CodePointSet[] scripts() {
    List<String> names = UnicodeTables.names("script:");
    CodePointSet[] sets = new CodePointSet[names.size() - 1];
    for (int i = 0; i < sets.length; i++) {
      sets[i] = UnicodeTables.set("script:" + i);
    }
    return sets;
  }

  @Override
  public void preTokenize(Splits splits) {
    splits.cut(UnicodeScriptsPreTokenizer::cut);
  }

  private static int script(int c) {
    if (ANY.contains(c)) {
      return -1;
    }
    for (int i = 0; i < SCRIPTS.length; i++) {
      if (SCRIPTS[i].contains(c)) {
        return i;
      }
    }
    return -1; // not assigned: as spaces
  }

  private static void cut(char[] text, int from, int to, Splits out) {
    int start = -1;
    int last = -1;
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      int script = script(c);
      if (script >= 0 && script != last) {
        if (start >= 0) {
          out.piece(start, i);
        }
        start = i;
        last = script;
      }
      i += Character.charCount(c);
    }
    if (start >= 0) {
      out.piece(start, to);
    }
  }
}

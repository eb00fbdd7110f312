package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.Splits;

/** SentencePiece's way: spaces become a visible character, which also is put before the text; pieces begin with it. */
public final class MetaspacePreTokenizer implements PreTokenizer {
  /** Where the visible character is put before the text. */
  public enum PrependScheme {
    /** Only where the original text begins. */
    FIRST,
    /** Never. */
    NEVER,
    /** Before every piece. */
    ALWAYS
  }

  private final int replacement;
  private final PrependScheme scheme;
  private final boolean split;

  private MetaspacePreTokenizer(int replacement, PrependScheme scheme, boolean split) {
    this.replacement = replacement;
    this.scheme = scheme;
    this.split = split;
  }

  static MetaspacePreTokenizer fromJson(Json json) {
    return new MetaspacePreTokenizer(
        json.codePoint("replacement"), scheme(json), json.flag("split", true));
  }

  /** The scheme of a Metaspace component; older files say {@code add_prefix_space} instead. */
  public static PrependScheme scheme(Json json) {
    PrependScheme scheme = PrependScheme.ALWAYS;
    if (json.has("prepend_scheme")) {
      switch (json.text("prepend_scheme")) {
        case "first":
          scheme = PrependScheme.FIRST;
          break;
        case "never":
          scheme = PrependScheme.NEVER;
          break;
        case "always":
          break;
        default:
          throw json.get("prepend_scheme").error("is none of first, never, always");
      }
    }
    if (json.has("add_prefix_space") && !json.flag("add_prefix_space", true)) {
      if (json.has("prepend_scheme") && scheme != PrependScheme.NEVER) {
        throw json.error("add_prefix_space is false, but prepend_scheme is not 'never'");
      }
      scheme = PrependScheme.NEVER;
    }
    return scheme;
  }

  @Override
  public void preTokenize(Splits splits) {
    splits.writeOutByteLevel();
    replaceSpaces(splits);
    if (scheme != PrependScheme.NEVER) {
      prepend(splits, replacement, scheme == PrependScheme.FIRST);
    }
    if (split) {
      splits.cut(this::cut);
    }
  }

  private void replaceSpaces(Splits splits) {
    if (replacement < 0x10000) {
      for (int i = 0; i < splits.size(); i++) {
        if (splits.tokenId(i) < 0) {
          splits.text().replaceChar(' ', (char) replacement, splits.from(i), splits.to(i));
        }
      }
      return;
    }
    splits.rewrite(
        (text, from, to, out) -> {
          for (int i = from; i < to; ) {
            int c = text.codePointAt(i);
            out.add(c == ' ' ? replacement : c, text.start(i), text.end(i));
            i += Character.charCount(c);
          }
        });
  }

  /** Puts {@code c} before every piece that does not begin with it, or only before one where the original begins. */
  static void prepend(Splits splits, int c, boolean onlyAtStart) {
    boolean any = false;
    for (int i = 0; i < splits.size() && !any; i++) {
      any = splits.tokenId(i) < 0 && wanted(splits.text(), splits.from(i), c, onlyAtStart);
    }
    if (!any) {
      return;
    }
    splits.rewrite(
        (text, from, to, out) -> {
          if (wanted(text, from, c, onlyAtStart)) {
            out.add(c, text.start(from), text.end(from));
          }
          out.copy(text, from, to);
        });
  }

  private static boolean wanted(AlignedText text, int from, int c, boolean onlyAtStart) {
    return text.codePointAt(from) != c && !(onlyAtStart && text.start(from) != 0);
  }

  /** A piece begins at each replacement character; several in a row are pieces of their own but for the last. */
  private void cut(char[] text, int from, int to, Splits out) {
    int start = from;
    int width = Character.charCount(replacement);
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      if (c == replacement && i > start) {
        out.piece(start, i);
        start = i;
      }
      i += c == replacement ? width : Character.charCount(c);
    }
    out.piece(start, to);
  }
}

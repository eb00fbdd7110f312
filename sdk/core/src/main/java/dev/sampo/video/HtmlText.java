package dev.sampo.video;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Entities of HTML in prompts that were copied from web pages. */
final class HtmlText {
  private static final Pattern ENTITY =
      Pattern.compile("&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});");

  private static final Map<String, String> NAMED = new LinkedHashMap<>();

  static {
    String[] pairs = {
      "amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'", "nbsp", "\u00a0", "copy",
      "\u00a9", "reg", "\u00ae", "trade", "\u2122", "hellip", "\u2026", "ndash", "\u2013", "mdash",
      "\u2014", "lsquo", "\u2018", "rsquo", "\u2019", "ldquo", "\u201c", "rdquo", "\u201d", "laquo",
      "\u00ab", "raquo", "\u00bb", "bull", "\u2022", "middot", "\u00b7", "deg", "\u00b0", "eacute",
      "\u00e9", "egrave", "\u00e8", "agrave", "\u00e0", "aacute", "\u00e1", "auml", "\u00e4",
      "ouml", "\u00f6", "uuml", "\u00fc", "Auml", "\u00c4", "Ouml", "\u00d6", "Uuml", "\u00dc",
      "szlig", "\u00df", "ccedil", "\u00e7", "ntilde", "\u00f1", "times", "\u00d7", "euro",
      "\u20ac", "pound", "\u00a3"
    };
    for (int i = 0; i < pairs.length; i += 2) {
      NAMED.put(pairs[i], pairs[i + 1]);
    }
  }

  private HtmlText() {}

  /** Numbers and the usual names; what is unknown stays. */
  static String unescaped(String text) {
    Matcher m = ENTITY.matcher(text);
    StringBuffer out = new StringBuffer();
    while (m.find()) {
      m.appendReplacement(out, Matcher.quoteReplacement(value(m.group(1), m.group())));
    }
    m.appendTail(out);
    return out.toString();
  }

  private static String value(String entity, String whole) {
    if (entity.charAt(0) != '#') {
      String named = NAMED.get(entity);
      return named == null ? whole : named;
    }
    boolean hex = entity.charAt(1) == 'x' || entity.charAt(1) == 'X';
    int code = Integer.parseInt(entity.substring(hex ? 2 : 1), hex ? 16 : 10);
    boolean valid = Character.isValidCodePoint(code) && (code < 0xd800 || code > 0xdfff);
    return valid && code > 0 ? new String(Character.toChars(code)) : "\ufffd";
  }
}

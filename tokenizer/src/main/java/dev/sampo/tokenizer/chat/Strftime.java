package dev.sampo.tokenizer.chat;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Python's {@code datetime.now().strftime}, in the locale C: a time without a zone. */
final class Strftime {
  private static final Map<Character, Function<ZonedDateTime, String>> CODES = new HashMap<>();

  static {
    pattern('Y', "uuuu");
    pattern('y', "uu");
    pattern('m', "MM");
    pattern('d', "dd");
    pattern('e', "ppd");
    pattern('B', "MMMM");
    pattern('b', "MMM");
    pattern('h', "MMM");
    pattern('A', "EEEE");
    pattern('a', "EEE");
    pattern('H', "HH");
    pattern('k', "ppH");
    pattern('I', "hh");
    pattern('l', "pph");
    pattern('M', "mm");
    pattern('S', "ss");
    pattern('j', "DDD");
    pattern('F', "uuuu-MM-dd");
    pattern('T', "HH:mm:ss");
    pattern('X', "HH:mm:ss");
    pattern('R', "HH:mm");
    pattern('D', "MM/dd/uu");
    pattern('x', "MM/dd/uu");
    pattern('c', "EEE MMM ppd HH:mm:ss uuuu");
    CODES.put('p', t -> t.getHour() < 12 ? "AM" : "PM");
    CODES.put('P', t -> t.getHour() < 12 ? "am" : "pm");
    CODES.put(
        'r',
        t ->
            DateTimeFormatter.ofPattern("hh:mm:ss", Locale.ENGLISH).format(t)
                + (t.getHour() < 12 ? " AM" : " PM"));
    CODES.put('f', t -> padded(t.get(ChronoField.MICRO_OF_SECOND), 6));
    CODES.put('u', t -> String.valueOf(t.getDayOfWeek().getValue()));
    CODES.put('w', t -> String.valueOf(t.getDayOfWeek().getValue() % 7));
    CODES.put('U', t -> padded((t.getDayOfYear() + 6 - t.getDayOfWeek().getValue() % 7) / 7, 2));
    CODES.put('W', t -> padded((t.getDayOfYear() + 7 - t.getDayOfWeek().getValue()) / 7, 2));
    CODES.put('V', t -> padded(t.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2));
    CODES.put('G', t -> String.valueOf(t.get(IsoFields.WEEK_BASED_YEAR)));
    CODES.put('C', t -> padded(t.getYear() / 100, 2));
    CODES.put('s', t -> String.valueOf(t.toEpochSecond()));
    CODES.put('z', t -> "");
    CODES.put('Z', t -> "");
    CODES.put('n', t -> "\n");
    CODES.put('t', t -> "\t");
    CODES.put('%', t -> "%");
  }

  private Strftime() {}

  private static void pattern(char code, String pattern) {
    DateTimeFormatter formatter = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH);
    CODES.put(code, formatter::format);
  }

  private static String padded(int n, int width) {
    return String.format(Locale.ROOT, "%0" + width + "d", n);
  }

  static String format(Run run, String format, ZonedDateTime now) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char kind = format.charAt(++i);
      boolean plain = kind == '-' && i + 1 < format.length();
      kind = plain ? format.charAt(++i) : kind;
      Function<ZonedDateTime, String> code = CODES.get(kind);
      if (code == null) {
        throw run.error("strftime_now(): the code '%" + kind + "' is not supported");
      }
      String text = code.apply(now);
      out.append(plain ? withoutPadding(text) : text);
    }
    return run.built(out.toString(), "strftime_now()");
  }

  private static String withoutPadding(String text) {
    int i = 0;
    while (i + 1 < text.length()
        && (text.charAt(i) == '0' || text.charAt(i) == ' ')
        && Character.isDigit(text.charAt(i + 1))) {
      i++;
    }
    return text.substring(i);
  }
}

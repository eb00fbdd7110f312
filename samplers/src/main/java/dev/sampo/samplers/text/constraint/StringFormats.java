package dev.sampo.samplers.text.constraint;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Formats of strings as regular expressions that allow only what is valid, though not all of it: dates are those of the calendar from year 1 on
 * (RFC 3339), host names and addresses are ASCII (RFC 1123, 5321, 3986, 4291).
 */
final class StringFormats {
  private static final Map<String, String> PATTERNS = new HashMap<>();

  /** Formats of the specification that are not written here. */
  private static final Set<String> WITHOUT = Set.of("regex");

  private static final Map<String, CharDfa> READY = new ConcurrentHashMap<>();

  static {
    String year = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})";
    String leap =
        "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29";
    String date =
        "("
            + year
            + "-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|"
            + leap
            + ")";
    String time =
        "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    PATTERNS.put("date", date);
    PATTERNS.put("time", time);
    PATTERNS.put("date-time", date + "T" + time);
    PATTERNS.put(
        "duration",
        "P([0-9]{1,4}W|[0-9]{1,4}Y([0-9]{1,4}M([0-9]{1,4}D)?)?|[0-9]{1,4}M([0-9]{1,4}D)?|[0-9]{1,4}D(T[0-9]{1,4}H)?"
            + "|T([0-9]{1,4}H([0-9]{1,4}M([0-9]{1,4}S)?)?|[0-9]{1,4}M([0-9]{1,4}S)?|[0-9]{1,4}S))");
    PATTERNS.put("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    // Two hyphens in a row would claim to be an encoded name.
    String label = "[a-z0-9]{1,20}(-[a-z0-9]{1,20})?";
    String host = label + "(\\." + label + "){0,3}\\.[a-z]{2,8}";
    PATTERNS.put("hostname", host);
    PATTERNS.put("idn-hostname", host);
    String email = "[a-z0-9]{1,20}([._+-][a-z0-9]{1,20}){0,2}@" + host;
    PATTERNS.put("email", email);
    PATTERNS.put("idn-email", email);
    String part = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    PATTERNS.put("ipv4", part + "(\\." + part + "){3}");
    String group = "[0-9a-f]{1,4}";
    PATTERNS.put(
        "ipv6",
        "("
            + group
            + "(:"
            + group
            + "){7}|::|::"
            + group
            + "(:"
            + group
            + "){0,5}|"
            + group
            + "::"
            + group
            + "(:"
            + group
            + "){0,4}|"
            + group
            + "(:"
            + group
            + "){1,5}::"
            + ")");
    String path = "(/[A-Za-z0-9._~-]*)*(\\?[A-Za-z0-9._~=&-]*)?(#[A-Za-z0-9._~-]*)?";
    String uri = "(https?|ftp)://" + host + "(:[1-9][0-9]{0,3})?" + path;
    PATTERNS.put("uri", uri);
    PATTERNS.put("iri", uri);
    String reference =
        "(" + uri + "|" + path.replace("(/[A-Za-z0-9._~-]*)*", "(/[A-Za-z0-9._~-]+)*") + ")";
    PATTERNS.put("uri-reference", reference);
    PATTERNS.put("iri-reference", reference);
    PATTERNS.put("uri-template", uri);
    String pointer = "(/([^~/\\x00-\\x1f\"\\\\]|~[01])*)*";
    PATTERNS.put("json-pointer", pointer);
    PATTERNS.put("relative-json-pointer", "(0|[1-9][0-9]{0,3})(#|" + pointer + ")");
  }

  private StringFormats() {}

  /** Whether the specification says what texts of the format are; others are remarks. */
  static boolean isKnown(String format) {
    return PATTERNS.containsKey(format) || WITHOUT.contains(format);
  }

  /** Texts of a format, or null where that cannot be written. */
  static @Nullable CharDfa of(String format) {
    String pattern = PATTERNS.get(format);
    return pattern == null
        ? null
        : READY.computeIfAbsent(
            format, k -> CharDfa.of(RegexParser.parse(pattern, RegexParser.Reading.PLAIN)));
  }

  static Set<String> names() {
    return Collections.unmodifiableSet(PATTERNS.keySet());
  }
}

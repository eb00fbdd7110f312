package dev.sampo.tune;

import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads ABC notation, http://abcnotation.com/wiki/abc:standard:v2.1, as far as {@link Tune} says. One use. */
final class AbcReader {
  private static final String LETTERS = "CDEFGAB";
  private static final int[] SEMITONES = {0, 2, 4, 5, 7, 9, 11};

  /** Order in which key signatures sharpen letters; the other way round they flatten. */
  private static final String SHARPS = "FCGDAEB";

  /** Fifths above C of the major keys F C G D A E B, and what a mode takes from them. */
  private static final Map<String, Integer> MODES = new HashMap<>();

  static {
    String[] names = {"lyd", "maj", "mix", "dor", "m", "phr", "loc"};
    for (int i = 0; i < names.length; i++) {
      MODES.put(names[i], 1 - i);
    }
    MODES.put("", 0);
    MODES.put("ion", 0);
    MODES.put("min", -3);
    MODES.put("aeo", -3);
  }

  private final String text;
  private int at;
  private String title = "";
  private String rhythm = "";
  private Meter meter = new Meter(4, 4);
  private String key = "";
  private int unitTicks;
  private int quartersPerMinute;
  private final int[] signature = new int[7];

  private final List<Tune.Bar> bars = new ArrayList<>();
  private final List<Integer> played = new ArrayList<>();
  private int sectionStart;
  private List<TuneNote> barNotes = new ArrayList<>();
  private int barTicks;
  private final Map<Integer, Integer> accidentals = new HashMap<>();

  AbcReader(String text) {
    this.text = text;
  }

  Tune.Parts read() {
    try {
      return readAll();
    } catch (ArithmeticException e) {
      throw fault(at, "the lengths add up to more than " + Integer.MAX_VALUE + " ticks");
    }
  }

  private Tune.Parts readAll() {
    while (at < text.length()) {
      if (atLineStart() && isField()) {
        field();
      } else {
        sign();
      }
    }
    endBar();
    playSection();
    if (key.isEmpty()) {
      throw fault(at, "there is no key; a tune has a line such as K:G");
    }
    List<TuneNote> notes = new ArrayList<>();
    int tick = 0;
    for (int index : played) {
      Tune.Bar bar = bars.get(index);
      for (TuneNote note : bar.notes()) {
        notes.add(new TuneNote(tick + note.startTick(), note.ticks(), note.pitch()));
      }
      tick = Math.addExact(tick, bar.ticks());
    }
    return new Tune.Parts(title, rhythm, meter, key, tempo(), bars, notes, tick);
  }

  private int tempo() {
    if (quartersPerMinute > 0) {
      return quartersPerMinute;
    }
    for (Dance dance : Dance.values()) {
      if (dance.label().equalsIgnoreCase(rhythm)) {
        return dance.quartersPerMinute();
      }
    }
    return 120;
  }

  private boolean atLineStart() {
    return at == 0 || text.charAt(at - 1) == '\n';
  }

  /** A letter and a colon; a note before the end of a repeat looks the same but for what follows. */
  private boolean isField() {
    return at + 1 < text.length()
        && text.charAt(at + 1) == ':'
        && Character.isLetter(text.charAt(at))
        && !text.startsWith("|", at + 2)
        && !text.startsWith(":", at + 2);
  }

  private void field() {
    int end = text.indexOf('\n', at);
    end = end < 0 ? text.length() : end;
    String value = text.substring(at + 2, end).trim();
    switch (text.charAt(at)) {
      case 'T' -> title = title.isEmpty() ? value : title;
      case 'R' -> rhythm = value;
      case 'M' -> meter = Meter.of(value);
      case 'L' -> unitTicks = ticks(fraction(value), Tune.TICKS_PER_WHOLE);
      case 'Q' -> quartersPerMinute = tempoOf(value);
      case 'K' -> key(value);
      default -> {
        // Who composed it, where it comes from: nothing that sounds.
      }
    }
    at = Math.min(text.length(), end + 1);
  }

  /** Numerator and denominator of {@code 1/8}. */
  private int[] fraction(String value) {
    int slash = value.indexOf('/');
    try {
      int[] out = {
        Integer.parseInt(slash < 0 ? value : value.substring(0, slash)),
        slash < 0 ? 1 : Integer.parseInt(value.substring(slash + 1))
      };
      if (out[0] > 0 && out[1] > 0) {
        return out;
      }
    } catch (NumberFormatException e) {
      throw fault(at, "'" + value + "' is no length; wanted one such as 1/8");
    }
    throw fault(at, "'" + value + "' is no length; wanted one such as 1/8");
  }

  private int tempoOf(String value) {
    int equals = value.indexOf('=');
    try {
      int beats = Integer.parseInt(value.substring(equals + 1).trim());
      int[] note = equals < 0 ? new int[] {1, 4} : fraction(value.substring(0, equals).trim());
      long quarters = Math.round(4.0 * beats * note[0] / note[1]);
      if (quarters >= 1 && quarters <= 1000) {
        return (int) quarters;
      }
    } catch (NumberFormatException e) {
      throw fault(at, "'" + value + "' is no tempo; wanted one such as 1/4=120");
    }
    throw fault(at, "'" + value + "' is no tempo between 1 and 1000 quarters a minute");
  }

  private void key(String value) {
    key = value;
    int first = value.isEmpty() ? -1 : SHARPS.indexOf(value.charAt(0));
    if (first < 0) {
      throw fault(at, "'" + value + "' is no key; wanted one such as G, Bb, Em or Ddor");
    }
    int fifths = first - 1;
    int rest = 1;
    if (value.length() > 1 && (value.charAt(1) == '#' || value.charAt(1) == 'b')) {
      fifths += value.charAt(1) == '#' ? 7 : -7;
      rest = 2;
    }
    String mode = value.substring(rest).trim().toLowerCase(Locale.ROOT);
    Integer shift = MODES.get(mode.length() > 3 ? mode.substring(0, 3) : mode);
    if (shift == null) {
      throw fault(
          at, "'" + value + "' has a mode that is not known: maj, m, mix, dor, phr, lyd, loc");
    }
    fifths += shift;
    if (fifths < -7 || fifths > 7) {
      throw fault(at, "'" + value + "' would have more than seven signs");
    }
    Arrays.fill(signature, 0);
    for (int i = 0; i < Math.abs(fifths); i++) {
      char letter = SHARPS.charAt(fifths > 0 ? i : 6 - i);
      signature[LETTERS.indexOf(letter)] = fifths > 0 ? 1 : -1;
    }
  }

  /** One sign of the music. */
  private void sign() {
    char c = text.charAt(at);
    if (c == '%') {
      int end = text.indexOf('\n', at);
      at = end < 0 ? text.length() : end;
    } else if (Character.isWhitespace(c)) {
      at++;
    } else if (c == '"') {
      int end = text.indexOf('"', at + 1);
      if (end < 0) {
        throw fault(at, "a text in quotes does not end");
      }
      at = end + 1;
    } else if (c == '|' || c == ':' || c == ']' || text.startsWith("[|", at)) {
      barLine();
    } else {
      note();
    }
  }

  private void barLine() {
    int start = at;
    while (at < text.length() && "|:[]".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String line = text.substring(start, at);
    endBar();
    boolean ends = line.startsWith(":");
    boolean begins = line.endsWith(":");
    if (!line.contains("|") && !line.equals("::")) {
      throw fault(start, "'" + line + "' is no bar line");
    }
    if (ends) {
      playSection();
      playSection();
      sectionStart = bars.size();
    } else if (begins) {
      playSection();
      sectionStart = bars.size();
    }
  }

  private void endBar() {
    if (barTicks > 0) {
      bars.add(new Tune.Bar(barTicks, barNotes));
    }
    barNotes = new ArrayList<>();
    barTicks = 0;
    accidentals.clear();
  }

  private void playSection() {
    for (int i = sectionStart; i < bars.size(); i++) {
      played.add(i);
    }
  }

  private void note() {
    int start = at;
    Integer accidental = accidental();
    char c = at < text.length() ? text.charAt(at) : ' ';
    boolean rest = accidental == null && (c == 'z' || c == 'x');
    int letter = LETTERS.indexOf(Character.toUpperCase(c));
    if (!rest && (letter < 0 || c > 'z')) {
      throw fault(
          at,
          "'"
              + c
              + "' is not read; notes are A to G and a to g, with ^ _ = ' , and lengths, rests z");
    }
    at++;
    int octave = Character.isLowerCase(c) ? 5 : 4;
    while (!rest && at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == ',')) {
      octave += text.charAt(at++) == ',' ? -1 : 1;
    }
    if (octave < -1 || octave > 9) {
      throw fault(start, "the note lies beyond what MIDI has");
    }
    int ticks = length(start);
    if (!rest) {
      int place = 7 * octave + letter;
      if (accidental != null) {
        accidentals.put(place, accidental);
      }
      int shift = accidentals.getOrDefault(place, signature[letter]);
      int pitch = 12 * (octave + 1) + SEMITONES[letter] + shift;
      if (pitch < 0 || pitch > 127) {
        throw fault(start, "the note lies beyond what MIDI has");
      }
      barNotes.add(new TuneNote(barTicks, ticks, pitch));
    }
    barTicks = Math.addExact(barTicks, ticks);
  }

  /** Semitones of {@code ^^ ^ = _ __}; null where none stands here. */
  private @Nullable Integer accidental() {
    int start = at;
    int value = 0;
    while (at < text.length() && "^_=".indexOf(text.charAt(at)) >= 0 && at - start < 2) {
      char c = text.charAt(at++);
      value += c == '^' ? 1 : c == '_' ? -1 : 0;
    }
    return at == start ? null : value;
  }

  /** The length behind a note: {@code 3}, {@code 3/2}, {@code /}, {@code //}, {@code /4}. */
  private int length(int start) {
    int above = number(1);
    int below = 1;
    while (at < text.length() && text.charAt(at) == '/') {
      at++;
      below = Math.multiplyExact(below, number(2));
    }
    if (above < 1 || below < 1) {
      throw fault(start, "the note has no length");
    }
    int unit = unitTicks > 0 ? unitTicks : defaultUnit();
    return ticksAt(start, new int[] {above, below}, unit);
  }

  /** An eighth, or a sixteenth in meters below 3/4 (standard 2.1, section 3.1.7). */
  private int defaultUnit() {
    return 4 * meter.beats() < 3 * meter.unit()
        ? Tune.TICKS_PER_WHOLE / 16
        : Tune.TICKS_PER_WHOLE / 8;
  }

  private int number(int otherwise) {
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start) {
      return otherwise;
    }
    if (at - start > 4) {
      throw fault(start, "the length has too many digits");
    }
    return Integer.parseInt(text.substring(start, at));
  }

  private int ticks(int[] fraction, int unit) {
    return ticksAt(at, fraction, unit);
  }

  private int ticksAt(int place, int[] fraction, int unit) {
    long all = (long) unit * fraction[0];
    if (all % fraction[1] != 0 || all / fraction[1] > 64L * Tune.TICKS_PER_WHOLE) {
      throw fault(
          place,
          "the length is no multiple of 1/" + Tune.TICKS_PER_WHOLE + " of a whole note up to 64");
    }
    return (int) (all / fraction[1]);
  }

  private RequestException fault(int place, String what) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(place, text.length()); i++) {
      column++;
      if (text.charAt(i) == '\n') {
        line++;
        column = 1;
      }
    }
    return new RequestException("abc", "Line " + line + ", column " + column + ": " + what + ".");
  }
}

package dev.sampo.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.sound.Wav;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Reading tunes, the grammar of their bars, and how they sound. */
class TuneTest {
  private static List<Integer> pitches(Tune tune) {
    return tune.notes().stream().map(TuneNote::pitch).collect(Collectors.toList());
  }

  @Test
  void parse_whenScaleOfD_thenSharpsOctavesAndTicks() {
    Tune tune =
        Tune.parse(
            "X:1\nT:Scale\nM:4/4\nL:1/4\nQ:1/2=60\nK:D\nD E F G|A B c d'|^c/ =c/2 _b, z2|\n");
    assertEquals("Scale", tune.title());
    assertEquals(List.of(62, 64, 66, 67, 69, 71, 73, 86, 73, 72, 70), pitches(tune));
    assertEquals(120, tune.quartersPerMinute());
    assertEquals(new TuneNote(4080, 240, 72), tune.notes().get(9));
    assertEquals(3, tune.barCount());
    assertEquals(3, tune.barsThatAddUp());
    assertEquals(3 * Tune.TICKS_PER_WHOLE, tune.ticks());
  }

  @Test
  void parse_whenAccidental_thenItHoldsToTheBarLine() {
    assertEquals(List.of(66, 66, 65), pitches(Tune.parse("M:2/4\nL:1/4\nK:C\n^F F|F z|")));
    assertEquals(List.of(58, 63), pitches(Tune.parse("L:1/4\nK:Cm\nB, E2 z|")));
  }

  @Test
  void parse_whenRepeats_thenSectionsAreHeardTwice() {
    Tune tune = Tune.parse("M:1/4\nL:1/4\nK:C\n|:C|D:|\n|:E:|F|]\n");
    assertEquals(List.of(60, 62, 60, 62, 64, 64, 65), pitches(tune));
    assertEquals(4, tune.barCount());
    assertEquals(List.of(60, 60, 62), pitches(Tune.parse("M:1/4\nL:1/4\nK:C\nC:|D|\n")));
  }

  @Test
  void parse_whenBarIsShort_thenItDoesNotAddUp() {
    Tune tune = Tune.parse("R:jig\nM:6/8\nL:1/8\nK:G\n|:GAB d2B|GAB d2:|\n");
    assertEquals(2, tune.barCount());
    assertEquals(1, tune.barsThatAddUp());
    assertEquals(Dance.JIG.quartersPerMinute(), tune.quartersPerMinute());
  }

  @Test
  void parse_whenSignIsNotRead_thenLineAndColumn() {
    RequestException chord =
        assertThrows(RequestException.class, () -> Tune.parse("M:4/4\nK:G\nG2 [Bd]2|"));
    assertEquals("abc", chord.option());
    assertTrue(chord.getMessage().startsWith("Line 3, column 4: "), chord.getMessage());
    assertThrows(RequestException.class, () -> Tune.parse("M:4/4\nG|"));
    assertThrows(RequestException.class, () -> Tune.parse("K:H\nG|"));
    assertThrows(RequestException.class, () -> Tune.parse("M:5\nK:G\nG|"));
    assertThrows(RequestException.class, () -> Tune.parse("K:G\nG99999|"));
    assertThrows(RequestException.class, () -> Tune.parse("K:G\nG/7|"));
    assertThrows(RequestException.class, () -> Tune.parse("K:G\nG/9999/9999/9999|"));
  }

  @Test
  void grammar_whenBarsAddUp_thenTheyMatchAndOthersDoNot() {
    Grammar jig = TuneGrammar.of(Dance.JIG, 1, 4);
    String good = "|:GAB d2B|g3 e2d|cBA GFG|A3 G3:|\n";
    assertTrue(jig.matches(good));
    assertFalse(jig.matches(good.replace("d2B", "d3B")));
    assertFalse(jig.matches(good.replace("GAB d2B", "GAB d2")));
    assertFalse(jig.matches(good.replace("GAB ", "GA B")));
    assertFalse(jig.matches(good + good));
    assertTrue(TuneGrammar.of(Dance.JIG, 2, 4).matches(good + good));
    assertTrue(TuneGrammar.of(Dance.SLIP_JIG, 1, 1).matches("|:GAB d2B g3:|\n"));
    assertTrue(TuneGrammar.of(Dance.WALTZ, 1, 1).matches("|:G4B2:|\n"));
    assertEquals(
        "meter",
        assertThrows(RequestException.class, () -> TuneGrammar.of(new Meter(3, 16), 1, 1, 8))
            .option());
  }

  @Test
  void play_whenTwoNotes_thenTheyAreInTune() {
    Wav wav = PluckedStrings.play(Tune.parse("M:4/4\nL:1/4\nQ:1/4=60\nK:C\nA2 e2|"), 22_050);
    assertEquals(4.8, wav.durationSeconds(), 0.01);
    assertEquals(440, pitchHz(wav, 0.2, 400, 480), 1.0);
    assertEquals(659.26, pitchHz(wav, 2.2, 600, 720), 1.5);
    float loudest = 0;
    for (float sample : wav.samples()) {
      loudest = Math.max(loudest, Math.abs(sample));
    }
    assertEquals(0.9f, loudest, 1e-4f);
    assertEquals(
        wav, PluckedStrings.play(Tune.parse("M:4/4\nL:1/4\nQ:1/4=60\nK:C\nA2 e2|"), 22_050));
  }

  @Test
  void play_whenNoteIsBeyondTheSampleRate_thenItIsLeftOut() {
    for (float sample : PluckedStrings.play(Tune.parse("L:1/4\nK:C\ng''''|"), 8_000).samples()) {
      assertEquals(0, sample);
    }
  }

  /** The strongest frequency of a second from {@code start} on, to a fifth of a hertz. */
  private static double pitchHz(Wav wav, double start, int from, int to) {
    float[] samples = wav.samples();
    int first = (int) (start * wav.sampleRateHz());
    double best = 0;
    double strongest = 0;
    for (double hz = from; hz <= to; hz += 0.2) {
      double re = 0;
      double im = 0;
      for (int n = 0; n < wav.sampleRateHz(); n += 2) {
        double angle = 2 * Math.PI * hz * n / wav.sampleRateHz();
        re += samples[first + n] * Math.cos(angle);
        im += samples[first + n] * Math.sin(angle);
      }
      if (re * re + im * im > strongest) {
        strongest = re * re + im * im;
        best = hz;
      }
    }
    return best;
  }
}

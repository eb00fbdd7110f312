package dev.sampo.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.TextGenerator;
import java.nio.file.Paths;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With the net that ships. */
class TuneComposerTest {
  private static TextGenerator model;

  @BeforeAll
  static void open() {
    model =
        TextGenerator.open(
            Paths.get(System.getProperty("sampo.home"), "exporter-specs", "models", "tunes-lstm"));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void compose_whenGrammar_thenEveryBarAddsUpInEveryDance() {
    for (Dance dance : Dance.values()) {
      // So hot that the net alone would write no bar at all.
      TuneRequest request =
          TuneRequest.builder().dance(dance).key("Em").temperature(3).count(2).seed(5).build();
      TuneResult result = TuneComposer.with(model).compose(request);
      for (int i = 0; i < 2; i++) {
        Tune tune = result.tune(i);
        assertEquals(16, tune.barCount(), tune.abc());
        assertEquals(16, tune.barsThatAddUp(), tune.abc());
        assertEquals(32 * dance.meter().barTicks(), tune.ticks());
        assertEquals(dance.label(), tune.rhythm());
      }
    }
  }

  @Test
  void compose_whenNoGrammarAndHot_thenBarsDoNotAddUp() {
    TuneRequest request =
        TuneRequest.builder().grammar(false).temperature(3).count(3).seed(5).build();
    TuneResult result = TuneComposer.with(model).compose(request);
    int whole = 0;
    for (int i = 0; i < 3; i++) {
      try {
        Tune tune = result.tune(i);
        whole += tune.barCount() == tune.barsThatAddUp() ? 1 : 0;
      } catch (RequestException e) {
        assertEquals("abc", e.option());
      }
    }
    assertEquals(0, whole);
  }

  @Test
  void compose_whenSameSeed_thenSameTunes() {
    TuneRequest request = TuneRequest.builder().parts(1).bars(4).seed(2).build();
    TuneComposer composer = TuneComposer.with(model);
    TuneResult first = composer.compose(request);
    assertEquals(first.abc(), composer.compose(request).abc());
    assertNotEquals(first.abc(), composer.compose(request.toBuilder().seed(3).build()).abc());
    assertEquals(2, first.seed());
    assertEquals(4, first.tune(0).barCount());
    TuneResult drawn = composer.compose(request.toBuilder().seed(null).build());
    assertEquals(
        drawn.abc(), composer.compose(request.toBuilder().seed(drawn.seed()).build()).abc());
  }

  @Test
  void compose_whenCancelled_thenSignsSoFar() {
    CancellationToken token = new CancellationToken();
    TuneRequest request =
        TuneRequest.builder()
            .seed(2)
            .cancellation(token)
            .progress(
                step -> {
                  if (step.done() == 9) {
                    token.cancel();
                  }
                })
            .build();
    CancelledException e =
        assertThrows(CancelledException.class, () -> TuneComposer.with(model).compose(request));
    String abc = e.partial(TuneResult.class).abc().get(0);
    assertTrue(abc.contains("K:G\n|:"), abc);
  }

  @Test
  void build_whenOptionCannotBe_thenItsName() {
    assertEquals("count", fault(TuneRequest.builder().count(0)));
    assertEquals("key", fault(TuneRequest.builder().key("H")));
    assertEquals("bars", fault(TuneRequest.builder().bars(0)));
    assertEquals("temperature", fault(TuneRequest.builder().temperature(0)));
    assertEquals("topP", fault(TuneRequest.builder().topP(0)));
    assertEquals("dance", assertThrows(RequestException.class, () -> Dance.of("tango")).option());
    assertEquals(Dance.SLIP_JIG, Dance.of("slip-jig"));
  }

  private static String fault(TuneRequest.Builder builder) {
    return String.valueOf(assertThrows(RequestException.class, builder::build).option());
  }
}

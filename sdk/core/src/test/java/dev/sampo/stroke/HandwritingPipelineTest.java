package dev.sampo.stroke;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.Sampo;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With the net that ships. */
class HandwritingPipelineTest {
  private static final Path MODEL =
      Paths.get(System.getProperty("sampo.home"), "exporter-specs", "models", "strokes-digits");

  private static HandwritingPipeline net;

  @BeforeAll
  static void open() {
    net = assertInstanceOf(HandwritingPipeline.class, Sampo.open(MODEL));
  }

  @AfterAll
  static void close() {
    net.close();
  }

  private static HandwritingRequest.Builder ones() {
    return HandwritingRequest.builder().seed(4).count(3).classLabels(Arrays.asList(1, 1, 1));
  }

  @Test
  void write_whenSameSeed_thenSameStrokes() {
    HandwritingResult first = net.write(ones().build());
    assertEquals(first.drawings(), net.write(ones().build()).drawings());
    assertNotEquals(first.drawings(), net.write(ones().seed(5).build()).drawings());
    assertEquals(4, first.seed());
    assertEquals(28, first.picture(0).widthPx());
  }

  @Test
  void write_whenOnes_thenTallerThanWide() {
    for (Strokes one : net.write(ones().build()).drawings()) {
      float left = one.x(0);
      float right = one.x(0);
      float top = one.y(0);
      float bottom = one.y(0);
      for (int i = 1; i < one.pointCount(); i++) {
        left = Math.min(left, one.x(i));
        right = Math.max(right, one.x(i));
        top = Math.min(top, one.y(i));
        bottom = Math.max(bottom, one.y(i));
      }
      assertTrue(bottom - top > right - left, one + " from " + left + " to " + right);
    }
  }

  @Test
  void write_whenCancelled_thenPointsSoFar() {
    CancellationToken token = new CancellationToken();
    HandwritingRequest request =
        ones()
            .cancellation(token)
            .progress(
                step -> {
                  if (step.done() == 2) {
                    token.cancel();
                  }
                })
            .build();
    CancelledException e = assertThrows(CancelledException.class, () -> net.write(request));
    assertEquals(2, e.partial(HandwritingResult.class).drawings().get(0).pointCount());
  }

  @Test
  void write_whenTextOrNoSuchClass_thenRequestAtFault() {
    HandwritingRequest text = HandwritingRequest.builder().text("seven").build();
    assertEquals("text", assertThrows(RequestException.class, () -> net.write(text)).option());
    HandwritingRequest ten = HandwritingRequest.builder().classLabels(Arrays.asList(10)).build();
    assertEquals(
        "classLabels", assertThrows(RequestException.class, () -> net.write(ten)).option());
    HandwritingRequest.Builder cold = HandwritingRequest.builder().temperature(0);
    assertEquals("temperature", assertThrows(RequestException.class, cold::build).option());
  }
}

package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.Sampo;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** MusicGen beside its goldens: lengths, going on, cancelling, wrong requests, the pattern worked out by hand. */
class MusicPipelineTest {
  private static final Path MODEL = SoundFixtures.own("music").resolve("tiny_musicgen/model");

  private static MusicRequest.Builder folk() {
    return MusicRequest.builder().texts("happy folk dance").seed(3);
  }

  @Test
  void mask_whenMono_thenCodebookKIsKStepsLate() {
    DelayPattern pattern = new DelayPattern(new int[][] {{9}, {9}, {9}}, 3, 1, 6, 9);
    assertArrayEquals(
        new int[][] {{9, -1, -1, -1, 9, 9}, {9, 9, -1, -1, -1, 9}, {9, 9, 9, -1, -1, -1}},
        pattern.mask());
  }

  @Test
  void mask_whenStereo_thenLeftAndRightGoInPairs() {
    int[][] start = {{9}, {9}, {9}, {9}};
    assertArrayEquals(
        new int[][] {{9, -1, -1, 9}, {9, -1, -1, 9}, {9, 9, -1, -1}, {9, 9, -1, -1}},
        new DelayPattern(start, 4, 2, 4, 9).mask());
  }

  @Test
  void mask_whenTooShort_thenNoPattern() {
    DelayPattern pattern = new DelayPattern(new int[][] {{9}, {9}, {9}}, 3, 1, 4, 9);
    assertArrayEquals(new int[] {-1, -1, -1, -1}, pattern.mask()[2]);
  }

  @Test
  void compose_whenDurationIsGiven_thenSoundIsThatLong() {
    try (MusicPipeline music = Sampo.open(MODEL, MusicPipeline.class)) {
      MusicResult made = music.compose(folk().durationSeconds(0.2).build());
      assertEquals(0.2, made.wav(0).durationSeconds(), 1e-9);
      assertEquals(20, made.codes()[0][0].length);
    }
  }

  @Test
  void compose_whenTwice_thenTheSeedRepeatsIt() {
    try (MusicPipeline music = MusicPipeline.open(MODEL)) {
      MusicResult once = music.compose(MusicRequest.builder().maxNewTokens(14).build());
      MusicResult again =
          music.compose(MusicRequest.builder().maxNewTokens(14).seed(once.seed()).build());
      assertArrayEquals(once.codes()[0], again.codes()[0]);
      assertArrayEquals(once.samples()[0][0], again.samples()[0][0]);
    }
  }

  @Test
  void compose_whenGoingOn_thenBeginsWithTheCodes() {
    try (MusicPipeline music = MusicPipeline.open(MODEL)) {
      int[][] before = music.compose(folk().maxNewTokens(16).build()).codes()[0];
      MusicResult made =
          music.compose(folk().codes(Collections.singletonList(before)).maxNewTokens(10).build());
      for (int k = 0; k < before.length; k++) {
        int[] begin = java.util.Arrays.copyOf(made.codes()[0][k], before[k].length);
        assertArrayEquals(before[k], begin);
      }
    }
  }

  @Test
  void compose_whenCancelled_thenWhatWasComposedComesWithTheError() {
    CancellationToken token = new CancellationToken();
    List<Long> seen = new ArrayList<>();
    MusicRequest request =
        folk()
            .maxNewTokens(40)
            .cancellation(token)
            .progress(
                step -> {
                  seen.add(step.done());
                  if (step.done() == 20) {
                    token.cancel();
                  }
                })
            .build();
    try (MusicPipeline music = MusicPipeline.open(MODEL)) {
      CancelledException e = assertThrows(CancelledException.class, () -> music.compose(request));
      MusicResult partial = e.partial(MusicResult.class);
      assertNotNull(partial);
      int frames = partial.codes()[0][0].length;
      assertEquals(17, frames);
      int[][] whole = music.compose(folk().maxNewTokens(40).build()).codes()[0];
      assertArrayEquals(java.util.Arrays.copyOf(whole[3], frames), partial.codes()[0][3]);
      assertEquals(20, seen.size());
    }
  }

  @Test
  void compose_whenRequestDoesNotFit_thenErrorNamesTheOption() {
    try (MusicPipeline music = MusicPipeline.open(MODEL)) {
      RequestException e =
          assertThrows(RequestException.class, () -> music.compose(folk().maxNewTokens(5).build()));
      assertEquals("maxNewTokens", e.option());
      assertTrue(e.getMessage().contains("wants 7 or more"), e.getMessage());
      MusicRequest codes = folk().codes(Collections.singletonList(new int[2][3])).build();
      assertEquals(
          "codes", assertThrows(RequestException.class, () -> music.compose(codes)).option());
    }
    assertEquals(
        "count",
        assertThrows(RequestException.class, () -> MusicRequest.builder().count(0).build())
            .option());
  }

  @Test
  void compose_whenClosed_thenSaysSo() {
    MusicPipeline music = MusicPipeline.open(MODEL);
    music.close();
    music.close();
    assertThrows(ClosedException.class, () -> music.compose(folk().build()));
  }
}

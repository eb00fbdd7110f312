package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.picture.Tiny;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.latent.MuLaw;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WaveNetPipelineTest {
  @Test
  void sample_whenGreedyWithStates_thenTheLevelsOfPyTorch() {
    try (WaveNetPipeline net = WaveNetPipeline.open(Tiny.folder("wavenet"))) {
      SoundBatch sounds =
          net.sample(WaveNetRequest.builder().seed(0).count(2).temperature(0).build());
      int[] wanted =
          Arrays.stream(Tiny.npy("wavenet", "expected_greedy").toLongs())
              .mapToInt(l -> (int) l)
              .toArray();
      for (float[] samples : sounds.samples()) {
        assertArrayEquals(new MuLaw(16).decode(wanted), samples);
      }
      assertEquals(100, sounds.wav(0).sampleRateHz());
    }
  }

  @Test
  void sample_whenWindowInsteadOfStates_thenTheSameSound() {
    try (WaveNetPipeline states = WaveNetPipeline.open(Tiny.folder("wavenet"));
        WaveNetPipeline window = WaveNetPipeline.open(Tiny.folder("wavenet-window"))) {
      WaveNetRequest request = WaveNetRequest.builder().seed(7).count(3).numSamples(30).build();
      SoundBatch a = states.sample(request);
      SoundBatch b = window.sample(request);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(a.samples()[i], b.samples()[i]);
      }
      assertFalse(Arrays.equals(a.samples()[0], a.samples()[1]));
    }
  }

  @Test
  void sample_whenPromptIsTheStart_thenTheSameGoesOn() {
    try (WaveNetPipeline states = WaveNetPipeline.open(Tiny.folder("wavenet"));
        WaveNetPipeline window = WaveNetPipeline.open(Tiny.folder("wavenet-window"))) {
      WaveNetRequest greedy = WaveNetRequest.builder().temperature(0).numSamples(20).build();
      float[] whole = states.sample(greedy).samples()[0];
      WaveNetRequest rest =
          greedy.toBuilder().prompt(Arrays.copyOf(whole, 12)).numSamples(8).build();
      float[] wanted = Arrays.copyOfRange(whole, 12, 20);
      assertArrayEquals(wanted, states.sample(rest).samples()[0]);
      assertArrayEquals(wanted, window.sample(rest).samples()[0]);
    }
  }

  @Test
  void sample_whenNoLengthIsKnown_thenErrorSaysSo() {
    try (WaveNetPipeline window = WaveNetPipeline.open(Tiny.folder("wavenet-window"))) {
      RequestException e =
          assertThrows(RequestException.class, () -> window.sample(WaveNetRequest.of(0, 1)));
      assertEquals(
          "The sampo.json of wavenet-window states no num_samples: say how many you want.",
          e.getMessage());
    }
  }

  @Test
  void sample_whenCancelled_thenStops() {
    try (WaveNetPipeline net = WaveNetPipeline.open(Tiny.folder("wavenet"))) {
      CancellationToken token = new CancellationToken();
      WaveNetRequest request =
          WaveNetRequest.builder()
              .seed(3)
              .cancellation(token)
              .progress(
                  step -> {
                    if (step.done() == 7) {
                      token.cancel();
                    }
                  })
              .build();
      CancelledException e = assertThrows(CancelledException.class, () -> net.sample(request));
      float[] drawn = Objects.requireNonNull(e.partial(SoundBatch.class)).samples()[0];
      float[] whole = net.sample(WaveNetRequest.of(3, 1)).samples()[0];
      assertArrayEquals(Arrays.copyOf(whole, 7), drawn);
    }
  }
}

package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.CancelledException;
import dev.sampo.picture.Tiny;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.latent.MuLaw;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WaveNetPipelineTest {
  @Test
  void sample_whenGreedyWithStates_thenTheLevelsOfPyTorch() {
    try (WaveNetPipeline net = WaveNetPipeline.open(Tiny.folder("wavenet"))) {
      SoundBatch sounds = net.sample(WaveNetRequest.of(0, 2).withTemperature(0));
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
      WaveNetRequest request = WaveNetRequest.of(7, 3).withNumSamples(30);
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
      WaveNetRequest greedy = WaveNetRequest.of(0, 1).withTemperature(0).withNumSamples(20);
      float[] whole = states.sample(greedy).samples()[0];
      WaveNetRequest rest = greedy.withPrompt(Arrays.copyOf(whole, 12)).withNumSamples(8);
      float[] wanted = Arrays.copyOfRange(whole, 12, 20);
      assertArrayEquals(wanted, states.sample(rest).samples()[0]);
      assertArrayEquals(wanted, window.sample(rest).samples()[0]);
    }
  }

  @Test
  void sample_whenNoLengthIsKnown_thenErrorSaysSo() {
    try (WaveNetPipeline window = WaveNetPipeline.open(Tiny.folder("wavenet-window"))) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> window.sample(WaveNetRequest.of(0, 1)));
      assertEquals(
          "The sampo.json of wavenet-window states no num_samples: say how many you want.",
          e.getMessage());
    }
  }

  @Test
  void sample_whenCancelled_thenStops() {
    try (WaveNetPipeline net = WaveNetPipeline.open(Tiny.folder("wavenet"))) {
      CancellationToken token = new CancellationToken();
      assertThrows(
          CancelledException.class,
          () -> net.sample(WaveNetRequest.of(0, 1), (done, total) -> token.cancel(), token));
    }
  }
}

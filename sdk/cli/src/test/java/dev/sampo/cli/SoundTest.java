package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.io.NpyArray;
import dev.sampo.sound.Wav;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo audio} and {@code sampo speak} on the small models of core's tests. */
class SoundTest {
  private static final Path GOLDEN =
      Path.of("../core/src/test/resources/golden").toAbsolutePath().normalize();
  private static final String MUSIC = GOLDEN.resolve("music/tiny_musicgen/model").toString();
  private static final String VITS = GOLDEN.resolve("speech/tiny_vits/model").toString();

  @TempDir Path folder;

  @Test
  void audio_whenPrompted_thenWritesSoundOfThatLengthAndSaysSo() throws IOException {
    Path out = folder.resolve("a.wav");
    CommandRun run =
        CommandRun.of(
            "audio",
            MUSIC,
            "--prompt",
            "a sad violin",
            "--duration",
            "0.3",
            "--seed",
            "4",
            "--json",
            "--out",
            out.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(0.3, Wav.read(out).durationSeconds(), 1e-9);
    JsonNode document = new ObjectMapper().readTree(run.out());
    assertEquals(4, document.get("seed").asInt());
    assertEquals(3200, document.get("sample_rate").asInt());
  }

  @Test
  void audio_whenGoingOnFromCodes_thenBeginsWithThem() throws IOException {
    Path codes = folder.resolve("codes.npy");
    Path longer = folder.resolve("longer.npy");
    String out = folder.resolve("a.wav").toString();
    CommandRun first =
        CommandRun.of(
            "audio",
            MUSIC,
            "--prompt",
            "drums",
            "--max-new-tokens",
            "12",
            "--codes",
            codes.toString(),
            "--out",
            out);
    assertEquals(0, first.exitCode(), first.err());
    CommandRun second =
        CommandRun.of(
            "audio",
            MUSIC,
            "--prompt",
            "drums",
            "--max-new-tokens",
            "12",
            "--init-codes",
            codes.toString(),
            "--codes",
            longer.toString(),
            "--out",
            out);
    assertEquals(0, second.exitCode(), second.err());
    long[] before = NpyArray.read(codes).toLongs();
    NpyArray after = NpyArray.read(longer);
    int frames = before.length / 4;
    for (int k = 0; k < 4; k++) {
      int at = k * (int) after.shape()[2];
      assertArrayEquals(
          java.util.Arrays.copyOfRange(before, k * frames, (k + 1) * frames),
          java.util.Arrays.copyOfRange(after.toLongs(), at, at + frames));
    }
  }

  @Test
  void speak_whenTwoTexts_thenTwoFiles() throws IOException {
    Path out = folder.resolve("said.wav");
    CommandRun run =
        CommandRun.of(
            "speak",
            VITS,
            "--text",
            "a red kite",
            "--text",
            "rain falls",
            "--speaking-rate",
            "1.2",
            "--seed",
            "1",
            "--out",
            out.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(Files.exists(folder.resolve("said-0.wav")));
    assertEquals(4000, Wav.read(folder.resolve("said-1.wav")).sampleRateHz());
  }

  @Test
  void speak_whenOptionIsWrong_thenWrongUsage() {
    CommandRun run = CommandRun.of("speak", VITS, "--text", "a", "--speaker", "7");
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains("has 1 voice(s); --speaker counts from 0, got 7"), run.err());
  }

  @Test
  void audio_whenModelSpeaks_thenErrorNamesTheCommand() {
    CommandRun run =
        CommandRun.of(
            "audio", VITS, "--prompt", "drums", "--out", folder.resolve("a.wav").toString());
    assertEquals(1, run.exitCode(), run.err());
    assertTrue(run.err().contains("sampo speak"), run.err());
  }

  @Test
  void text_whenAudioIsLongerThanAWindow_thenSegmentsWithTimes() throws IOException {
    float[] samples = new float[40_000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.3 * Math.sin(i * (0.1 + i / 4e5)));
    }
    Path wav = folder.resolve("speech.wav");
    new Wav(16_000, samples).write(wav);
    String model = GOLDEN.resolve("text/longform/second").toString();
    CommandRun run =
        CommandRun.of("text", model, "--audio", wav.toString(), "--max-new-tokens", "12", "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode segments = new ObjectMapper().readTree(run.out()).get("segments");
    assertTrue(segments.get(segments.size() - 1).get("end").asDouble() > 1.5, run.out());
    CommandRun lines =
        CommandRun.of(
            "text",
            model,
            "--audio",
            wav.toString(),
            "--max-new-tokens",
            "12",
            "--return-timestamps",
            "--temperatures",
            "0,0.4",
            "--logprob-threshold=-1");
    assertEquals(0, lines.exitCode(), lines.err());
    assertTrue(lines.out().startsWith("["), lines.out());
  }
}

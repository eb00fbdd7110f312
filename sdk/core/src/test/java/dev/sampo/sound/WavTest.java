package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WavTest {
  @TempDir Path folder;

  @Test
  void write_whenReadByTheJdk_thenSamplesAreTheSame() throws Exception {
    Path file = folder.resolve("a.wav");
    new Wav(8000, new float[] {0, 1, -1, 2, -2, 0.5f}).write(file);
    try (AudioInputStream in = AudioSystem.getAudioInputStream(file.toFile())) {
      assertEquals(8000, in.getFormat().getSampleRate());
      assertEquals(16, in.getFormat().getSampleSizeInBits());
      assertEquals(1, in.getFormat().getChannels());
      assertEquals(AudioFormat.Encoding.PCM_SIGNED, in.getFormat().getEncoding());
      byte[] wanted = {0, 0, -1, 127, 1, -128, -1, 127, 1, -128, 0, 64};
      assertArrayEquals(wanted, in.readAllBytes());
    }
  }

  @Test
  void read_whenWrittenBefore_thenSamplesAreWithinOneStep() throws IOException {
    Path file = folder.resolve("a.wav");
    Wav wav = new Wav(16_000, new float[] {0, 0.25f, -0.75f, 1});
    wav.write(file);
    Wav back = Wav.read(file);
    assertEquals(16_000, back.sampleRateHz());
    assertArrayEquals(wav.samples(), back.samples(), 1 / 32767f);
    assertEquals(4 / 16_000.0, back.durationSeconds());
  }

  @Test
  void read_whenCutShortOrOtherFile_thenError() throws IOException {
    Path file = folder.resolve("a.wav");
    Files.writeString(file, "this is not sound");
    assertEquals(
        file + " is no RIFF/WAVE file.",
        assertThrows(IOException.class, () -> Wav.read(file)).getMessage());
    Files.writeString(file, "RIFF");
    assertEquals(
        file + " is cut short.",
        assertThrows(IOException.class, () -> Wav.read(file)).getMessage());
  }
}

package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

  /** A file of one frame of two channels. */
  private Path sound(int format, int bits, byte[] frame) throws IOException {
    boolean extensible = format > 0xffff;
    ByteBuffer b = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
    b.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(0);
    b.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(extensible ? 40 : 16);
    b.putShort((short) (extensible ? 0xfffe : format)).putShort((short) 2).putInt(8000);
    b.putInt(0).putShort((short) 0).putShort((short) bits);
    if (extensible) {
      b.putShort((short) 22).putShort((short) bits).putInt(3).putShort((short) format);
      b.put(new byte[14]);
    }
    b.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(frame.length).put(frame);
    b.putInt(4, b.position() - 8);
    Path file = folder.resolve("f.wav");
    Files.write(file, Arrays.copyOf(b.array(), b.position()));
    return file;
  }

  @Test
  void read_whenOtherWidthsAndFormats_thenTheMeanOfBothChannels() throws IOException {
    byte[] floats =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(1).putFloat(-0.5f).array();
    byte[] doubles =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putDouble(1).putDouble(-.5).array();
    float[] quarter = {0.25f};
    assertArrayEquals(quarter, Wav.read(sound(3, 32, floats)).samples(), 1e-6f);
    assertArrayEquals(quarter, Wav.read(sound(3, 64, doubles)).samples(), 1e-6f);
    assertArrayEquals(quarter, Wav.read(sound(0x10003, 32, floats)).samples(), 1e-6f);
    byte[] wide = {-1, -1, 127, 0, 0, -64};
    assertArrayEquals(quarter, Wav.read(sound(1, 24, wide)).samples(), 1e-6f);
    assertArrayEquals(quarter, Wav.read(sound(0x10001, 24, wide)).samples(), 1e-6f);
    byte[] bytes = {(byte) 255, 64};
    assertArrayEquals(quarter, Wav.read(sound(1, 8, bytes)).samples(), 3e-3f);
  }

  @Test
  void read_whenAnotherFormat_thenErrorNamesIt() throws IOException {
    Path file = sound(7, 8, new byte[2]);
    assertEquals(
        file
            + " has format 7 with 8 bits a sample, wanted PCM (1) with 8, 16, 24 or 32, or float"
            + " (3) with 32 or 64.",
        assertThrows(IOException.class, () -> Wav.read(file)).getMessage());
  }

  @Test
  void read_whenAnyByteIsWrong_thenASoundOrAnErrorWithTheFilesName() throws IOException {
    byte[] good = Files.readAllBytes(sound(0x10001, 24, new byte[6]));
    Path file = folder.resolve("broken.wav");
    for (int i = 0; i < good.length; i++) {
      for (int value : new int[] {0, 1, 127, 128, 255}) {
        byte[] bad = good.clone();
        bad[i] = (byte) value;
        Files.write(file, bad);
        try {
          Wav.read(file);
        } catch (IOException e) {
          assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        }
      }
    }
  }
}

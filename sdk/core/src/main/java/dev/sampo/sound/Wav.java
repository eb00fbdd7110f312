package dev.sampo.sound;

import dev.sampo.error.RequestException;
import dev.sampo.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One-channel sound as a 16-bit PCM {@code .wav} file.
 *
 * <p>The 44-byte RIFF header is written here and not by {@code javax.sound.sampled}, because that package does
 * not exist on Android, where {@code core} runs too, and the format has not changed since 1991.
 *
 * @param sampleRateHz samples a second
 * @param samples one value a sample, -1..1; values outside are clamped when written
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, compared by content
public record Wav(int sampleRateHz, float[] samples) {
  private static final int HEADER_BYTES = 44;

  public Wav {
    if (sampleRateHz < 1) {
      throw new RequestException(null, "The sample rate is positive, got " + sampleRateHz + ".");
    }
    samples = samples.clone();
  }

  /** A copy of the samples. */
  @Override
  public float[] samples() {
    return samples.clone();
  }

  /** How long the sound is, in seconds. */
  public double durationSeconds() {
    return (double) samples.length / sampleRateHz;
  }

  /** Writes the sound, whole or not at all; a sample s becomes {@code round(32767 s)}. */
  public void write(Path file) throws IOException {
    int dataBytes = Math.multiplyExact(2, samples.length);
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.addExact(HEADER_BYTES, dataBytes)).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(ascii("RIFF")).putInt(HEADER_BYTES - 8 + dataBytes).put(ascii("WAVE"));
    buffer.put(ascii("fmt ")).putInt(16).putShort((short) 1).putShort((short) 1);
    buffer.putInt(sampleRateHz).putInt(2 * sampleRateHz).putShort((short) 2).putShort((short) 16);
    buffer.put(ascii("data")).putInt(dataBytes);
    for (float s : samples) {
      buffer.putShort((short) Math.rint(32767 * Math.min(1f, Math.max(-1f, s))));
    }
    AtomicFile.write(file, out -> out.write(buffer.array()));
  }

  /**
   * Reads a file of PCM of 8, 16, 24 or 32 bits or of floats, plain or WAVE_FORMAT_EXTENSIBLE; of several channels the mean is taken. What
   * a pipe wrote, whose sizes nobody filled in (0 or the largest number), goes on to the end of the file.
   *
   * @throws IOException when the file is no such sound; the message says what it is
   */
  public static Wav read(Path file) throws IOException {
    return new WavReader(file).read();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Wav that
        && sampleRateHz == that.sampleRateHz
        && Arrays.equals(samples, that.samples);
  }

  @Override
  public int hashCode() {
    return 31 * sampleRateHz + Arrays.hashCode(samples);
  }

  @Override
  public String toString() {
    return "Wav[" + sampleRateHz + " Hz, " + samples.length + " samples]";
  }
}

package dev.sampo.sound;

import dev.sampo.io.AtomicFile;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
      throw new IllegalArgumentException("The sample rate is positive, got " + sampleRateHz + ".");
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
   * Reads a file of 16-bit PCM; of several channels the mean is taken.
   *
   * @throws IOException when the file is no such sound; the message says what it is
   */
  public static Wav read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      byte[] riff = new byte[12];
      in.readFully(riff);
      if (!tag(riff, 0).equals("RIFF") || !tag(riff, 8).equals("WAVE")) {
        throw new IOException(file + " is no RIFF/WAVE file.");
      }
      return readChunks(in, file);
    } catch (EOFException e) {
      throw new IOException(file + " is cut short.", e);
    }
  }

  private static Wav readChunks(DataInputStream in, Path file) throws IOException {
    int channels = 0;
    int sampleRateHz = 0;
    byte[] head = new byte[8];
    while (true) {
      in.readFully(head);
      int sizeBytes = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
      String tag = tag(head, 0);
      if (tag.equals("data") && channels > 0) {
        return decode(in, sizeBytes, channels, sampleRateHz);
      }
      byte[] body = readBody(in, sizeBytes + (sizeBytes & 1), file);
      if (tag.equals("fmt ") && body.length >= 16) {
        ByteBuffer fmt = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        if (fmt.getShort(0) != 1 || fmt.getShort(14) != 16) {
          throw new IOException(
              file
                  + " has format "
                  + fmt.getShort(0)
                  + " with "
                  + fmt.getShort(14)
                  + " bits a sample, wanted PCM (1) with 16.");
        }
        channels = fmt.getShort(2);
        sampleRateHz = fmt.getInt(4);
      }
    }
  }

  private static byte[] readBody(DataInputStream in, int sizeBytes, Path file) throws IOException {
    if (sizeBytes < 0 || sizeBytes > 1 << 20) {
      throw new IOException(file + " has a chunk of " + sizeBytes + " bytes before its sound.");
    }
    byte[] body = new byte[sizeBytes];
    in.readFully(body);
    return body;
  }

  private static Wav decode(InputStream in, int sizeBytes, int channels, int rateHz)
      throws IOException {
    DataInputStream data = new DataInputStream(in);
    byte[] frame = new byte[2 * channels];
    float[] samples = new float[1024];
    int n = 0;
    for (int at = 0; at + frame.length <= sizeBytes; at += frame.length) {
      data.readFully(frame);
      ByteBuffer buffer = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
      float sum = 0;
      for (int c = 0; c < channels; c++) {
        sum += buffer.getShort(2 * c);
      }
      if (n == samples.length) {
        samples = Arrays.copyOf(samples, 2 * n);
      }
      samples[n++] = sum / channels / 32767f;
    }
    return new Wav(rateHz, Arrays.copyOf(samples, n));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String tag(byte[] bytes, int at) {
    return new String(bytes, at, 4, StandardCharsets.US_ASCII);
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

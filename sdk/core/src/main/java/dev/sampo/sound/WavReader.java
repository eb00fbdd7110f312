package dev.sampo.sound;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The chunks of a RIFF/WAVE file (Microsoft's Multiple Channel Audio Data, 2001). Nothing is allocated from a size that a chunk declares. */
final class WavReader {
  private static final int PCM = 1;
  private static final int FLOAT = 3;
  private static final int EXTENSIBLE = 0xfffe;

  /** Sizes from here on mean "not known" in what programs write into a pipe. */
  private static final long UNKNOWN = 0x7fff0000L;

  private final Path file;
  private final ByteBuffer in;
  private int format;
  private int bits;
  private int channels;
  private int sampleRateHz;

  WavReader(Path file) throws IOException {
    this.file = file;
    if (Files.size(file) > Integer.MAX_VALUE - 16) {
      throw new IOException(file + " is larger than 2 GB; such sounds are not read.");
    }
    this.in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
  }

  Wav read() throws IOException {
    require(12);
    if (!tag(0).equals("RIFF") || !tag(8).equals("WAVE")) {
      throw new IOException(file + " is no RIFF/WAVE file.");
    }
    boolean finished = Math.abs(size(4) + 8 - in.capacity()) <= 1;
    int at = 12;
    while (true) {
      require(at + 8);
      String tag = tag(at);
      long size = size(at + 4);
      int from = at + 8;
      int left = in.capacity() - from;
      if (tag.equals("data") && channels > 0) {
        boolean open = size >= UNKNOWN || (size == 0 && !finished);
        if (!open && size > left) {
          throw new IOException(file + " is cut short.");
        }
        return decode(from, open ? left : (int) size);
      }
      if (size > left) {
        throw new IOException(file + " is cut short.");
      }
      if (tag.equals("fmt ")) {
        readFormat(from, (int) size);
      }
      at = (int) Math.min(in.capacity(), from + size + (size & 1));
    }
  }

  private void readFormat(int from, int size) throws IOException {
    if (size < 16) {
      throw new IOException(file + " has a format of " + size + " bytes, wanted 16 or more.");
    }
    format = in.getShort(from) & 0xffff;
    channels = in.getShort(from + 2) & 0xffff;
    sampleRateHz = in.getInt(from + 4);
    bits = in.getShort(from + 14) & 0xffff;
    if (format == EXTENSIBLE && size >= 26) {
      // The first two bytes of the sub-format's GUID are the format's plain number.
      format = in.getShort(from + 24) & 0xffff;
    }
    boolean known =
        format == PCM
            ? bits == 8 || bits == 16 || bits == 24 || bits == 32
            : format == FLOAT && (bits == 32 || bits == 64);
    if (!known) {
      throw new IOException(
          file
              + " has format "
              + format
              + " with "
              + bits
              + " bits a sample, wanted PCM (1) with 8, 16, 24 or 32, or float (3) with 32 or 64.");
    }
    if (channels < 1 || sampleRateHz < 1) {
      throw new IOException(
          file + " says that it has " + channels + " channels at " + sampleRateHz + " Hz.");
    }
  }

  private Wav decode(int from, int size) {
    int step = bits / 8;
    int frames = size / (step * channels);
    float[] samples = new float[frames];
    int at = from;
    for (int i = 0; i < frames; i++) {
      double sum = 0;
      for (int c = 0; c < channels; c++, at += step) {
        sum += sample(at);
      }
      samples[i] = (float) (sum / channels);
    }
    return new Wav(sampleRateHz, samples);
  }

  /** One value in -1..1; the largest positive number of a width is 1. */
  private double sample(int at) {
    if (format == FLOAT) {
      return bits == 32 ? in.getFloat(at) : in.getDouble(at);
    }
    return switch (bits) {
      case 8 -> ((in.get(at) & 0xff) - 128) / 127.0;
      case 16 -> in.getShort(at) / 32767.0;
      case 24 -> (in.getShort(at) & 0xffff | in.get(at + 2) << 16) / 8388607.0;
      default -> in.getInt(at) / 2147483647.0;
    };
  }

  private void require(int bytes) throws IOException {
    if (bytes > in.capacity()) {
      throw new IOException(file + " is cut short.");
    }
  }

  private String tag(int at) {
    return new String(in.array(), at, 4, StandardCharsets.US_ASCII);
  }

  private long size(int at) {
    return in.getInt(at) & 0xffffffffL;
  }
}

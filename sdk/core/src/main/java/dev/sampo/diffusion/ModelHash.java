package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * A short name for exactly this model: SHA-256 over the length, the first and the last mebibyte of each graph file, sixteen digits. Whole
 * files of gigabytes would take longer to read than a picture to make.
 */
final class ModelHash {
  private static final int PART = 1 << 20;

  private ModelHash() {}

  static String of(List<Path> files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        add(digest, file);
      }
      StringBuilder text = new StringBuilder();
      byte[] hash = digest.digest();
      for (int i = 0; i < 8; i++) {
        text.append(Character.forDigit((hash[i] >> 4) & 15, 16));
        text.append(Character.forDigit(hash[i] & 15, 16));
      }
      return text.toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    } catch (IOException e) {
      throw new RequestException(null, "Cannot read a graph of the model: " + e);
    }
  }

  private static void add(MessageDigest digest, Path file) throws IOException {
    digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      long length = in.length();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(length).array());
      byte[] part = new byte[(int) Math.min(length, PART)];
      in.readFully(part);
      digest.update(part);
      in.seek(length - part.length);
      in.readFully(part);
      digest.update(part);
    }
  }
}

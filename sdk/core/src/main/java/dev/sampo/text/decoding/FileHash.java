package dev.sampo.text.decoding;

import dev.sampo.error.ModelException;
import dev.sampo.runtime.OnnxFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of a graph with its weights, so that what was made with one model is not taken by another of the same shapes. */
final class FileHash {
  private FileHash() {}

  /** Of every byte of the file and its external data; hexadecimal. */
  static String of(OnnxFile file) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
    add(digest, file.path());
    Path folder = file.path().toAbsolutePath().getParent();
    for (String name : file.externalData()) {
      add(digest, folder == null ? file.path() : folder.resolve(name));
    }
    StringBuilder hex = new StringBuilder();
    for (byte b : digest.digest()) {
      hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return hex.toString();
  }

  private static void add(MessageDigest digest, Path path) {
    byte[] part = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(path)) {
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(Files.size(path)).array());
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        digest.update(part, 0, n);
      }
    } catch (IOException e) {
      throw new ModelException(path, path + " cannot be read: " + e.getMessage(), e);
    }
  }
}

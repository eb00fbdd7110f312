package dev.sampo.spark;

import dev.sampo.error.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** SHA-256 over the names, lengths and bytes of all files of a model folder, so that all machines use the same one. */
final class ModelFingerprint {
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 16;

  /** By names, lengths and times: a job that goes through one model many times reads its files once. */
  private static final ConcurrentHashMap<String, String> KNOWN = new ConcurrentHashMap<>();

  private ModelFingerprint() {}

  static String of(Path root) {
    try {
      List<Path> files = files(root);
      StringBuilder state = new StringBuilder(root.toString());
      for (Path file : files) {
        state
            .append('\n')
            .append(file)
            .append(' ')
            .append(Files.size(file))
            .append(' ')
            .append(Files.getLastModifiedTime(file));
      }
      String known = KNOWN.get(state.toString());
      if (known == null) {
        known = hash(root, files);
        KNOWN.put(state.toString(), known);
      }
      return known;
    } catch (IOException e) {
      throw new ModelException(root, "The model's files cannot be read: " + e.getMessage(), e);
    }
  }

  private static String hash(Path root, List<Path> files) throws IOException {
    MessageDigest digest = RowSeeds.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (Path file : files) {
      String name = root.relativize(file).toString().replace('\\', '/');
      digest.update((name + "\n" + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
      try (InputStream in = Files.newInputStream(file)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
      }
    }
    StringBuilder hex = new StringBuilder();
    for (byte b : digest.digest()) {
      hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return hex.toString();
  }

  private static List<Path> files(Path root) throws IOException {
    // Hadoop and some unpackers leave hidden checksums beside files; they are no part of the model.
    try (Stream<Path> walk = Files.walk(root, MAX_DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      return walk.filter(Files::isRegularFile)
          .filter(f -> !f.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    }
  }
}

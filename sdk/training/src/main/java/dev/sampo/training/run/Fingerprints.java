package dev.sampo.training.run;

import dev.sampo.training.graph.TrainingGraph;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Tells training graphs apart by their weights' names and shapes. */
public final class Fingerprints {
  private Fingerprints() {}

  public static String of(TrainingGraph graph) {
    StringBuilder text = new StringBuilder();
    graph
        .parameters()
        .values()
        .forEach(p -> text.append(p.name()).append(p.type()).append(p.role()).append('\n'));
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.toString().getBytes(StandardCharsets.UTF_8));
      StringBuilder hex = new StringBuilder();
      for (int i = 0; i < 8; i++) {
        hex.append(Character.forDigit((hash[i] >> 4) & 15, 16));
        hex.append(Character.forDigit(hash[i] & 15, 16));
      }
      return hex.toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

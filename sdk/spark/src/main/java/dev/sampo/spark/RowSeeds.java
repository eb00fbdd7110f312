package dev.sampo.spark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The seed of each row: the first eight bytes, big-endian and without the sign bit, of SHA-256 over the job's seed (eight bytes, big-endian)
 * and the key in UTF-8.
 *
 * <p>A program without Spark that uses these seeds makes the same rows.
 */
public final class RowSeeds {
  private RowSeeds() {}

  /**
   * The seed of one row.
   *
   * @param jobSeed seed of the whole job
   * @param key what names the row: the value of the key column as a string, or the input where there is no key column
   * @return at least 0
   */
  public static long of(long jobSeed, String key) {
    MessageDigest digest = sha256();
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(jobSeed).array());
    byte[] hash = digest.digest(key.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(hash).getLong() & Long.MAX_VALUE;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}

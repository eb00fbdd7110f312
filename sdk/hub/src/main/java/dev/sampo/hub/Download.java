package dev.sampo.hub;

import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One blob: downloaded to {@code ETAG.8HEX.incomplete}, checked against its hash, then moved into place, so that any number of processes may
 * fetch the same one. What broke off goes on where it stopped, what a dead process left too.
 */
final class Download {
  private static final Logger LOG = LoggerFactory.getLogger(Download.class);
  private static final int BUFFER = 1 << 16;

  /** A file that nobody has written to for so long is a dead process's: a living one gives up after the time limit of a read. */
  private static final long ABANDONED_SECONDS = 120;

  private final HubHttp http;
  private final HubFile file;
  private final Path blobs;
  private final String what;
  private final CancellationToken token;

  Download(HubHttp http, HubFile file, Path blobs, String what, CancellationToken token) {
    this.http = http;
    this.file = file;
    this.blobs = blobs;
    this.what = what;
    this.token = token;
  }

  /**
   * Fetches the blob.
   *
   * @param tries how often a connection that breaks off in the middle is made again
   * @param progress told of each piece's bytes
   * @return the blob's file
   */
  Path run(java.net.URI uri, int tries, LongConsumer progress) throws IOException {
    Files.createDirectories(blobs);
    Path blob = blobs.resolve(name(file.hash()));
    if (Files.isRegularFile(blob)) {
      progress.accept(Files.size(blob));
      return blob;
    }
    Path part = claim(blob);
    boolean keep = false;
    try {
      progress.accept(Files.size(part));
      for (int attempt = 0; ; attempt++) {
        try {
          String etag = append(uri, part, progress);
          String hash = etag == null || hashLength(etag) == 0 ? file.hash() : etag;
          keep = false;
          verify(part, hash);
          Path target = blobs.resolve(name(hash));
          AtomicWrite.move(part, target);
          return target;
        } catch (IOException e) {
          // What is there is good as far as it goes: the hash is checked at the end.
          keep = true;
          if (attempt >= tries || token.isCancelled()) {
            throw e;
          }
          LOG.info("{}: {}; going on from byte {}", what, e.toString(), Files.size(part));
        }
      }
    } catch (dev.sampo.error.CancelledException e) {
      keep = true;
      throw e;
    } finally {
      if (!keep || empty(part)) {
        Files.deleteIfExists(part);
      }
    }
  }

  private static boolean empty(Path part) throws IOException {
    return Files.exists(part) && Files.size(part) == 0;
  }

  /** A file of our own, with what a dead process left of the same blob if there is such a file. */
  private Path claim(Path blob) throws IOException {
    Path own = blobs.resolve(blob.getFileName() + "." + AtomicWrite.unique() + ".incomplete");
    try (DirectoryStream<Path> old =
        Files.newDirectoryStream(blobs, blob.getFileName() + ".*incomplete")) {
      FileTime limit = FileTime.from(Instant.now().minusSeconds(ABANDONED_SECONDS));
      for (Path left : old) {
        try {
          if (Files.getLastModifiedTime(left).compareTo(limit) < 0) {
            // Only one of several processes gets it.
            Files.move(left, own);
            Files.setLastModifiedTime(own, FileTime.from(Instant.now()));
            return own;
          }
        } catch (NoSuchFileException e) {
          LOG.debug("{} was taken by another process", left);
        }
      }
    }
    return Files.createFile(own);
  }

  /** Appends what is missing and gives the ETag, or null where the server names none. */
  private @Nullable String append(java.net.URI uri, Path part, LongConsumer progress)
      throws IOException {
    long have = Files.size(part);
    if (have > file.sizeBytes()) {
      progress.accept(-have);
      Files.write(part, new byte[0]);
      have = 0;
    }
    if (have == file.sizeBytes() && have > 0) {
      return null;
    }
    try (HubHttp.Answer answer = http.get(uri, what, have)) {
      boolean whole = answer.status() != 206;
      if (whole && have > 0) {
        progress.accept(-have);
        have = 0;
      }
      long left = file.sizeBytes() - have;
      long announced = answer.contentLength().orElse(left);
      if (announced != left) {
        throw new HubException(
            what
                + ": the server sends "
                + announced
                + " bytes, its list of files says "
                + left
                + ". Nothing was kept; pull again.");
      }
      copy(answer.body(), part, whole, left, progress);
      String linked = answer.header("X-Linked-Etag");
      return etag(linked == null ? answer.header("ETag") : linked);
    }
  }

  private void copy(InputStream in, Path part, boolean whole, long left, LongConsumer progress)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    StandardOpenOption how =
        whole ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
    long remaining = left;
    try (OutputStream out = Files.newOutputStream(part, StandardOpenOption.WRITE, how)) {
      while (remaining > 0) {
        token.throwIfCancelled();
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, remaining));
        if (n < 0) {
          throw new IOException("the connection ended " + remaining + " bytes early");
        }
        out.write(buffer, 0, n);
        remaining -= n;
        progress.accept(n);
      }
    }
  }

  private void verify(Path part, String hash) throws IOException {
    // An ETag is the hash, but the list of files has the last word.
    String seen = hash(part, hashLength(hash) == 64);
    boolean listed = hash.length() != file.hash().length() || hash.equals(file.hash());
    if (!seen.equals(hash) || !listed) {
      throw new HubException(
          what
              + ": what came has the hash "
              + seen
              + ", promised was "
              + (listed ? hash : file.hash())
              + ". It was thrown away; pull again, and if it fails again the server or a proxy"
              + " changes files.");
    }
  }

  /** SHA-256 of a file, or git's SHA-1 of it as a blob; lower-case hex. */
  static String hash(Path path, boolean sha256) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(sha256 ? "SHA-256" : "SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256 and SHA-1", e);
    }
    if (!sha256) {
      digest.update(("blob " + Files.size(path) + "\0").getBytes(StandardCharsets.UTF_8));
    }
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    StringBuilder hex = new StringBuilder();
    for (byte b : digest.digest()) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }

  /** 64 for SHA-256, 40 for git's SHA-1, 0 for what is neither. */
  static int hashLength(String text) {
    return text.matches("[0-9a-f]{64}") ? 64 : text.matches("[0-9a-f]{40}") ? 40 : 0;
  }

  private static @Nullable String etag(@Nullable String header) {
    if (header == null) {
      return null;
    }
    String text = header.startsWith("W/") ? header.substring(2) : header;
    return text.replace("\"", "").trim().toLowerCase(Locale.ROOT);
  }

  private String name(String hash) {
    if (hashLength(hash) == 0) {
      throw new HubException(
          what
              + ": the server names '"
              + hash.replaceAll("\\W", "?")
              + "' as its hash, which is none.");
    }
    return hash;
  }
}

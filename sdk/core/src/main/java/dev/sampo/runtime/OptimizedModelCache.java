package dev.sampo.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.sampo.io.AtomicFile;
import dev.sampo.io.ScratchFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps graphs that ONNX Runtime has optimized, so that the next start need not. An entry is a folder {@code KEY/} with {@code model.onnx}
 * and its weights in {@code model.onnx.data}; KEY is the SHA-256 of the model's files, the version of ONNX Runtime, the processor
 * architecture, the providers with their options and whatever changes the graph. {@code sha256} in it names KEY and the hashes of its files,
 * which are checked before each load: an entry that was changed, or is another's, is made anew. An entry is written under a temporary name and
 * moved into place, so that a killed process leaves no half of one; several processes may share a cache.
 *
 * <p>A cache that cannot be read or written costs a warning, never a failure. Hashing 500 MB takes about as long as optimizing them, so
 * hashes of the model's files are remembered in {@code hashes/} by path, size, inode and time of change (which no program can set back). Where
 * the file system has no such time, they are made at each start.
 */
final class OptimizedModelCache {
  private static final Logger LOG = LoggerFactory.getLogger(OptimizedModelCache.class);
  private static final String MODEL = "model.onnx";
  private static final String SUMS = "sha256";

  private final Path folder;
  private final Path file;
  private final SessionConfig config;

  OptimizedModelCache(Path folder, Path file, SessionConfig config) {
    this.folder = folder;
    this.file = file;
    this.config = config;
  }

  /** Providers whose optimized graphs can be written; others compile nodes into what no file can hold. */
  static boolean isPossible(SessionConfig config) {
    for (ExecutionProvider provider : config.executionProviders()) {
      if (!(provider instanceof ExecutionProvider.Cpu
          || provider instanceof ExecutionProvider.Cuda)) {
        return false;
      }
    }
    return config.optimizationLevel() != SessionConfig.OptimizationLevel.NONE;
  }

  /** The session from the cache, or from the file while filling the cache. */
  OrtSession load() throws OrtException {
    Path entry;
    try {
      Files.createDirectories(folder.resolve("hashes"));
      entry = folder.resolve(key());
    } catch (IOException e) {
      LOG.warn("The optimized-model cache {} cannot be used: {}", folder, e.toString());
      return SessionLoader.create(file, config);
    }
    if (Files.isDirectory(entry) && !isWhole(entry)) {
      LOG.warn("The cached graph {} is not what was put there and is made anew", entry);
      ScratchFiles.delete(entry);
    }
    if (Files.isRegularFile(entry.resolve(MODEL))) {
      try {
        return SessionLoader.create(entry.resolve(MODEL), optimized());
      } catch (OrtException e) {
        LOG.warn(
            "The cached graph {} cannot be loaded and is made anew: {}", entry, e.getMessage());
        ScratchFiles.delete(entry);
      }
    }
    return fill(entry);
  }

  private SessionConfig optimized() {
    return config.toBuilder().optimizationLevel(SessionConfig.OptimizationLevel.NONE).build();
  }

  private OrtSession fill(Path entry) throws OrtException {
    Path temporary = null;
    try {
      temporary = Files.createDirectory(ScratchFiles.beside(entry));
      OrtSession session;
      try (SessionOptions options = SessionLoader.options(config)) {
        options.setOptimizedModelFilePath(temporary.resolve(MODEL).toString());
        options.addConfigEntry(
            "session.optimized_model_external_initializers_file_name", MODEL + ".data");
        options.addConfigEntry(
            "session.optimized_model_external_initializers_min_size_in_bytes", "1024");
        session = OnnxRuntime.environment().createSession(file.toString(), options);
      }
      Files.write(temporary.resolve(SUMS), sums(temporary, entry).getBytes(StandardCharsets.UTF_8));
      publish(temporary, entry);
      return session;
    } catch (IOException | OrtException e) {
      // Either the model is broken, which loading it without the cache will say, or the cache is.
      if (temporary != null) {
        ScratchFiles.delete(temporary);
      }
      OrtSession session = SessionLoader.create(file, config);
      LOG.warn("The optimized graph of {} cannot be kept in {}: {}", file, folder, e.toString());
      return session;
    }
  }

  private void publish(Path temporary, Path entry) {
    try {
      Files.move(temporary, entry, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      LOG.warn("The file system of {} cannot move a folder at once; nothing is cached", folder);
      ScratchFiles.delete(temporary);
    } catch (IOException e) {
      // Another process was faster.
      ScratchFiles.delete(temporary);
    }
  }

  // ---- content

  /** One line a file of an entry, after its key: an entry moved to another key is not taken for it. */
  private static String sums(Path where, Path entry) throws IOException {
    StringBuilder text = new StringBuilder("key ").append(entry.getFileName()).append('\n');
    for (String name : new String[] {MODEL, MODEL + ".data"}) {
      Path file = where.resolve(name);
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        text.append(content(file)).append(' ').append(name).append('\n');
      }
    }
    return text.toString();
  }

  private static boolean isWhole(Path entry) {
    try {
      Path file = entry.resolve(SUMS);
      return Files.size(file) < 1024
          && sums(entry, entry)
              .equals(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return false;
    }
  }

  // ---- key

  private String key() throws IOException {
    MessageDigest digest = sha256();
    add(digest, OnnxRuntime.version());
    add(digest, System.getProperty("os.arch"));
    add(digest, config.optimizationLevel().name());
    add(digest, config.symbols().toString());
    add(digest, config.configEntries().toString());
    for (ExecutionProvider provider : config.executionProviders()) {
      add(digest, provider.ortName() + provider.options());
    }
    add(digest, hash(file));
    Path parent = file.toAbsolutePath().getParent();
    for (String data : OnnxFile.read(file).externalData()) {
      add(digest, data);
      add(digest, hash(parent == null ? file.resolveSibling(data) : parent.resolve(data)));
    }
    return hex(digest.digest());
  }

  /** SHA-256 of a file, remembered by its path, size and time of change. */
  private String hash(Path path) throws IOException {
    Path real = path.toRealPath();
    String stamp = stamp(real);
    if (stamp == null) {
      return content(real);
    }
    MessageDigest name = sha256();
    add(name, real.toString());
    Path memo = folder.resolve("hashes").resolve(hex(name.digest()).substring(0, 32));
    if (Files.isRegularFile(memo) && Files.size(memo) < 1024) {
      String line = new String(Files.readAllBytes(memo), StandardCharsets.US_ASCII);
      if (line.startsWith(stamp)) {
        return line.substring(stamp.length());
      }
    }
    String hash = content(real);
    AtomicFile.write(memo, out -> out.write((stamp + hash).getBytes(StandardCharsets.US_ASCII)));
    return hash;
  }

  /** What differs when a file differs; null where nothing is sure to. */
  private static @Nullable String stamp(Path real) throws IOException {
    try {
      Map<String, Object> facts = Files.readAttributes(real, "unix:ctime,ino,dev");
      return Files.size(real)
          + " "
          + Files.getLastModifiedTime(real)
          + " "
          + facts.get("ctime")
          + " "
          + facts.get("ino")
          + " "
          + facts.get("dev")
          + " ";
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return null;
    }
  }

  private static String content(Path file) throws IOException {
    MessageDigest content = sha256();
    byte[] block = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        content.update(block, 0, n);
      }
    }
    return hex(content.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  private static void add(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
    }
    return text.toString();
  }
}

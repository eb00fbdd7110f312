package dev.sampo.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Temporary files and folders whose names tell who made them, so that what a killed process left is removed by a later one: only ours, only
 * when its process is gone. A name ends in {@code .sampo-PID-HOST-RANDOM.tmp}; HOST stands for this machine, its start and its container, so
 * that a process number of another machine on a shared disk is not taken for one of this. What another machine left goes after a day.
 */
public final class ScratchFiles {
  private static final Pattern NAME =
      Pattern.compile(".*\\.sampo-(\\d{1,18})-([0-9a-f]{8})-[0-9a-f]{12}\\.tmp");
  private static final long FOREIGN_MILLIS = 24L * 60 * 60 * 1000;
  private static final Path PROC = Paths.get("/proc");
  private static final long PID = pid();
  private static final String HOST = host();
  private static final Set<Path> SWEPT = Collections.synchronizedSet(new HashSet<>());

  private ScratchFiles() {}

  /** A name for a scratch file or folder that stands for {@code base} and that no other has. */
  public static String name(String base) {
    String random = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    return "." + base + ".sampo-" + PID + "-" + HOST + "-" + random + ".tmp";
  }

  /**
   * A path beside {@code target} to write to before it is moved over it; nothing is made. What killed processes left in that folder is
   * removed the first time that this process asks.
   */
  public static Path beside(Path target) {
    Path absolute = target.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder != null && SWEPT.add(folder)) {
      sweep(folder);
    }
    return absolute.resolveSibling(name(String.valueOf(absolute.getFileName())));
  }

  /**
   * A new private folder in the system's folder for temporary files. Delete it with {@link #delete}.
   *
   * @throws IOException if it cannot be made; the message names the folder and says how to choose another
   */
  public static Path folder(String purpose) throws IOException {
    Path parent = Paths.get(System.getProperty("java.io.tmpdir", "."));
    if (SWEPT.add(parent)) {
      sweep(parent);
    }
    Path folder = parent.resolve(name("sampo-" + purpose));
    try {
      return UserCache.createPrivate(folder);
    } catch (IOException e) {
      throw new IOException(
          "There is no place for temporary files in "
              + parent
              + ": "
              + e.getMessage()
              + ". Free space there, or set -Djava.io.tmpdir to another folder.",
          e);
    }
  }

  /** Removes what killed processes left in a folder. What cannot be removed stays; nothing is thrown. */
  public static void sweep(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, ".*.tmp")) {
      for (Path path : found) {
        if (isLeft(path)) {
          delete(path);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // A folder that cannot be listed is not ours to clean.
      return;
    }
  }

  private static boolean isLeft(Path path) throws IOException {
    Matcher matcher = NAME.matcher(String.valueOf(path.getFileName()));
    if (!matcher.matches()) {
      return false;
    }
    if (HOST.equals(matcher.group(2))) {
      long pid = Long.parseLong(matcher.group(1));
      return pid != PID && !isAlive(pid);
    }
    long changed = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toMillis();
    return changed < System.currentTimeMillis() - FOREIGN_MILLIS;
  }

  /** Deletes a file, or a folder with all that is in it; links are not followed. What cannot be deleted stays. */
  public static void delete(Path path) {
    try {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        try (DirectoryStream<Path> inside = Files.newDirectoryStream(path)) {
          for (Path each : inside) {
            delete(each);
          }
        }
      }
      Files.deleteIfExists(path);
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // A later process tries again.
      return;
    }
  }

  private static long pid() {
    try {
      if (Files.isDirectory(PROC)) {
        return Long.parseLong(PROC.resolve("self").toRealPath().getFileName().toString());
      }
      // Not on Android, which has /proc.
      Class<?> handle = Class.forName("java.lang.ProcessHandle");
      Object current = handle.getMethod("current").invoke(null);
      return (Long) handle.getMethod("pid").invoke(current);
    } catch (IOException | ReflectiveOperationException | NumberFormatException e) {
      return 0;
    }
  }

  /** True where it cannot be found out. */
  static boolean isAlive(long pid) {
    if (PID == 0) {
      return true;
    }
    if (Files.isDirectory(PROC)) {
      return Files.exists(PROC.resolve(Long.toString(pid)));
    }
    try {
      Class<?> handle = Class.forName("java.lang.ProcessHandle");
      return ((Optional<?>) handle.getMethod("of", long.class).invoke(null, pid)).isPresent();
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  private static String host() {
    String text = content(PROC.resolve("sys/kernel/random/boot_id")) + namespace();
    UUID hash = UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
    return hash.toString().substring(0, 8);
  }

  private static String content(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException | SecurityException e) {
      return "";
    }
  }

  private static @Nullable String namespace() {
    try {
      return Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
    } catch (IOException | UnsupportedOperationException | SecurityException e) {
      return "";
    }
  }
}

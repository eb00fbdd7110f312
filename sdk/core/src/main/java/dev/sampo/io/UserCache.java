package dev.sampo.io;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What Sampo keeps for a user from run to run, in folders that nobody else can read or write (0700): {@code ~/.cache/sampo} on Linux ({@code
 * XDG_CACHE_HOME} is obeyed), {@code ~/Library/Caches/sampo} on macOS, {@code %LOCALAPPDATA%\sampo} on Windows. Another place is set with
 * {@value #PROPERTY}. All of it may be deleted at any time.
 */
public final class UserCache {
  /** The system property that names another folder. */
  public static final String PROPERTY = "sampo.cache";

  private static final Set<PosixFilePermission> PRIVATE =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private UserCache() {}

  /** The folder that holds the others; it need not exist. */
  public static Path root() {
    String chosen = System.getProperty(PROPERTY);
    if (chosen != null && !chosen.isEmpty()) {
      return Paths.get(chosen).toAbsolutePath();
    }
    String home = System.getProperty("user.home", ".");
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (os.contains("win")) {
      String local = System.getenv("LOCALAPPDATA");
      return Paths.get(local == null || local.isEmpty() ? home : local).resolve("sampo");
    }
    if (os.contains("mac")) {
      return Paths.get(home, "Library", "Caches", "sampo");
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    // The XDG specification: a relative path is to be ignored.
    boolean usable = xdg != null && xdg.startsWith("/");
    return (usable ? Paths.get(xdg) : Paths.get(home, ".cache")).resolve("sampo");
  }

  /**
   * A private folder of the cache, made if it is missing.
   *
   * @param name a plain name
   * @throws IOException if it cannot be made, is a link, or belongs to somebody else
   */
  public static Path folder(String name) throws IOException {
    Path root = root();
    Path parent = root.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    return privateFolder(privateFolder(root).resolve(name));
  }

  private static Path privateFolder(Path folder) throws IOException {
    try {
      return createPrivate(folder);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(folder + " is no folder but a file or a link. Remove it.", e);
      }
    }
    PosixFileAttributeView view =
        Files.getFileAttributeView(folder, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view == null) {
      // Windows: a user's folders are private by their place.
      return folder;
    }
    PosixFileAttributes attributes = view.readAttributes();
    checkOwner(folder, attributes);
    if (!attributes.permissions().equals(PRIVATE)) {
      view.setPermissions(PRIVATE);
    }
    return folder;
  }

  /** Who we are is told by a file that we make: names of users are not always known. */
  private static void checkOwner(Path folder, PosixFileAttributes attributes) throws IOException {
    Path probe = folder.resolve(ScratchFiles.name("owner"));
    Files.createFile(probe);
    try {
      if (!Files.getOwner(probe, LinkOption.NOFOLLOW_LINKS).equals(attributes.owner())) {
        throw new IOException(
            folder
                + " belongs to "
                + attributes.owner().getName()
                + ", not to the user of this process. Remove it, or set -D"
                + PROPERTY
                + " to another folder.");
      }
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  /** A new folder that only its owner can enter, from its first moment on. */
  static Path createPrivate(Path folder) throws IOException {
    try {
      return Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
    } catch (UnsupportedOperationException e) {
      return Files.createDirectory(folder);
    }
  }
}

package dev.sampo.android;

import android.content.res.AssetManager;
import dev.sampo.runtime.CancellationToken;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * Copies model folders out of an app's assets, because models are opened by path: an asset is a part of the APK, and as a {@code byte[]} it
 * would fill the Java heap.
 *
 * <p>The bytes are streamed to a folder beside the target, written through to the disk, and the folder is then moved to its name. So the target
 * is there whole or not at all, whenever the copying is cancelled, fails or the process is killed; what a killed process left is removed by
 * the next call.
 */
public final class AssetFolders {
  /** Beside the copied files; holds the version. */
  private static final String MARK = ".installed";

  private static final int BUFFER_BYTES = 1 << 16;

  private AssetFolders() {}

  /** Where the files come from. */
  interface Source {
    /** Names of what is in a folder; empty for a file, and for what is not there. */
    String[] list(String path) throws IOException;

    InputStream open(String path) throws IOException;
  }

  /**
   * Copies a folder of assets unless that version of it is there already. Slow: call it on a background thread.
   *
   * @param assets the app's, from {@code Context.getAssets()}
   * @param folder in the assets, such as {@code models/digits-gan}
   * @param target the folder to make, such as {@code new File(context.getFilesDir(), "digits-gan").toPath()}
   * @param version changes when the assets do: the app's {@code versionCode}, or while developing its {@code lastUpdateTime}
   * @param token gives the copying up between two blocks
   * @return {@code target}
   * @throws IOException when there is no such folder in the assets or it cannot be written; the target is then as it was
   * @throws dev.sampo.error.CancelledException when cancelled; the target is then as it was
   */
  public static Path install(
      AssetManager assets, String folder, Path target, String version, CancellationToken token)
      throws IOException {
    return install(new Assets(assets), folder, target, version, token);
  }

  private record Assets(AssetManager assets) implements Source {
    @Override
    public String[] list(String path) throws IOException {
      String[] names = assets.list(path);
      return names == null ? new String[0] : names;
    }

    @Override
    public InputStream open(String path) throws IOException {
      return assets.open(path, AssetManager.ACCESS_STREAMING);
    }
  }

  static synchronized Path install(
      Source assets, String folder, Path target, String version, CancellationToken token)
      throws IOException {
    Path absolute = target.toAbsolutePath();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new IOException("Cannot install to " + target + ": name a folder in another.");
    }
    Path part = parent.resolve("." + absolute.getFileName() + ".part");
    Path old = parent.resolve("." + absolute.getFileName() + ".old");
    delete(part);
    if (isInstalled(absolute, version)) {
      delete(old);
      return target;
    }
    if (assets.list(folder).length == 0) {
      throw new IOException(
          "The app has no assets in '"
              + folder
              + "'. Put the model folder there when the app is built (src/main/assets/"
              + folder
              + ").");
    }
    try {
      copy(assets, folder, part, token);
      Files.write(part.resolve(MARK), version.getBytes(StandardCharsets.UTF_8));
      delete(old);
      if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(absolute, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(part, absolute, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(part);
    }
    delete(old);
    return target;
  }

  /** Whether that version of a folder was installed. */
  public static boolean isInstalled(Path target, String version) throws IOException {
    Path mark = target.resolve(MARK);
    return Files.isRegularFile(mark)
        && Arrays.equals(Files.readAllBytes(mark), version.getBytes(StandardCharsets.UTF_8));
  }

  private static void copy(Source assets, String from, Path to, CancellationToken token)
      throws IOException {
    for (String name : assets.list(from)) {
      String asset = from + "/" + name;
      if (assets.list(asset).length > 0) {
        copy(assets, asset, to.resolve(name), token);
      } else {
        copyFile(assets, asset, to.resolve(name), token);
      }
    }
  }

  private static void copyFile(Source assets, String from, Path to, CancellationToken token)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    Path folder = to.getParent();
    if (folder != null) {
      Files.createDirectories(folder); // a listing may name files below folders
    }
    try (InputStream in = assets.open(from);
        FileOutputStream out = new FileOutputStream(to.toFile())) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        token.throwIfCancelled();
        out.write(buffer, 0, n);
      }
      // Else a power cut after the move could leave an empty file behind a good name.
      out.getFD().sync();
    } catch (IOException e) {
      throw new IOException(
          "The asset '"
              + from
              + "' cannot be copied to "
              + to
              + ": "
              + e.getMessage()
              + ". There are "
              + to.toFile().getUsableSpace() / (1 << 20)
              + " MB free.",
          e);
    }
  }

  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          delete(entry);
        }
      }
    }
    Files.deleteIfExists(path);
  }
}

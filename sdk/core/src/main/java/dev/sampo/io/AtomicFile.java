package dev.sampo.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file so that a reader sees either the old file or the whole new one: the bytes go to a
 * temporary name in the same folder, which is then moved over the target. When writing fails or is
 * cancelled, the temporary file is removed and the target stays as it was.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes the content of a file to a stream that the caller opened and will close. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code out}. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes {@code content} to {@code target}; missing parent folders are made.
   *
   * @throws IOException when the folder or the file cannot be written
   */
  public static void write(Path target, Content content) throws IOException {
    write(target, content, false);
  }

  /**
   * The same, and the file is on the disk when this returns, so that it survives the loss of power: its bytes are synced before the move, its
   * folder after.
   *
   * @throws IOException when the folder or the file cannot be written
   */
  public static void writeDurably(Path target, Content content) throws IOException {
    write(target, content, true);
  }

  private static void write(Path target, Content content, boolean durable) throws IOException {
    Path absolute = target.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null || Files.isDirectory(absolute)) {
      throw new IOException("Cannot write " + target + ": it is a folder. Name a file in it.");
    }
    if (durable) {
      createFoldersDurably(folder);
    } else if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder);
    }
    Path temporary = ScratchFiles.beside(absolute);
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
        content.writeTo(out);
      }
      if (durable) {
        sync(temporary);
      }
      move(temporary, absolute);
      if (durable) {
        syncFolder(folder);
      }
    } catch (FileSystemException e) {
      throw ofTarget(e, temporary, target, folder);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** What goes wrong with the temporary file is told of the file that was asked for, whose name the caller knows. */
  private static IOException ofTarget(
      FileSystemException e, Path temporary, Path target, Path folder) {
    boolean ours =
        temporary.toString().equals(e.getFile()) || temporary.toString().equals(e.getOtherFile());
    if (!ours) {
      return e;
    }
    String reason =
        e instanceof AccessDeniedException
            ? "no permission to write in " + folder
            : e instanceof NoSuchFileException
                ? "nothing can be made in " + folder
                : e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
    return new IOException("Cannot write " + target + ": " + reason + ". Choose another place.", e);
  }

  /** Makes a folder with its parents, all on the disk when this returns. */
  public static void createFoldersDurably(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.toAbsolutePath().getParent();
    if (parent != null) {
      createFoldersDurably(parent);
    }
    Files.createDirectories(folder);
    if (parent != null) {
      syncFolder(parent);
    }
  }

  /** Returns when the file's bytes are on the disk. */
  public static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Returns when the folder's entries are on the disk, where the system can do that (Windows cannot). */
  public static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows opens no folders, and writes their entries by itself.
      return;
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}

package dev.sampo.hub;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;

/** Files that are there whole or not at all, whoever else writes them at the same time. */
final class AtomicWrite {
  private static final Random NAMES = new Random();

  private AtomicWrite() {}

  /** Eight hex digits that no other writer has just now. */
  static String unique() {
    return String.format("%08x", NAMES.nextInt());
  }

  static void bytes(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path temporary = file.resolveSibling(file.getFileName() + "." + unique() + ".tmp");
    try {
      Files.write(temporary, content);
      move(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Makes {@code link} lead to {@code target}, relative; a copy where the file system has no links. */
  static void link(Path link, Path target) throws IOException {
    Files.createDirectories(link.getParent());
    Path relative = link.getParent().relativize(target);
    if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(relative)) {
      return;
    }
    Path temporary = link.resolveSibling(link.getFileName() + "." + unique() + ".tmp");
    try {
      try {
        Files.createSymbolicLink(temporary, relative);
      } catch (UnsupportedOperationException | FileSystemException e) {
        Files.copy(target, temporary, StandardCopyOption.REPLACE_EXISTING);
      }
      move(temporary, link);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
